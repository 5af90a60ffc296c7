//! Accounts: looking them up, changing one's own, and what users decide about each other.

pub mod lists;
pub mod lookup;
pub mod pictures;
pub mod profile;
pub mod relate;
