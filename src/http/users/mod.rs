//! Accounts: looking them up, and what users decide about each other.

pub mod lists;
pub mod lookup;
pub mod relate;
