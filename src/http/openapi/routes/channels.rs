//! Channels.

use super::super::answers::{created, list, one, page, value};
use super::super::bodies::{CHANNEL_CHANGE, NEW_CHANNEL, NEW_OWNER};
use super::super::described::{Group, delete, get, patch, post, put};
use super::super::params::{
    CHANNEL_LISTS, CHANNEL_SEARCH, COUNTED_TYPES, IDS, OPTIONAL_IDS, PAGE, USER_IDS,
};
use super::super::shapes::{Channel, ExploreStream, Person, counts, ids, ids_by_channel, number};
use super::super::views;
use crate::model::Refusal::{
    Blocked, ChannelImmutable, ChannelInactive, GroupImmutable, Invalid, Missing, NoAccess,
    NoSuchPrivateChannel, NotFound, OnlyYourself, ScopeMissing, SearchTooBroad, TokenRequired,
    TooLong, UnknownUser, WrongTokenKind, WrongType,
};

/// Making, changing and finding.
pub(super) const CHANNELS: Group = Group {
    tag: "Channels",
    text: "Chat rooms, private messages, and channels of other types.",
    routes: &[
        get("/channels", "Several channels, or the inbox")
            .text("With `ids` in the order asked for; without, for a user, the inbox.")
            .takes(&[OPTIONAL_IDS, PAGE, CHANNEL_LISTS])
            .shows(views::CHANNEL)
            .gives(&[list::<Channel>().when("The inbox, or the channels; `meta` has pages for the inbox only.")])
            .refuses(&[TokenRequired, WrongTokenKind]),
        post("/channels", "Make a channel")
            .text("With the type `net.app.core.pm` the private channel of its people is found (200) or made.")
            .shows(views::CHANNEL)
            .body(&NEW_CHANNEL)
            .gives(&[
                created::<Channel>(),
                one::<Channel>().when("The private channel was there."),
            ])
            .refuses(&[ChannelImmutable, Blocked, OnlyYourself, NoAccess]),
        get("/channels/search", "Search for channels")
            .takes(&[PAGE, CHANNEL_LISTS, CHANNEL_SEARCH])
            .shows(views::CHANNEL)
            .gives(&[page::<Channel>()])
            .refuses(&[SearchTooBroad, TooLong, WrongType, TokenRequired, WrongTokenKind]),
        get("/channels/streams/explore", "The predefined searches for channels")
            .gives(&[list::<ExploreStream>()]),
        get("/channels/streams/explore/{slug}", "A predefined search for channels")
            .takes(&[PAGE, CHANNEL_LISTS])
            .shows(views::CHANNEL)
            .gives(&[page::<Channel>()])
            .refuses(&[NotFound, SearchTooBroad]),
        get("/channels/{channel_id}", "One channel")
            .shows(views::CHANNEL)
            .gives(&[one::<Channel>()]),
        put("/channels/{channel_id}", "Change a channel")
            .shows(views::CHANNEL)
            .body(&CHANNEL_CHANGE)
            .gives(&[one::<Channel>()])
            .refuses(&[ChannelImmutable, ChannelInactive, GroupImmutable]),
        patch("/channels/{channel_id}", "Change a channel")
            .shows(views::CHANNEL)
            .body(&CHANNEL_CHANGE)
            .gives(&[one::<Channel>()])
            .refuses(&[ChannelImmutable, ChannelInactive, GroupImmutable]),
        delete("/channels/{channel_id}", "Deactivate a channel for good")
            .text("Its owner only; its contents stay.")
            .shows(views::CHANNEL)
            .gives(&[one::<Channel>()])
            .refuses(&[ChannelImmutable, ChannelInactive]),
        put("/channels/{channel_id}/owner", "Hand a channel over")
            .text("Its owner only.")
            .shows(views::CHANNEL)
            .body(&NEW_OWNER)
            .gives(&[one::<Channel>()])
            .refuses(&[ChannelImmutable, ChannelInactive, Blocked, Invalid]),
        get("/channels/{channel_id}/subscribers", "Users that subscribe to a channel")
            .takes(&[PAGE])
            .shows(views::USER)
            .gives(&[page::<Person>()]),
        get("/channels/{channel_id}/subscribers/ids", "Ids of the users that subscribe to a channel")
            .gives(&[value(ids)]),
        get("/channels/subscribers/ids", "Ids of the subscribers of several channels")
            .text("By the ids of the channels.")
            .takes(&[IDS])
            .gives(&[value(ids_by_channel)]),
    ],
};

/// What the caller has to do with channels.
pub(super) const INBOX: Group = Group {
    tag: "Inbox",
    text: "The channels that the caller subscribes to, muted or owns.",
    routes: &[
        put("/channels/{channel_id}/subscribe", "Subscribe to a channel")
            .shows(views::CHANNEL)
            .gives(&[one::<Channel>()])
            .refuses(&[ChannelInactive]),
        post("/channels/{channel_id}/subscribe", "Subscribe to a channel")
            .older()
            .shows(views::CHANNEL)
            .gives(&[one::<Channel>()])
            .refuses(&[ChannelInactive]),
        delete(
            "/channels/{channel_id}/subscribe",
            "Unsubscribe from a channel",
        )
        .shows(views::CHANNEL)
        .gives(&[one::<Channel>()]),
        put("/channels/{channel_id}/mute", "Mute a channel")
            .text("It leaves the inbox, and other users cannot add it again.")
            .shows(views::CHANNEL)
            .gives(&[one::<Channel>()]),
        post("/channels/{channel_id}/mute", "Mute a channel")
            .older()
            .shows(views::CHANNEL)
            .gives(&[one::<Channel>()]),
        delete("/channels/{channel_id}/mute", "Unmute a channel")
            .shows(views::CHANNEL)
            .gives(&[one::<Channel>()]),
        get("/users/me/channels/subscribed", "The inbox")
            .text("Newest activity first.")
            .takes(&[PAGE, CHANNEL_LISTS])
            .shows(views::CHANNEL)
            .gives(&[page::<Channel>()]),
        get("/users/me/channels", "Channels that the caller owns")
            .takes(&[PAGE, CHANNEL_LISTS])
            .shows(views::CHANNEL)
            .gives(&[page::<Channel>()]),
        get("/users/me/channels/muted", "Channels that the caller muted")
            .takes(&[PAGE, CHANNEL_LISTS])
            .shows(views::CHANNEL)
            .gives(&[page::<Channel>()]),
        get(
            "/users/me/channels/existing_pm",
            "The private channel of some users and the caller",
        )
        .takes(&[USER_IDS])
        .shows(views::CHANNEL)
        .gives(&[one::<Channel>()])
        .refuses(&[
            Missing,
            WrongType,
            NoSuchPrivateChannel,
            UnknownUser,
            ScopeMissing,
        ]),
        get(
            "/users/me/channels/num_unread",
            "How many channels are unread",
        )
        .text("By type.")
        .takes(&[COUNTED_TYPES])
        .gives(&[value(counts)])
        .refuses(&[TooLong]),
        delete("/users/me/channels/num_unread", "Mark channels read")
            .takes(&[COUNTED_TYPES])
            .gives(&[value(counts)])
            .refuses(&[TooLong]),
        get(
            "/users/me/channels/num_unread/pm",
            "How many private channels are unread",
        )
        .older()
        .gives(&[value(number)]),
        delete(
            "/users/me/channels/num_unread/pm",
            "Mark private channels read",
        )
        .older()
        .gives(&[value(number)])
        .refuses(&[NoAccess]),
    ],
};
