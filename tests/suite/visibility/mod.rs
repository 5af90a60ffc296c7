//! Who sees what: every route and every kind of event, as every kind of viewer, held against two tables.
//!
//! The tables (`routes.txt`, `events.txt`) are the specification: one line each, one column per viewer. A route or an
//! event without a line fails the test, so whoever adds one says what it shows.

mod events;
mod marks;
mod routes;
mod scene;
mod table;
