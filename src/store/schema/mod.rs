//! The tables, as the migrations make them (a test compares the two).

mod cluster;
mod sign_in;
mod streaming;
mod streams;

pub(super) use cluster::{nodes, streams_in_use};
pub(super) use sign_in::{codes, grants, invites, secrets, sessions};
pub(super) use streaming::{stream_session_subscriptions, stream_sessions};
pub(super) use streams::{app_streams, event_filters, webhook_dead_letters, webhooks};

diesel::table! {
    users (id) {
        id -> BigInt,
        username -> Text,
        username_key -> Text,
        name -> Nullable<Text>,
        kind -> Text,
        locale -> Text,
        timezone -> Text,
        created_at -> BigInt,
        email -> Nullable<Text>,
        email_key -> Nullable<Text>,
        password_hash -> Nullable<Text>,
        content -> Nullable<Text>,
        markdown_text -> Nullable<Text>,
        raw -> Text,
        bookmarks -> BigInt,
        clients -> BigInt,
        followers -> BigInt,
        following -> BigInt,
        posts -> BigInt,
        disabled_at -> Nullable<BigInt>,
        avatar -> Nullable<Text>,
        cover -> Nullable<Text>,
        badge -> Nullable<Text>,
        verified -> Nullable<Text>,
    }
}

diesel::table! {
    pictures (id) {
        id -> Text,
        user_id -> BigInt,
        sizes -> Text,
        unused_since -> Nullable<BigInt>,
    }
}

diesel::table! {
    badges (id) {
        id -> BigInt,
        name -> Text,
        description -> Text,
        created_at -> BigInt,
    }
}

diesel::table! {
    user_badges (user_id, badge_id) {
        user_id -> BigInt,
        badge_id -> BigInt,
        awarded_at -> BigInt,
    }
}

diesel::table! {
    clients (id) {
        id -> Text,
        secret_hash -> Nullable<Binary>,
        name -> Text,
        url -> Text,
        created_at -> BigInt,
        owner_id -> Nullable<BigInt>,
        redirect_uris -> Text,
        is_public -> Bool,
        deleted_at -> Nullable<BigInt>,
        is_private -> Bool,
        description -> Nullable<Text>,
        content -> Nullable<Text>,
        posts -> BigInt,
    }
}

