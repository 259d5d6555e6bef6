//! at_rest
