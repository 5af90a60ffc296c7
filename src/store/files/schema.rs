//! The tables of files, as the migrations make them (a test compares the two).

use super::super::schema::clients;

diesel::table! {
    files (id) {
        id -> BigInt,
        user_id -> BigInt,
        client_id -> Text,
        file_type -> Text,
        kind -> Text,
        name -> Text,
        is_public -> Bool,
        created_at -> BigInt,
        deleted_at -> Nullable<BigInt>,
        hash -> Nullable<Text>,
        mime_type -> Nullable<Text>,
        size -> BigInt,
        image -> Nullable<Text>,
        raw -> Nullable<Text>,
        media -> Nullable<Text>,
    }
}

diesel::table! {
    derived_files (file_id, key) {
        file_id -> BigInt,
        key -> Text,
        name -> Text,
        hash -> Text,
        mime_type -> Text,
        size -> BigInt,
        image -> Nullable<Text>,
    }
}

diesel::table! {
    file_usage (user_id) {
        user_id -> BigInt,
        bytes -> BigInt,
    }
}

diesel::table! {
    file_uses (file_id, kind, object_id) {
        file_id -> BigInt,
        kind -> Text,
        object_id -> BigInt,
    }
}

diesel::table! {
    operations (id) {
        id -> Text,
        user_id -> BigInt,
        kind -> Text,
        objects -> Text,
        created_at -> BigInt,
        ended_at -> Nullable<BigInt>,
        is_dead -> Bool,
    }
}

diesel::table! {
    provisions (file_id) {
        file_id -> BigInt,
        user_id -> BigInt,
        operation_id -> Text,
        key -> Text,
        size -> BigInt,
        expires_at -> BigInt,
    }
}

diesel::table! {
    content_claims (hash, claim) {
        hash -> Text,
        claim -> Text,
        is_removal -> Bool,
        since -> BigInt,
    }
}

diesel::joinable!(files -> clients (client_id));
diesel::allow_tables_to_appear_in_same_query!(clients, files);
