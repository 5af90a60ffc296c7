//! One listening socket and its stage.

use crate::load::ledger::{Newest, Reception};
use std::net::TcpStream;

/// Stage of a socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    Connecting,
    Upgrading,
    Greeting,
    Subscribing,
    Live,
    /// The close frame is sent; the server's is awaited.
    Leaving,
    Gone,
}

#[derive(Debug)]
pub(super) struct Listener {
    pub(super) stream: Option<TcpStream>,
    pub(super) stage: Stage,
    pub(super) circle: usize,
    /// The server that it is connected to.
    pub(super) node: usize,
    /// Grows with each socket in this slot, so that a late answer does not reach the next one.
    pub(super) generation: u32,
    pub(super) reception: Reception,
    pub(super) newest: Newest,
    /// Its subscription id between quotes, once the request is answered.
    pub(super) subscription: Option<Box<[u8]>>,
    /// Start of a frame that ends in the next read.
    pub(super) rest: Vec<u8>,
    pub(super) begun_ns: u64,
    pub(super) stream_path: String,
    pub(super) follow_as: Option<String>,
    pub(super) connection_id: String,
    pub(super) cursor: String,
    pub(super) wants_cursor: bool,
    /// It reconnects: no subscription is needed if the server resumes it.
    pub(super) comes_back: bool,
    pub(super) resumed: bool,
    /// Its circle counts it already.
    pub(super) awaited: bool,
}

impl Listener {
    /// What its frames should have between the brackets of `subscription_ids`: nothing if it asked for no
    /// subscription, unknown until the request is answered.
    pub(super) fn own_ids(&self) -> Option<&[u8]> {
        match &self.follow_as {
            Some(_) => self.subscription.as_deref(),
            None => Some(b""),
        }
    }
}
