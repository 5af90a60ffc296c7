//! Leases of servers on one database, and what depends on them. Those go by the clock of the database, and run on
//! PostgreSQL alone.

use diesel::sql_types::{BigInt, Bool, Nullable, Text};

/// The clock of the database in microseconds.
macro_rules! now {
    () => {
        "(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000)::int8"
    };
}
pub(super) use now;

statements! {
    /// The clock of the database.
    DatabaseClock -> BigInt = "SELECT 0", postgres concat!("SELECT ", now!());
    /// Whether no other process holds a name: the lock goes with the connection, so a process that was killed leaves none.
    LockNodeName -> Bool = "SELECT TRUE", postgres "SELECT pg_try_advisory_lock(hashtextextended(?, 0))";
    /// A process that has a name, and whether its lease is over.
    HolderOfName -> (Text, Text, Bool) = "SELECT '', '', TRUE", postgres concat!(
        "SELECT epoch, address, renewed_at + lease < ", now!(), " FROM nodes WHERE name = ? FOR UPDATE");
    /// A name is free again, if this process still has it.
    LeaveName -> () = "SELECT 0", postgres "DELETE FROM nodes WHERE name = ? AND epoch = ?";
    /// The lease of a name from now on, unless another process has it: name, epoch, addresses, length. Returns when that
    /// was. What was changed by hand is as it was.
    RenewNode -> BigInt = "SELECT 0", postgres concat!(
        "INSERT INTO nodes (name, epoch, address, internal_address, renewed_at, lease) VALUES (?, ?, ?, ?, ", now!(), ", ?)
        ON CONFLICT (name) DO UPDATE SET renewed_at = excluded.renewed_at, lease = excluded.lease,
            address = excluded.address, internal_address = excluded.internal_address WHERE nodes.epoch = excluded.epoch
        RETURNING renewed_at");
    /// All nodes, and when the lease of each is over.
    AllNodes -> (Text, Text, Text, Text, BigInt) = "SELECT '', '', '', '', 0", postgres
        "SELECT name, epoch, address, internal_address, renewed_at + lease FROM nodes";
    /// A node whose lease holds, by its epoch.
    LiveNode -> (Text, Text, Text) = "SELECT '', '', ''", postgres concat!(
        "SELECT name, address, internal_address FROM nodes WHERE epoch = ? AND renewed_at + lease >= ", now!());
    /// Nodes whose lease is over hold no name any more.
    DeleteOverNodes -> Text = "SELECT ''", postgres concat!(
        "DELETE FROM nodes WHERE renewed_at + lease < ", now!(), " RETURNING epoch");

    /// A session goes on with a connection of a node: now, now, the node, the session, its user, how old it may be.
    ResumeSession -> () = "UPDATE stream_sessions SET seen_at = ?, opened_at = ?, node = ?
        WHERE id = ? AND user_id = ? AND seen_at >= ?";
    /// The connection of a session is gone, if it was that of this node: now, the session, the node.
    ParkSession -> () = "UPDATE stream_sessions SET seen_at = ?, node = NULL
        WHERE id = ? AND node IS NOT DISTINCT FROM ?";
    /// Sessions whose node is gone have no connection since now, as far as their clients know.
    ParkSessionsOfGone -> () = "UPDATE stream_sessions SET seen_at = ?, node = NULL
        WHERE node IS NOT NULL AND NOT EXISTS (SELECT 1 FROM nodes WHERE nodes.epoch = stream_sessions.node)";
    /// App streams of nodes that are gone are not in use.
    FreeStreamsOfGone -> () = "DELETE FROM streams_in_use
        WHERE NOT EXISTS (SELECT 1 FROM nodes WHERE nodes.epoch = streams_in_use.node)";
    /// Whether the lease of a node holds.
    IsNodeLive -> Bool = "SELECT FALSE", postgres concat!(
        "SELECT EXISTS (SELECT 1 FROM nodes WHERE epoch = ? AND renewed_at + lease >= ", now!(), ")");
    /// What an app has in use: keys and partitions.
    StreamsOfClient -> (Nullable<Text>, Nullable<BigInt>, Nullable<BigInt>) = "SELECT NULL, NULL, NULL", postgres concat!(
        "SELECT streams_in_use.key, part, parts FROM streams_in_use JOIN nodes ON nodes.epoch = streams_in_use.node
        WHERE client_id = ? AND renewed_at + lease >= ", now!());
    /// The node that has the task of a webhook: the app, the key.
    HookHolder -> Text = "SELECT ''", postgres concat!(
        "SELECT node FROM streams_in_use JOIN nodes ON nodes.epoch = streams_in_use.node
        WHERE client_id = ? AND streams_in_use.key = ? AND part IS NULL AND renewed_at + lease >= ", now!());
    /// The webhooks whose task some node has.
    HooksHeld -> (Text, Text) = "SELECT '', ''", postgres concat!(
        "SELECT client_id, streams_in_use.key FROM streams_in_use JOIN nodes ON nodes.epoch = streams_in_use.node
        WHERE streams_in_use.key IS NOT NULL AND part IS NULL AND renewed_at + lease >= ", now!());
}
