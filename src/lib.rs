//! A realtime server for the pnut.io / App.net API.
//!
//! Read from the bottom up; each module may use only what stands above it in this list.
//!
//! * [`clock`], [`config`], [`telemetry`] — time, settings, numbers · [`fault`] — failures on purpose, for the suite
//! * [`model`] — users, channels, messages: what they are and what they forbid
//! * [`text`] — how a text becomes content: links, mentions, tags, html
//! * [`event`] — what can happen
//! * [`protocol`] — what clients see
//! * [`store`] — what is kept, and the log of committed events
//! * [`actors`] — who hears what, in which order
//! * [`http`], [`ws`], [`web`] — the faces · [`load`] — the tester
//! * [`setup`], [`server`], [`cli`] — what a database begins with, assembly
//!
//! To see it move, follow one message: `http::channels::messages::create`.

pub mod clock;
pub mod config;
pub mod fault;
pub mod telemetry;

pub mod model;
pub mod text;

pub mod event;

pub mod protocol;

pub mod store;

pub mod actors;

pub mod http;
pub mod load;
pub mod web;
pub mod ws;

pub mod cli;
pub mod server;
pub mod setup;
