//! hostile_server
