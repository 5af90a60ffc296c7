//! Posts.

mod acts;
mod lists;
