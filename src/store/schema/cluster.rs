//! The tables that servers on one database share: who runs, and what each holds.

diesel::table! {
    nodes (name) {
        name -> Text,
        epoch -> Text,
        address -> Text,
        internal_address -> Text,
        renewed_at -> BigInt,
        lease -> BigInt,
    }
}

diesel::table! {
    streams_in_use (id) {
        id -> Text,
        client_id -> Text,
        node -> Text,
        key -> Nullable<Text>,
        part -> Nullable<BigInt>,
        parts -> Nullable<BigInt>,
    }
}
