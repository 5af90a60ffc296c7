//! Messages and markers.

use super::super::answers::{TAKEN, created, list, one, page, value};
use super::super::bodies::{MARKERS as MARKERS_BODY, NEW_MESSAGE, REPORT, TEXT};
use super::super::described::{Group, delete, get, post, put};
use super::super::params::{
    DELETED, IDS, IN_CHANNELS, MARKER_NAMES, MESSAGE_LISTS, MESSAGE_SEARCH, MOVES_MARKER,
    OBJECT_TYPE, PAGE, REASON, RESET, TEXT_SEARCH,
};
use super::super::shapes::{Marker, Message, markers, processed};
use super::super::views;
use crate::model::Refusal::{
    Blocked, ChannelImmutable, ChannelInactive, ChannelNotFound, Invalid, MessageDeleted, Missing,
    NoAccess, OnlyYourself, PostNotFound, ReplyElsewhere, ScopeMissing, SearchTooBroad,
    TokenRequired, TooLong, TooManyMembers, UnknownMarker, UserNotFound, WrongTokenKind, WrongType,
};

/// Messages of channels.
pub(super) const MESSAGES: Group = Group {
    tag: "Messages",
    text: "Messages of channels.",
    routes: &[
        get("/channels/{channel_id}/messages", "Messages of a channel")
            .text("Newest first; the marker is the caller's of the channel.")
            .takes(&[PAGE, MESSAGE_LISTS, MOVES_MARKER])
            .shows(views::MESSAGE)
            .gives(&[page::<Message>()]),
        post("/channels/{channel_id}/messages", "Write a message")
            .text("With `pm` in place of the channel: to `destinations`, whose private channel is found or made.")
            .takes(&[MOVES_MARKER])
            .shows(views::MESSAGE)
            .body(&NEW_MESSAGE)
            .gives(&[created::<Message>()])
            .refuses(&[ChannelInactive, Blocked, MessageDeleted, ReplyElsewhere, OnlyYourself, TooManyMembers, Missing, UserNotFound]),
        get("/channels/{channel_id}/messages/{message_id}", "One message")
            .text("Its author may always read it.")
            .shows(views::MESSAGE)
            .gives(&[one::<Message>()]),
        delete("/channels/{channel_id}/messages/{message_id}", "Delete a message")
            .text("By its author, or by users with full access (not in private channels).")
            .shows(views::MESSAGE)
            .gives(&[one::<Message>()])
            .refuses(&[ChannelInactive, ChannelImmutable, MessageDeleted]),
        get("/channels/{channel_id}/messages/{message_id}/thread", "The thread of a message")
            .takes(&[PAGE, MESSAGE_LISTS])
            .shows(views::MESSAGE)
            .gives(&[page::<Message>()]),
        post("/channels/{channel_id}/messages/{message_id}/report", "Report a message to the operator")
            .takes(&[REASON])
            .body(&REPORT)
            .gives(&[TAKEN]),
        put("/channels/{channel_id}/messages/{message_id}/sticky", "Make a message sticky")
            .text("Needs full access, in private channels any participant.")
            .shows(views::MESSAGE)
            .gives(&[one::<Message>()])
            .refuses(&[ChannelInactive, MessageDeleted]),
        delete("/channels/{channel_id}/messages/{message_id}/sticky", "Make a message no longer sticky")
            .shows(views::MESSAGE)
            .gives(&[one::<Message>()])
            .refuses(&[ChannelInactive, MessageDeleted]),
        get("/channels/{channel_id}/sticky_messages", "Sticky messages of a channel")
            .text("Newest sticky first.")
            .takes(&[PAGE, MESSAGE_LISTS])
            .shows(views::MESSAGE)
            .gives(&[page::<Message>()]),
        get("/channels/messages", "Several messages")
            .text("In the order asked for; those that the caller may not read are left out.")
            .takes(&[IDS, DELETED])
            .shows(views::MESSAGE)
            .gives(&[list::<Message>()]),
        get("/channels/messages/search", "Search for messages")
            .takes(&[PAGE, MESSAGE_LISTS, IN_CHANNELS, TEXT_SEARCH, MESSAGE_SEARCH])
            .shows(views::MESSAGE)
            .gives(&[page::<Message>()])
            .refuses(&[Missing, SearchTooBroad, TooLong, WrongType, Invalid, ChannelNotFound, NoAccess, ScopeMissing, WrongTokenKind, TokenRequired]),
        get("/users/me/messages", "Messages that the caller wrote")
            .takes(&[PAGE, DELETED])
            .shows(views::MESSAGE)
            .gives(&[page::<Message>()]),
        post("/text/process", "Entities and html of a text")
            .text("Nothing is stored.")
            .takes(&[OBJECT_TYPE])
            .body(&TEXT)
            .gives(&[value(processed)]),
    ],
};

/// Where readers are.
pub(super) const MARKERS: Group = Group {
    tag: "Markers",
    text: "How far the caller has read.",
    routes: &[
        get("/markers", "Stream markers of the caller")
            .text("One that was never set is its name alone.")
            .takes(&[MARKER_NAMES])
            .gives(&[list::<Marker>()])
            .refuses(&[UnknownMarker]),
        post("/markers", "Set stream markers")
            .text("One object, or a list: the answer is one too.")
            .takes(&[RESET])
            .body(&MARKERS_BODY)
            .gives(&[value(markers)])
            .refuses(&[ChannelNotFound, NoAccess, PostNotFound]),
        post("/posts/marker", "Set stream markers")
            .older()
            .takes(&[RESET])
            .body(&MARKERS_BODY)
            .gives(&[value(markers)])
            .refuses(&[ChannelNotFound, NoAccess, PostNotFound]),
    ],
};
