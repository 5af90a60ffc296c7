//! The tables of app streams.

diesel::table! {
    app_streams (client_id, key) {
        client_id -> Text,
        key -> Text,
        object_types -> Text,
        created_at -> BigInt,
        filter_id -> Nullable<BigInt>,
    }
}

diesel::table! {
    event_filters (id) {
        id -> BigInt,
        client_id -> Text,
        user_id -> Nullable<BigInt>,
        revision -> BigInt,
        name -> Text,
        match_policy -> Text,
        clauses -> Text,
    }
}

diesel::table! {
    webhooks (client_id, key) {
        client_id -> Text,
        key -> Text,
        url -> Text,
        secret -> Text,
        parameters -> Text,
        token_id -> BigInt,
        off -> Nullable<Text>,
        failing_since -> Nullable<BigInt>,
        epoch -> Text,
        positions -> Text,
    }
}

diesel::table! {
    webhook_dead_letters (id) {
        id -> BigInt,
        client_id -> Text,
        key -> Text,
        epoch -> Text,
        first_pos -> BigInt,
        last_pos -> BigInt,
        attempts -> BigInt,
        fault -> Text,
        status -> Nullable<BigInt>,
        died_at -> BigInt,
        is_replaying -> Bool,
        is_gap -> Bool,
    }
}
