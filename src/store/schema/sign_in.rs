//! The tables of signing in: sessions of browsers, invitations, and what apps are allowed.

diesel::table! {
    codes (id) {
        id -> BigInt,
        hash -> Binary,
        client_id -> Text,
        user_id -> BigInt,
        scopes -> Text,
        redirect_uri -> Text,
        challenge -> Nullable<Text>,
        challenge_method -> Nullable<Text>,
        created_at -> BigInt,
        expires_at -> BigInt,
        used_at -> Nullable<BigInt>,
        token_id -> Nullable<BigInt>,
    }
}

diesel::table! {
    grants (user_id, client_id) {
        user_id -> BigInt,
        client_id -> Text,
        scopes -> Text,
    }
}

diesel::table! {
    invites (id) {
        id -> BigInt,
        hash -> Binary,
        note -> Text,
        uses_left -> Integer,
        created_at -> BigInt,
        expires_at -> BigInt,
    }
}

diesel::table! {
    secrets (name) {
        name -> Text,
        value -> Binary,
    }
}

diesel::table! {
    sessions (id) {
        id -> BigInt,
        hash -> Binary,
        user_id -> BigInt,
        created_at -> BigInt,
        expires_at -> BigInt,
    }
}
