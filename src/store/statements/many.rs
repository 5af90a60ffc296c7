//! Rows of many users at once; each list is JSON. All writers wait for these, so a long list may not be compared with each row:
//! on PostgreSQL that is what `= ANY` of a value comes to where no index is asked.

statements! {
    /// A channel in the inboxes of users (a JSON list of ids), each a microsecond after the one before.
    InsertSubscriptions -> () = "INSERT INTO channel_subscriptions (channel_id, user_id, since)
            SELECT ?, value, ? + key FROM json_each(?) WHERE TRUE
        ON CONFLICT DO NOTHING",
        postgres "INSERT INTO channel_subscriptions (channel_id, user_id, since)
            SELECT ?, id, ? + place - 1 FROM unnest(translate(?, '[]', '{}')::int8[]) WITH ORDINALITY AS listed (id, place)
        ON CONFLICT DO NOTHING";
    /// Users (a JSON list of ids) in a group of a channel.
    InsertMembers -> () = "INSERT INTO channel_members (channel_id, access, user_id)
            SELECT ?, ?, value FROM json_each(?)",
        postgres "INSERT INTO channel_members (channel_id, access, user_id)
            SELECT ?, ?, unnest(translate(?, '[]', '{}')::int8[])";
    /// A channel in none of the inboxes of users.
    EndSubscriptions -> () = "DELETE FROM channel_subscriptions WHERE channel_id = ?
            AND user_id IN (SELECT value FROM json_each(?))",
        postgres "DELETE FROM channel_subscriptions WHERE channel_id = ?
            AND user_id IN (SELECT unnest(translate(?, '[]', '{}')::int8[]))";
    /// The places of users in a channel are forgotten.
    EndChannelMarkers -> () = "DELETE FROM channel_markers WHERE channel_id = ?
            AND user_id IN (SELECT value FROM json_each(?))",
        postgres "DELETE FROM channel_markers WHERE channel_id = ?
            AND user_id IN (SELECT unnest(translate(?, '[]', '{}')::int8[]))";
    /// Subscriptions of sessions to three topics end, by these tokens.
    EndCutOff -> () = "UPDATE stream_session_subscriptions SET ended = ? WHERE topic IN (?, ?, ?) AND ended IS NULL
            AND token_id IN (SELECT value FROM json_each(?))",
        postgres "UPDATE stream_session_subscriptions SET ended = ? WHERE topic IN (?, ?, ?) AND ended IS NULL
            AND token_id IN (SELECT unnest(translate(?, '[]', '{}')::int8[]))";
}
