//! The objects of the API, field by field, as the reference for the original has them: independent of how this program
//! describes itself. Every object in every answer and every frame of the suite is compared with its table.

use serde_json::Value;

use super::fields::{Field, misfit};

/// What the original does not have, or has under the names of its ancestor: these and no others.
#[rustfmt::skip]
const OURS: &[(&str, Field)] = &[
    ("User", ("annotations", "objects", false)),
    ("Post", ("annotations", "objects", false)),
    ("Message", ("annotations", "objects", false)),
    ("Channel", ("annotations", "objects", false)),
    ("Poll", ("annotations", "objects", false)),
    ("AppStream", ("is_enabled", "flag", false)),
    ("AppStream", ("url", "text", false)),
    ("AppStream", ("parameters", "text", false)),
    ("AppStream", ("filter_id", "id", false)),
    ("AppStream", ("failing_since", "date", false)),
    ("AppStream", ("off_reason", "text", false)),
];

#[rustfmt::skip]
const USER: &[Field] = &[
    ("id", "id", true), ("username", "text", true), ("name", "text", false), ("type", "human|feed|bot", true),
    ("locale", "text", true), ("timezone", "text", true), ("created_at", "date", true), ("content", "object", true),
    ("content.text", "text", false), ("content.html", "text", false), ("content.entities", "object", false),
    ("content.markdown_text", "text", false),
    ("content.avatar_image", "object", true), ("content.cover_image", "object", true),
    ("counts", "object", false), ("counts.bookmarks", "integer", true), ("counts.clients", "integer", true),
    ("counts.followers", "integer", true), ("counts.following", "integer", true), ("counts.posts", "integer", true),
    ("badge", "object", false), ("badge.id", "id", true), ("badge.name", "text", true),
    ("verified", "object", false), ("verified.domain", "text", true), ("verified.url", "text", true),
    ("follows_you", "flag", false), ("you_follow", "flag", false), ("you_muted", "flag", false),
    ("you_blocked", "flag", false), ("you_can_follow", "flag", false),
    ("presence", "text", false), ("raw", "object", false), ("pagination_id", "id", false),
];

#[rustfmt::skip]
const POST: &[Field] = &[
    ("id", "id", true), ("created_at", "date", true), ("thread_id", "id", true), ("user", "object", false), ("user_id", "id", false),
    ("source", "source", true), ("content", "object", false), ("content.text", "text", true), ("content.html", "text", false),
    ("content.entities", "object", true), ("counts", "object", false), ("counts.bookmarks", "integer", true),
    ("counts.replies", "integer", true), ("counts.reposts", "integer", true), ("counts.threads", "integer", true),
    ("reply_to", "id", false), ("repost_of", "object", false), ("is_deleted", "true", false), ("is_nsfw", "true", false),
    ("is_revised", "true", false), ("revision", "integer", false), ("you_bookmarked", "flag", false), ("you_reposted", "flag", false),
    ("bookmarked_by", "list", false), ("reposted_by", "list", false), ("note", "text", false), ("raw", "object", false),
    ("pagination_id", "id", false),
];

#[rustfmt::skip]
const MESSAGE: &[Field] = &[
    ("id", "id", true), ("channel_id", "id", true), ("thread_id", "id", true), ("created_at", "date", true),
    ("counts", "object", true), ("counts.replies", "integer", true), ("is_sticky", "flag", true), ("is_deleted", "true", false),
    ("deleted_by", "id", false), ("is_nsfw", "true", false), ("reply_to", "id", false), ("source", "source", true),
    ("user", "object", false), ("user_id", "id", false), ("content", "object", false), ("content.text", "text", true),
    ("content.html", "text", false), ("content.entities", "object", true), ("raw", "object", false), ("pagination_id", "id", false),
];

#[rustfmt::skip]
const CHANNEL: &[Field] = &[
    ("id", "id", true), ("type", "text", true), ("created_at", "date", true), ("acl", "object", true), ("counts", "object", true),
    ("counts.messages", "integer", true), ("counts.subscribers", "integer", false), ("has_sticky_messages", "flag", true),
    ("has_unread", "flag", false), ("is_active", "false", false), ("recent_message_id", "id", false),
    ("recent_message", "object", false), ("recent_deleted_message_id", "id", false), ("recent_deleted_message", "object", false),
    ("user", "object", false), ("user_id", "id", false), ("you_subscribed", "flag", false), ("you_muted", "flag", false),
    ("raw", "object", false), ("pagination_id", "id", false), ("marker", "object", false),
];

