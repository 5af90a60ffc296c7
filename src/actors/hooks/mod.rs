//! Webhooks: each hook that is on has a task, which reads the log on and posts what its app may see.
//!
//! A task is a stream in use like a connection, and sees what a stream that continues from a cursor sees (`resume`). It
//! keeps nothing but how far it is: a restart reads the log on from there. [`registry`] knows the tasks, [`run`] is one,
//! [`reading`] finds the events, [`lane`] keeps their order, [`poster`] delivers.

pub mod addresses;
pub mod changes;
mod end;
pub mod keeping;
pub mod lane;
pub mod poster;
pub mod reading;
pub mod registry;
pub mod replays;
pub mod run;
