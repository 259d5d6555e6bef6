//! two_processes