#[rustfmt::skip]
const ACL: &[Field] = &[
    ("full", "object", true), ("full.immutable", "flag", true), ("full.you", "flag", false), ("full.user_ids", "ids", true),
    ("full.users", "objects", false),
    ("write", "object", true), ("write.any_user", "flag", true), ("write.immutable", "flag", true), ("write.you", "flag", false),
    ("write.user_ids", "ids", true), ("write.users", "objects", false),
    ("read", "object", true), ("read.any_user", "flag", true), ("read.public", "flag", true), ("read.immutable", "flag", true),
    ("read.you", "flag", false), ("read.user_ids", "ids", true), ("read.users", "objects", false),
];

#[rustfmt::skip]
const POLL: &[Field] = &[
    ("id", "id", true), ("type", "text", true), ("prompt", "text", true), ("created_at", "date", true), ("closed_at", "date", true),
    ("is_anonymous", "flag", true), ("is_public", "flag", true), ("max_options", "integer", true), ("options", "objects", true),
    ("poll_token", "text", false), ("source", "source", true), ("user", "object", false), ("user_id", "id", false),
    ("you_responded", "flag", false), ("is_deleted", "true", false), ("raw", "object", false), ("pagination_id", "id", false),
];

#[rustfmt::skip]
const BRIEF_POLL: &[Field] = &[
    ("id", "id", true), ("poll_id", "id", true), ("created_at", "date", true), ("closed_at", "date", true), ("prompt", "text", true),
    ("poll_token", "text", true), ("options", "objects", true), ("pagination_id", "id", false),
];

#[rustfmt::skip]
const FILE: &[Field] = &[
    ("id", "id", true), ("name", "text", true), ("type", "text", true), ("kind", "image|audio|video|other", true),
    ("created_at", "date", true), ("is_complete", "flag", true), ("is_public", "flag", true), ("source", "source", true),
    ("user", "object", false), ("user_id", "id", false), ("mime_type", "text", false), ("sha256", "text", false),
    ("size", "integer", false), ("total_size", "integer", false), ("url", "text", false), ("url_expires_at", "date", false),
    ("url_short", "text", false), ("file_token", "text", false), ("file_token_read", "text", false),
    ("image_info", "object", false), ("image_info.width", "integer", true), ("image_info.height", "integer", true),
    ("audio_info", "object", false), ("video_info", "object", false), ("derived_files", "object", false),
    ("upload_parameters", "object", false), ("upload_parameters.method", "text", true), ("upload_parameters.url", "text", true),
    ("attached_to", "object", false), ("attached_to.posts", "ids", false), ("attached_to.messages", "ids", false),
    ("attached_to.polls", "ids", false), ("is_deleted", "true", false), ("raw", "object", false), ("pagination_id", "id", false),
];

#[rustfmt::skip]
const DERIVED_FILE: &[Field] = &[
    ("name", "text", true), ("mime_type", "text", true), ("size", "integer", true), ("sha256", "text", true), ("url", "text", true),
    ("url_expires_at", "date", true), ("image_info", "object", false), ("audio_info", "object", false), ("video_info", "object", false),
];

#[rustfmt::skip]
const TOKEN: &[Field] = &[
    ("app", "object", true), ("scopes", "texts", true), ("user", "object", false), ("storage", "object", false),
    ("storage.available", "integer", true), ("storage.total", "integer", true), ("email", "text", false), ("client_id", "text", false),
];

#[rustfmt::skip]
const CLIENT: &[Field] = &[
    ("id", "text", true), ("name", "text", true), ("url", "text", true), ("created_at", "date", true), ("user", "object", false),
    ("user_id", "id", false), ("posts", "integer", true), ("logo_image", "text", false), ("content", "object", false),
    ("content.text", "text", true), ("content.html", "text", false), ("content.entities", "object", true),
];

#[rustfmt::skip]
const INTERACTION: &[Field] = &[
    ("pagination_id", "id", true), ("event_date", "date", true), ("action", "bookmark|repost|reply|follow|poll_response", true),
    ("objects", "objects", false), ("users", "list", false),
];

#[rustfmt::skip]
const STREAM_MARKER: &[Field] = &[
    ("name", "text", true), ("id", "id", false), ("last_read_id", "id", false), ("percentage", "integer", false),
    ("updated_at", "date", false), ("version", "text", false),
];

