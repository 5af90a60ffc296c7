//! What each of several servers did, and how long a message takes from the one that accepted it to a socket of another.
//! With one server nothing of this is kept.

use super::latency::{Latency, Precision};

/// What was seen at one server.
#[derive(Debug)]
pub(super) struct AtNode {
    /// Frames of its sockets during the measurement.
    pub(super) frames: u64,
    /// Messages that it accepted during the measurement.
    pub(super) acked: u64,
    /// Requests and handshakes without success, of the whole run.
    pub(super) refused: u64,
    /// Sockets that became ready, and those of them that the server resumed, of the whole run.
    pub(super) opened: u64,
    pub(super) resumed: u64,
    /// Sockets that ended with it.
    pub(super) cut: u64,
    /// Delays of all its frames, and of those whose message was written on another server.
    pub(super) arrival: Latency,
    pub(super) across: Latency,
}

impl AtNode {
    fn new() -> Self {
        Self {
            frames: 0,
            acked: 0,
            refused: 0,
            opened: 0,
            resumed: 0,
            cut: 0,
            arrival: Latency::new(Precision::Fine),
            across: Latency::new(Precision::Fine),
        }
    }
}

/// A frame of the measurement.
#[derive(Debug, Clone, Copy)]
pub(super) struct Arrival {
    /// Server of the socket.
    pub(super) node: usize,
    /// Server that the message was written on.
    pub(super) writer: usize,
    pub(super) intended_ns: u64,
    pub(super) now_ns: u64,
}

/// All servers of a run.
#[derive(Debug)]
pub(super) struct Across {
    nodes: Vec<AtNode>,
    /// Delays of frames whose message was written on another server than that of the socket: from the intended send
    /// time, and from the commit.
    pub(super) arrival: Latency,
    pub(super) commit: Latency,
}

impl Across {
    /// None for one server.
    pub(super) fn of(nodes: usize) -> Option<Self> {
        (nodes > 1).then(|| Self {
            nodes: (0..nodes).map(|_| AtNode::new()).collect(),
            arrival: Latency::new(Precision::Fine),
            commit: Latency::new(Precision::Fine),
        })
    }

    pub(super) fn nodes(&self) -> &[AtNode] {
        &self.nodes
    }

    pub(super) fn at(&mut self, node: usize) -> Option<&mut AtNode> {
        self.nodes.get_mut(node)
    }

    /// Counts a frame.
    pub(super) fn arrived(&mut self, arrival: Arrival) {
        let Arrival {
            node,
            writer,
            intended_ns,
            now_ns,
        } = arrival;
        let Some(at) = self.nodes.get_mut(node) else {
            return;
        };
        at.frames += 1;
        at.arrival.record(intended_ns, now_ns);
        if node != writer {
            at.across.record(intended_ns, now_ns);
            self.arrival.record(intended_ns, now_ns);
        }
    }

    /// The measurement begins: the figures of the warm-up are dropped.
    pub(super) fn begin(&mut self) {
        let fine = || Latency::new(Precision::Fine);
        for at in &mut self.nodes {
            at.frames = 0;
            at.acked = 0;
            at.arrival = fine();
            at.across = fine();
        }
        self.arrival = fine();
        self.commit = fine();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_counts_at_its_socket_and_across_if_another_server_accepted_it() {
        assert!(Across::of(1).is_none());
        let mut across = Across::of(2).expect("two servers");
        for (node, writer) in [(0, 0), (1, 0), (1, 1), (7, 0)] {
            across.arrived(Arrival {
                node,
                writer,
                intended_ns: 0,
                now_ns: 5_000_000,
            });
        }
        let frames: Vec<u64> = across.nodes().iter().map(|at| at.frames).collect();
        assert_eq!(frames, [1, 2]);
        let counts: Vec<u64> = across.nodes().iter().map(|at| at.across.count()).collect();
        assert_eq!(
            (counts.as_slice(), across.arrival.count()),
            (&[0, 1][..], 1)
        );
        across.at(1).expect("a server").cut = 3;
        across.begin();
        let at = &across.nodes()[1];
        assert_eq!((at.frames, at.cut, at.arrival.count()), (0, 3, 0));
    }
}
