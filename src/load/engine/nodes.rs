//! The servers that the sockets of a run are spread over. Most runs have one.

use crate::load::socket::Dial;
use std::io;
use std::net::TcpStream;

#[derive(Debug)]
struct Node {
    dial: Dial,
    dialled: u64,
    host: String,
    /// It has ended.
    gone: bool,
}

/// All of them.
#[derive(Debug)]
pub(in crate::load) struct Nodes {
    list: Vec<Node>,
    /// Sockets that a server loses by its end are kept, to come back at another one.
    pub(in crate::load) keeps_cut: bool,
}

impl Nodes {
    pub(super) fn new(nodes: Vec<(Dial, String)>) -> Self {
        let node = |(dial, host)| Node {
            dial,
            dialled: 0,
            host,
            gone: false,
        };
        Self {
            list: nodes.into_iter().map(node).collect(),
            keeps_cut: false,
        }
    }

    pub(in crate::load) fn count(&self) -> usize {
        self.list.len()
    }

    /// The server whose turn it is. The turns of one that has ended are those of the others, in turn.
    pub(in crate::load) fn turn(&self, number: usize) -> usize {
        let count = self.list.len().max(1);
        let node = number % count;
        if !self.is_gone(node) {
            return node;
        }
        let living: Vec<usize> = (0..count).filter(|node| !self.is_gone(*node)).collect();
        let round = (number / count).checked_rem(living.len()).unwrap_or(0);
        living.get(round).copied().unwrap_or(node)
    }

    pub(super) fn is_gone(&self, node: usize) -> bool {
        self.list.get(node).is_some_and(|node| node.gone)
    }

    /// True if it was not known to have ended.
    pub(super) fn mark_gone(&mut self, node: usize) -> bool {
        let node = self.list.get_mut(node);
        node.is_some_and(|node| !std::mem::replace(&mut node.gone, true))
    }

    pub(super) fn host(&self, node: usize) -> &str {
        self.list.get(node).map_or("", |node| &node.host)
    }

    pub(super) fn dial(&mut self, node: usize) -> io::Result<TcpStream> {
        let node = self.list.get_mut(node);
        let node = node.ok_or_else(|| io::Error::other("no such server"))?;
        node.dialled += 1;
        node.dial.begin(node.dialled)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::{Ipv4Addr, SocketAddrV4};

    #[test]
    fn a_server_that_has_ended_leaves_its_turns_to_the_others() {
        let dial = |port| Dial {
            server: SocketAddrV4::new(Ipv4Addr::LOCALHOST, port),
            receive_buffer: None,
            sockets_per_address: 1,
        };
        let mut nodes = Nodes::new((1..=3).map(|port| (dial(port), String::new())).collect());
        let turns = |nodes: &Nodes| [0, 1, 2, 3, 4, 5].map(|number| nodes.turn(number));
        assert_eq!(turns(&nodes), [0, 1, 2, 0, 1, 2]);
        assert!(nodes.mark_gone(1) && !nodes.mark_gone(1));
        assert_eq!(turns(&nodes), [0, 0, 2, 0, 2, 2], "in equal shares");
        assert!(nodes.mark_gone(0) && nodes.mark_gone(2) && !nodes.mark_gone(7));
        assert_eq!(
            nodes.turn(4),
            1,
            "with none left, calls fail where they would"
        );
    }
}
