//! hostile_push
