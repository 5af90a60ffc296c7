//! Accounts: look-up, the caller's profile, and relations between users.

pub mod badges;
pub mod gallery;
pub mod interactions;
pub mod lists;
pub mod lookup;
pub mod pictures;
pub mod profile;
pub mod relate;
pub mod search;
mod upload;
