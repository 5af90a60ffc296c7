//! Bad input, crashes and overload.

mod bodies;
mod busy;
mod crash;
mod frames;
mod fuzz;
mod panics;
mod requests;
