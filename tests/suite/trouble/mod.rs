//! Bad input, crashes and overload.

mod behind;
mod bodies;
mod busy;
mod crash;
mod drain;
mod early_refusals;
mod frames;
mod fuzz;
mod other_process;
mod panics;
mod requests;
mod unread_answers;
