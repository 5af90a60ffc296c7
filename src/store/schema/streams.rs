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
