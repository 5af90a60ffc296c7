//! Shapes of answers about the server itself, and for other sites.

use utoipa::PartialSchema as _;
use utoipa::openapi::{Object, RefOr, Schema};

use super::answers::Schemas;
use super::shapes::{anything, map_of, named, numbers, object, words};

/// Limits.
pub(super) fn config(schemas: &mut Schemas) -> RefOr<Schema> {
    named("Configuration", schemas, |_| {
        let rate_limit = object([
            ("enabled", bool::schema()),
            ("anonymous", numbers(["reads", "read_reset_seconds"])),
            (
                "authorized",
                numbers([
                    "reads",
                    "read_reset_seconds",
                    "writes",
                    "write_reset_seconds",
                    "markers",
                    "marker_reset_seconds",
                ]),
            ),
            ("user", numbers(["reads", "writes", "markers"])),
            (
                "sign_in",
                numbers(["per_address", "per_account", "reset_seconds"]),
            ),
            ("seconds_banned", i64::schema()),
        ]);
        object([
            (
                "file",
                numbers(["audio_max_size_bytes", "max_size_bytes", "quota_bytes"]),
            ),
            (
                "post",
                numbers([
                    "max_length",
                    "seconds_between_duplicates",
                    "seconds_for_revision",
                ]),
            ),
            ("message", numbers(["max_length"])),
            ("rate_limit", rate_limit),
            ("raw", numbers(["max_length"])),
            (
                "stream",
                numbers([
                    "subscriptions",
                    "user_connections",
                    "app_connections",
                    "connections_per_address",
                ]),
            ),
            (
                "user",
                numbers([
                    "description_max_length",
                    "name_max_length",
                    "presence_max_length",
                    "username_max_length",
                ]),
            ),
        ])
    })
}

/// Numbers of the server.
pub(super) fn stats(schemas: &mut Schemas) -> RefOr<Schema> {
    named("Statistics", schemas, |_| {
        let created = || numbers(["created"]);
        let users = object([
            ("active", map_of(i64::schema())),
            ("created", i64::schema()),
            ("disabled", i64::schema()),
            ("present", i64::schema()),
        ]);
        object([
            ("clients", numbers(["created", "public"])),
            ("days", i64::schema()),
            ("files", created()),
            ("polls", created()),
            ("messages", created()),
            ("posts", created()),
            ("users", users),
        ])
    })
}

/// Numbers of actors.
pub(super) fn actors(_: &mut Schemas) -> RefOr<Schema> {
    anything()
}

/// An embedded post or file.
pub(super) fn embedded(schemas: &mut Schemas) -> RefOr<Schema> {
    named("OEmbed", schemas, |_| {
        let text = String::schema;
        let object = Object::builder()
            .property("type", words(["link", "photo", "audio", "video"]))
            .property("html", text())
            .property("width", i64::schema())
            .property("height", i64::schema())
            .property("duration", i64::schema())
            .property("cache_age", i64::schema());
        let always = [
            "version",
            "title",
            "url",
            "author_name",
            "author_url",
            "provider_name",
            "provider_url",
        ];
        let object = always.into_iter().fold(object, |object, name| {
            object.property(name, text()).required(name)
        });
        object.required("type").into()
    })
}

/// This document.
pub(super) fn document(_: &mut Schemas) -> RefOr<Schema> {
    map_of(anything())
}
