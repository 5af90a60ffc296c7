//! Several servers on one PostgreSQL database. Without a server to make databases in, these stories have nothing to tell.

mod app_streams;
mod contents;
mod names;
mod once;
mod raced;
mod requests;
mod sessions;
mod went_back;
