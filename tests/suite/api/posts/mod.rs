//! Posts.

mod acts;
mod explore;
mod lists;
mod search;
