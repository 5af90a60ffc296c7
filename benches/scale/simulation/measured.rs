//! What was measured, and the section of `docs/performance.md` that says how: on one virtual machine with two cores, without a
//! network between the parts.

use super::Nanos;

/// A measured time.
pub(super) struct Measured {
    pub(super) name: &'static str,
    pub(super) nanos: Nanos,
    pub(super) source: &'static str,
}

const SERVERS: &str = "Several servers";

macro_rules! measured {
    ($($(#[$doc:meta])* $constant:ident = $nanos:literal, $name:literal, $source:expr;)*) => {
        $($(#[$doc])* pub(super) const $constant: Measured = Measured { name: $name, nanos: $nanos, source: $source };)*
        /// All of them.
        pub(super) const ALL: &[Measured] = &[$($constant,)*];
    };
}

measured! {
    /// Without its messages.
    GROUP = 560_000, "the head's row is held for a group", SERVERS;
    GROUP_RARE = 2_000_000, "the same, one of fifty", SERVERS;
    MESSAGE = 38_000, "the same, for each message of the group", SERVERS;
    INDEX = 1_100_000, "the same, to index words (four transactions)", SERVERS;
    INDEX_MESSAGE = 50_000, "the same, for each message that is indexed", SERVERS;
    BUS_HOP = 180_000, "a message goes through Redis to a node", SERVERS;
    BUS_TAKE = 19_000, "Redis works for a message without a listener", SERVERS;
    BUS_COPY = 4_000, "Redis works for each copy", SERVERS;
    BUS_KIB = 160, "Redis works for each KiB of a copy", SERVERS;
    TAKE = 48_000, "a node works for a batch that no listener hears", SERVERS;
    UNHEARD = 5_000, "the same, for each event of the batch", SERVERS;
    RESOLVE = 95_000, "a node finds the listeners of a batch", SERVERS;
    HEARD = 14_000, "the same, for each event of the batch", SERVERS;
    FRAME = 3_930, "a node writes a frame to a socket", "Compared with other servers";
}

/// Bytes of an event on the bus: a message of 256 bytes.
pub(super) const EVENT_BYTES: u64 = 1_320;

/// A node sends something so often at least (`bus/publishing.rs`), and a digest of the presence that it knows.
pub(super) const BEAT: Nanos = 500_000_000;
pub(super) const DIGEST: Nanos = 5_000_000_000;

/// Writes of a group at most, with PostgreSQL (`store/open.rs`).
pub(super) const LANE_BATCH: usize = 128;
/// A lane indexes so long after a message, or when so many wait (`store/search/indexing.rs`).
pub(super) const INDEX_AFTER: Nanos = 250_000_000;
pub(super) const INDEX_MANY: u64 = 64;
