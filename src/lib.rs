//! A realtime server for the pnut.io / App.net API.
//!
//! Each module may use only the modules above it in this list.
//!
//! * [`clock`], [`config`], [`telemetry`] — time, settings, numbers · [`fault`] — failures on purpose, for the suite
//! * [`model`] — users, channels, messages: what they are and what they forbid
//! * [`pictures`] — pictures that users send: measured, scaled, encoded again
//! * [`text`] — entities of a text: links, mentions, tags, html
//! * [`event`] — the events, and how they are routed
//! * [`protocol`] — what clients see
//! * [`store`] — rows, and the log of committed events
//! * [`log`] — reading the log on from a position: the newest events in memory
//! * [`bus`] — what servers of one database tell each other
//! * [`actors`] — subscriptions, and the order of delivery
//! * [`http`], [`ws`], [`web`] — REST, websockets, the room page · [`load`] — the load tester
//! * [`setup`], [`server`], [`cli`] — first contents of a database, assembly, command line
//!
//! To read the code along one message, start at `http::channels::messages::create`.

pub mod clock;
pub mod config;
pub mod contents;
pub mod fault;
pub mod telemetry;

pub mod model;
pub mod pictures;
pub mod text;

pub mod event;

pub mod protocol;

pub mod store;

pub mod bus;
pub mod log;

pub mod actors;

pub mod http;
pub mod load;
pub mod web;
pub mod ws;

pub mod cli;
pub mod server;
pub mod setup;
