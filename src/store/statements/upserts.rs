//! Rows that are written once, or in place of what is there: diesel has no words for it that hold for both databases.

statements! {
    /// The state of a new log: its epoch.
    FirstLogHead -> () = "INSERT INTO log_head (id, epoch, pos, bytes, stamp) VALUES (1, ?, 0, 0, 0)
        ON CONFLICT DO NOTHING";
    /// A relation of a user to another one.
    InsertRelation -> () = "INSERT INTO relations (user_id, kind, other_id, since) VALUES (?, ?, ?, ?)
        ON CONFLICT DO NOTHING";
    /// A channel in the inbox of a user.
    InsertSubscription -> () = "INSERT INTO channel_subscriptions (channel_id, user_id, since) VALUES (?, ?, ?)
        ON CONFLICT DO NOTHING";
    /// A channel to which a user cannot be subscribed by others.
    InsertChannelMute -> () = "INSERT INTO channel_mutes (channel_id, user_id, since) VALUES (?, ?, ?)
        ON CONFLICT DO NOTHING";
    /// A badge of a user.
    InsertUserBadge -> () = "INSERT INTO user_badges (user_id, badge_id, awarded_at) VALUES (?, ?, ?)
        ON CONFLICT DO NOTHING";
    /// A file that an object shows.
    InsertFileUse -> () = "INSERT INTO file_uses (file_id, kind, object_id) VALUES (?, ?, ?)
        ON CONFLICT DO NOTHING";
    /// What a user allowed an app.
    SetGrant -> () = "INSERT INTO grants (user_id, client_id, scopes) VALUES (?, ?, ?)
        ON CONFLICT (user_id, client_id) DO UPDATE SET scopes = excluded.scopes";
    /// Something that was made of a file.
    SetDerivedFile -> () = "INSERT INTO derived_files (file_id, key, name, hash, mime_type, size, image)
        VALUES (?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT (file_id, key) DO UPDATE SET name = excluded.name, hash = excluded.hash,
            mime_type = excluded.mime_type, size = excluded.size, image = excluded.image";
    /// How many bytes more the files of a user hold.
    AddFileUsage -> () = "INSERT INTO file_usage (user_id, bytes) VALUES (?, ?)
        ON CONFLICT (user_id) DO UPDATE SET bytes = file_usage.bytes + excluded.bytes";
    /// A reader's place in a channel.
    SetChannelMarker -> () = "INSERT INTO channel_markers
            (user_id, channel_id, position, last_read_id, percentage, updated_at)
        VALUES (?, ?, ?, ?, ?, ?)
        ON CONFLICT (user_id, channel_id) DO UPDATE SET
            position = excluded.position, last_read_id = excluded.last_read_id,
            percentage = excluded.percentage, updated_at = excluded.updated_at";
    /// A reader's place in a stream of posts.
    SetStreamMarker -> () = "INSERT INTO stream_markers
            (user_id, name, position, last_read_id, percentage, updated_at)
        VALUES (?, ?, ?, ?, ?, ?)
        ON CONFLICT (user_id, name) DO UPDATE SET
            position = excluded.position, last_read_id = excluded.last_read_id,
            percentage = excluded.percentage, updated_at = excluded.updated_at";
    /// What a user answers to a poll, in place of what the user answered before.
    AnswerPoll -> () = "INSERT INTO poll_answers (poll_id, user_id, chosen) VALUES (?, ?, ?)
        ON CONFLICT (poll_id, user_id) DO UPDATE SET chosen = excluded.chosen";
}