/// The tables by the names of the schemas.
#[rustfmt::skip]
const TABLES: &[(&str, &[Field])] = &[
    ("User", USER), ("Post", POST), ("Message", MESSAGE), ("Channel", CHANNEL), ("Acl", ACL), ("Poll", POLL),
    ("BriefPoll", BRIEF_POLL), ("File", FILE), ("DerivedFile", DERIVED_FILE), ("Token", TOKEN), ("Client", CLIENT),
    ("Interaction", INTERACTION), ("Marker", STREAM_MARKER),
    ("ClientBrief", &[("id", "text", true), ("name", "text", true), ("url", "text", true)]),
    ("Image", &[("url", "text", true), ("width", "integer", true), ("height", "integer", true), ("is_default", "flag", true)]),
    ("PollOption", &[("text", "text", true), ("position", "integer", true), ("is_your_response", "flag", false),
        ("respondents", "integer", false), ("respondent_ids", "ids", false)]),
    ("Badge", &[("id", "id", true), ("name", "text", true), ("description", "text", true), ("awarded_at", "date", false)]),
    ("Presence", &[("id", "id", true), ("username", "text", true), ("name", "text", false), ("avatar_image", "text", true),
        ("presence", "text", true), ("last_seen_at", "date", false)]),
    ("LimitedUser", &[("id", "id", true), ("username", "text", true), ("avatar_image", "text", true), ("name", "text", false),
        ("presence", "text", false)]),
    ("Entities", &[("links", "objects", true), ("mentions", "objects", true), ("tags", "objects", true)]),
    ("LinkEntity", &[("pos", "integer", true), ("len", "integer", true), ("text", "text", true), ("url", "text", true),
        ("amended_len", "integer", false), ("title", "text", false)]),
    ("MentionEntity", &[("pos", "integer", true), ("len", "integer", true), ("text", "text", true), ("id", "id", true),
        ("is_leading", "true", false), ("is_copy", "true", false)]),
    ("TagEntity", &[("pos", "integer", true), ("len", "integer", true), ("text", "text", true)]),
    ("ExploreStream", &[("slug", "text", true), ("title", "text", true), ("description", "text", true), ("url", "text", true),
        ("link", "text", false)]),
    ("Operation", &[("id", "text", true), ("type", "file_delete|file_create", true), ("status", "running|dead|completed", true),
        ("created_at", "date", true), ("ended_at", "date", false)]),
    ("AppStream", &[("key", "text", true), ("object_types", "texts", true), ("endpoint", "text", false),
        ("type", "long_poll|webhook", true), ("is_deleted", "true", false)]),
    ("ProcessedText", &[("text", "text", true), ("html", "text", true), ("entities", "object", true), ("links", "objects", true),
        ("mentions", "objects", true), ("tags", "objects", true)]),
];

/// The names of the objects that there are tables of.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    TABLES.iter().map(|(name, _)| *name)
}

/// Compares an object with the table of this name, if there is one.
pub(crate) fn check(name: &str, object: &Value, at: &str) -> Result<(), String> {
    let Some((_, table)) = TABLES.iter().find(|(known, _)| *known == name) else {
        return Ok(());
    };
    let ours = OURS.iter().filter(|(of, _)| *of == name);
    let table: Vec<Field> = table
        .iter()
        .chain(ours.map(|(_, field)| field))
        .copied()
        .collect();
    let wrong = misfit(object, &table).or_else(|| together(name, object));
    match wrong {
        None => Ok(()),
        Some(what) => Err(format!("{at} is no {name} of the reference: {what}")),
    }
}

/// Fields that are there together, or one in the place of the other.
fn together(name: &str, object: &Value) -> Option<String> {
    let has = |field: &&str| object.get(*field).is_some();
    let count = |fields: &[&str]| fields.iter().filter(|field| has(field)).count();
    let all_or_none = |fields: &[&str]| {
        let there = count(fields);
        let is_half = there != 0 && there != fields.len();
        is_half.then(|| format!("only some of {fields:?}"))
    };
    let is_deleted = object["is_deleted"] == true;
    let one_author =
        || (count(&["user", "user_id"]) != 1).then(|| String::from("not one of user and user_id"));
    let words = || {
        (has(&"content") == is_deleted).then(|| String::from("content, or none, and is_deleted"))
    };
    match name {
        "User" => all_or_none(&[
            "follows_you",
            "you_follow",
            "you_muted",
            "you_blocked",
            "you_can_follow",
        ]),
        "Post" => one_author()
            .or_else(words)
            .or_else(|| all_or_none(&["you_bookmarked", "you_reposted"])),
        "Message" => one_author().or_else(words),
        "Poll" => one_author(),
        "File" => {
            let of_contents = [
                "mime_type",
                "sha256",
                "size",
                "total_size",
                "url",
                "url_expires_at",
            ];
            // Nothing is left of the contents of one that was deleted.
            let has_contents = object["is_complete"] == true && !is_deleted;
            let expected = if has_contents { of_contents.len() } else { 0 };
            let differs = count(&of_contents) != expected;
            let is_wrong = differs.then(|| format!("{of_contents:?} and is_complete"));
            one_author().or(is_wrong)
        }
        "Channel" => {
            let both = count(&["user", "user_id"]) == 2;
            let both = both.then(|| String::from("both user and user_id"));
            both.or_else(|| all_or_none(&["has_unread", "you_subscribed", "you_muted"]))
        }
        "Marker" => all_or_none(&["id", "last_read_id", "percentage", "updated_at", "version"]),
        _ => None,
    }
}
