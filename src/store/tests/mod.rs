//! Tests on real database files.
