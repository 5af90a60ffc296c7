//! The suite: stories told over real sockets to the real program, and a look at the tree itself.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a test that cannot go on stops, and says so"
)]

#[path = "../support/mod.rs"]
mod support;

mod api;
mod cluster;
mod command_line;
mod database_file;
mod load;
mod moving;
mod nodes;
mod oracle;
mod pages;
mod seeded;
mod settings;
mod stream;
mod taken_back;
mod tidy;
mod trouble;
mod visibility;
