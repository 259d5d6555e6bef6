//! The library that Kotlin and Swift load: core, with its entries for other languages. Nothing else is in it.
authpush_core::uniffi_reexport_scaffolding!();