diesel::table! {
    tokens (id) {
        id -> BigInt,
        hash -> Binary,
        client_id -> Text,
        user_id -> Nullable<BigInt>,
        scopes -> Text,
        created_at -> BigInt,
        used_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    relations (user_id, kind, other_id) {
        user_id -> BigInt,
        kind -> Text,
        other_id -> BigInt,
        since -> BigInt,
    }
}

diesel::table! {
    channels (id) {
        id -> BigInt,
        kind -> Text,
        owner_id -> Nullable<BigInt>,
        created_at -> BigInt,
        activity -> BigInt,
        messages -> BigInt,
        subscribers -> BigInt,
        sticky_messages -> BigInt,
        recent_message_id -> Nullable<BigInt>,
        recent_deleted_message_id -> Nullable<BigInt>,
        is_active -> Bool,
        full_immutable -> Bool,
        write_any_user -> Bool,
        write_immutable -> Bool,
        read_any_user -> Bool,
        read_public -> Bool,
        read_immutable -> Bool,
        pm_key -> Nullable<Text>,
        search_text -> Text,
        raw -> Text,
        revision -> BigInt,
    }
}

diesel::table! {
    channel_ranks (id) {
        id -> BigInt,
        activity -> BigInt,
        popularity -> BigInt,
    }
}

diesel::table! {
    channel_members (channel_id, user_id) {
        channel_id -> BigInt,
        user_id -> BigInt,
        access -> Text,
    }
}

diesel::table! {
    channel_subscriptions (channel_id, user_id) {
        channel_id -> BigInt,
        user_id -> BigInt,
        since -> BigInt,
    }
}

diesel::table! {
    channel_mutes (user_id, channel_id) {
        user_id -> BigInt,
        channel_id -> BigInt,
        since -> BigInt,
    }
}

diesel::table! {
    messages (id) {
        id -> BigInt,
        channel_id -> BigInt,
        user_id -> BigInt,
        client_id -> Text,
        thread_id -> Nullable<BigInt>,
        reply_to -> Nullable<BigInt>,
        created_at -> BigInt,
        deleted_at -> Nullable<BigInt>,
        deleted_by -> Nullable<BigInt>,
        sticky_at -> Nullable<BigInt>,
        replies -> BigInt,
        is_nsfw -> Bool,
        text -> Text,
        html -> Text,
        entities -> Nullable<Text>,
        raw -> Nullable<Text>,
    }
}

diesel::table! {
    posts (id) {
        id -> BigInt,
        user_id -> BigInt,
        client_id -> Text,
        thread_id -> BigInt,
        reply_to -> Nullable<BigInt>,
        repost_of -> Nullable<BigInt>,
        repost_revision -> Nullable<Integer>,
        created_at -> BigInt,
        deleted_at -> Nullable<BigInt>,
        revised_at -> Nullable<BigInt>,
        revision -> Integer,
        is_human -> Bool,
        is_nsfw -> Bool,
        text -> Text,
        html -> Text,
        entities -> Nullable<Text>,
        raw -> Nullable<Text>,
        bookmarks -> BigInt,
        replies -> BigInt,
        reposts -> BigInt,
        threads -> BigInt,
        conversation -> Nullable<BigInt>,
    }
}

diesel::table! {
    reports (id) {
        id -> BigInt,
        kind -> Text,
        object_id -> BigInt,
        author_id -> BigInt,
        reporter_id -> BigInt,
        reason -> Text,
        created_at -> BigInt,
        closed_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    post_search_mark (id) {
        id -> BigInt,
        indexed_up_to -> BigInt,
        format -> BigInt,
    }
}

diesel::table! {
    post_revisions (post_id, revision) {
        post_id -> BigInt,
        revision -> Integer,
        is_nsfw -> Bool,
        text -> Text,
        html -> Text,
        entities -> Nullable<Text>,
    }
}

diesel::table! {
    post_mentions (user_id, post_id) {
        user_id -> BigInt,
        post_id -> BigInt,
        is_copy -> Bool,
    }
}

diesel::table! {
    post_tags (tag, post_id) {
        tag -> Text,
        post_id -> BigInt,
    }
}

diesel::table! {
    bookmarks (id) {
        id -> BigInt,
        user_id -> BigInt,
        post_id -> BigInt,
        note -> Nullable<Text>,
    }
}

diesel::table! {
    interactions (id) {
        id -> BigInt,
        owner_id -> Nullable<BigInt>,
        action -> Text,
        post_id -> Nullable<BigInt>,
        poll_id -> Nullable<BigInt>,
        began_at -> BigInt,
        latest -> BigInt,
    }
}

diesel::table! {
    interaction_acts (interaction_id, at) {
        interaction_id -> BigInt,
        at -> BigInt,
        user_id -> BigInt,
        source_id -> BigInt,
    }
}

diesel::table! {
    search_mark (id) {
        id -> BigInt,
        indexed_up_to -> BigInt,
        format -> Integer,
        users_format -> BigInt,
    }
}

diesel::table! {
    channel_markers (user_id, channel_id) {
        user_id -> BigInt,
        channel_id -> BigInt,
        position -> BigInt,
        last_read_id -> BigInt,
        percentage -> Integer,
        updated_at -> BigInt,
    }
}

diesel::table! {
    stream_markers (user_id, name) {
        user_id -> BigInt,
        name -> Text,
        position -> BigInt,
        last_read_id -> BigInt,
        percentage -> Integer,
        updated_at -> BigInt,
    }
}

diesel::table! {
    log_head (id) {
        id -> BigInt,
        epoch -> Text,
        pos -> BigInt,
        bytes -> BigInt,
        stamp -> BigInt,
        tokens_ended -> BigInt,
        newest_message -> BigInt,
        newest_message_at -> BigInt,
    }
}

diesel::table! {
    log_events (pos) {
        pos -> BigInt,
        at -> BigInt,
        owner -> Text,
        bytes -> BigInt,
        body -> Text,
        v -> Integer,
        kind -> Text,
        sum -> Nullable<BigInt>,
    }
}

diesel::table! {
    user_words (word, user_id) {
        word -> Text,
        user_id -> BigInt,
    }
}

diesel::joinable!(sessions -> users (user_id));
diesel::joinable!(tokens -> clients (client_id));
diesel::joinable!(tokens -> users (user_id));
diesel::joinable!(messages -> clients (client_id));
diesel::joinable!(posts -> clients (client_id));
diesel::joinable!(post_mentions -> posts (post_id));
diesel::joinable!(post_tags -> posts (post_id));
diesel::joinable!(bookmarks -> posts (post_id));
diesel::joinable!(interaction_acts -> interactions (interaction_id));
diesel::joinable!(user_badges -> badges (badge_id));
diesel::allow_tables_to_appear_in_same_query!(
    app_streams,
    badges,
    bookmarks,
    channel_markers,
    channel_members,
    channel_mutes,
    channel_ranks,
    channel_subscriptions,
    channels,
    clients,
    codes,
    grants,
    invites,
    interaction_acts,
    interactions,
    log_events,
    log_head,
    messages,
    nodes,
    pictures,
    post_mentions,
    post_revisions,
    post_tags,
    posts,
    relations,
    secrets,
    sessions,
    stream_markers,
    stream_session_subscriptions,
    stream_sessions,
    streams_in_use,
    tokens,
    user_badges,
    user_words,
    users,
);
