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
    /// The end of the log, and when its event was announced, if it is not trimmed.
    EndOfLog -> (BigInt, Nullable<BigInt>) = "", postgres
        "SELECT pos, (SELECT at FROM log_events WHERE log_events.pos = log_head.pos) FROM log_head";
    /// How many of these events (positions, moments) are not the ones that the log has there. One that is trimmed is none of
    /// them.
    OtherEvents -> BigInt = "", postgres "SELECT count(*) FROM unnest(?, ?) AS known (pos, at)
        JOIN log_events ON log_events.pos = known.pos WHERE log_events.at <> known.at";
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
    TakeSession -> () = "UPDATE stream_sessions SET seen_at = ?, opened_at = ?, node = ?
        WHERE id = ? AND user_id = ? AND seen_at >= ?";
    /// The same for many sessions (a JSON list of rows, each session once), on PostgreSQL; those that were taken, each with the
    /// node that had it before. A session of another node that lives is as old as it likes.
    TakeSessions -> (Text, Nullable<Text>) = "", postgres concat!(
        "UPDATE stream_sessions SET seen_at = asked.at, opened_at = asked.at, node = asked.node
        FROM json_to_recordset(?::json) AS asked (id text, user_id int8, at int8, oldest int8, node text)
            JOIN stream_sessions AS before ON before.id = asked.id
        WHERE stream_sessions.id = asked.id AND stream_sessions.user_id = asked.user_id
            AND (stream_sessions.seen_at >= asked.oldest OR EXISTS (SELECT 1 FROM nodes
                WHERE epoch = before.node AND epoch <> asked.node AND renewed_at + lease >= ", now!(), "))
        RETURNING stream_sessions.id, before.node");
    /// Sessions (a JSON list of ids) with their users, nodes and subscriptions; these in the order in which they were made.
    ListSessions -> (Text, BigInt, Nullable<Text>, Nullable<Text>, Nullable<Text>, Nullable<Text>, Nullable<BigInt>,
            Nullable<BigInt>, Nullable<Text>)
        = "SELECT stream_sessions.id, user_id, node, kept.id, topic, filter, token_id, since, ended
        FROM stream_sessions LEFT JOIN stream_session_subscriptions AS kept ON session_id = stream_sessions.id
        WHERE stream_sessions.id IN (SELECT value FROM json_each(?)) ORDER BY place",
        postgres "SELECT stream_sessions.id, user_id, node, kept.id, topic, filter, token_id, since, ended
        FROM stream_sessions LEFT JOIN stream_session_subscriptions AS kept ON session_id = stream_sessions.id
        WHERE stream_sessions.id = ANY (ARRAY(SELECT json_array_elements_text(?::json))) ORDER BY place";
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
