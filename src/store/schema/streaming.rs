//! The tables of user streams that outlive their connection.

diesel::table! {
    stream_sessions (id) {
        id -> Text,
        user_id -> BigInt,
        opened_at -> BigInt,
        seen_at -> BigInt,
        node -> Nullable<Text>,
    }
}

diesel::table! {
    stream_session_subscriptions (session_id, id) {
        session_id -> Text,
        id -> Text,
        place -> BigInt,
        topic -> Text,
        filter -> Text,
        token_id -> BigInt,
        since -> BigInt,
        ended -> Nullable<Text>,
    }
}
