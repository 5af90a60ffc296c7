//! Polls.

mod answering;
mod attached;
mod closing;
mod lists;
mod making;
