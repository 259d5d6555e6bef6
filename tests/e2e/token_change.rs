//! token_change
