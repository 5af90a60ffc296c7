//! The tables of polls, as the migrations make them (a test compares the two).

use super::super::schema::clients;

diesel::table! {
    polls (id) {
        id -> BigInt,
        user_id -> BigInt,
        client_id -> Text,
        kind -> Text,
        prompt -> Text,
        options -> Text,
        max_options -> Integer,
        is_anonymous -> Bool,
        is_public -> Bool,
        token -> Text,
        raw -> Nullable<Text>,
        created_at -> BigInt,
        closes_at -> BigInt,
        results -> Nullable<Text>,
        deleted_at -> Nullable<BigInt>,
        is_answered -> Bool,
    }
}

diesel::table! {
    poll_answers (poll_id, user_id) {
        poll_id -> BigInt,
        user_id -> BigInt,
        chosen -> Integer,
    }
}

diesel::joinable!(polls -> clients (client_id));
diesel::allow_tables_to_appear_in_same_query!(clients, poll_answers, polls);
