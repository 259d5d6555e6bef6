//! hostile_qr
