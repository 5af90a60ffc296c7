//! Bad input, crashes and overload.

mod behind;
mod bodies;
mod busy;
mod crash;
mod database_server;
mod disk;
mod drain;
mod drain_waves;
mod early_refusals;
mod frames;
mod fuzz;
mod heavy_searches;
mod hostile_rooms;
mod hostile_values;
mod large_pictures;
mod last_requests;
mod other_process;
mod panics;
mod readiness;
mod requests;
mod signals;
mod silence;
mod unread_answers;
mod uploads;
mod wrong_clock;
