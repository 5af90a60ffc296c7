//! One socket that hears, and how far it is.

use crate::load::audience::Ear;
use std::net::TcpStream;

/// How far a socket is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    Connecting,
    Upgrading,
    Greeting,
    Following,
    Live,
    /// We said goodbye and wait for the server's.
    Leaving,
    Gone,
}

#[derive(Debug)]
pub(super) struct Listener {
    pub(super) stream: Option<TcpStream>,
    pub(super) stage: Stage,
    pub(super) circle: usize,
    /// Grows with each socket in this slot, so that a late answer does not reach the next one.
    pub(super) generation: u32,
    pub(super) ear: Ear,
    /// Start of a frame that ends in the next read.
    pub(super) rest: Vec<u8>,
    pub(super) begun_ns: u64,
    pub(super) stream_path: String,
    pub(super) follow_as: Option<String>,
    pub(super) connection_id: String,
    pub(super) cursor: String,
    pub(super) wants_cursor: bool,
    /// It comes back: nothing has to be followed if the server still knows it.
    pub(super) comes_back: bool,
    pub(super) resumed: bool,
}
