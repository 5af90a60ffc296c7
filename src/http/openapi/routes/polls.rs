//! Polls.

use super::super::answers::{created, list, one, page};
use super::super::bodies::{NEW_POLL, RESPONSE, RESPONSE_TOKEN};
use super::super::described::{Group, delete, get, post, put};
use super::super::params::{
    IDS, OPTIONAL_IDS, PAGE, POLL_LISTS, POLL_SEARCH, POLL_TOKEN, POLL_TOKENS, POSITIONS,
};
use super::super::shapes::{Poll, PollInShort};
use super::super::views;
use crate::model::Refusal::{
    Blocked, HumansOnly, Invalid, NoAccess, PollClosed, PollUnknown, SearchTooBroad, TokenRequired,
    TooManyChosen, WrongTokenKind, WrongType,
};

/// Questions with options.
pub(super) const POLLS: Group = Group {
    tag: "Polls",
    text: "Questions with options; results are shown once a poll is closed.",
    routes: &[
        post("/polls", "Make a poll")
            .shows(views::POLL)
            .body(&NEW_POLL)
            .gives(&[created::<Poll>()])
            .refuses(&[HumansOnly, PollUnknown]),
        get("/polls", "Several polls")
            .text("In the order asked for; those that the caller may not read are left out.")
            .takes(&[IDS, POLL_TOKENS])
            .shows(views::POLL)
            .gives(&[list::<Poll>()]),
        get("/polls/search", "Search for polls")
            .text("Public polls, and the caller's own that the scopes open.")
            .takes(&[PAGE, POLL_SEARCH])
            .shows(views::POLL)
            .gives(&[page::<Poll>()])
            .refuses(&[SearchTooBroad, WrongType, TokenRequired, WrongTokenKind]),
        get("/polls/{poll_id}", "One poll")
            .text("A public one, the caller's own, or with its token.")
            .takes(&[POLL_TOKEN])
            .shows(views::POLL)
            .gives(&[one::<Poll>()])
            .refuses(&[NoAccess]),
        delete("/polls/{poll_id}", "Delete a poll with its answers")
            .shows(views::POLL)
            .gives(&[one::<Poll>()])
            .refuses(&[NoAccess]),
        put("/polls/{poll_id}/response", "Answer a poll")
            .takes(&[POSITIONS, POLL_TOKEN])
            .shows(views::POLL)
            .body(&RESPONSE)
            .gives(&[one::<Poll>()])
            .refuses(&[
                Blocked,
                HumansOnly,
                Invalid,
                NoAccess,
                PollClosed,
                TooManyChosen,
            ]),
        put(
            "/polls/{poll_id}/response/{position}",
            "Answer a poll with one option",
        )
        .older()
        .takes(&[POLL_TOKEN])
        .shows(views::POLL)
        .body(&RESPONSE_TOKEN)
        .gives(&[one::<Poll>()])
        .refuses(&[
            Blocked,
            HumansOnly,
            Invalid,
            NoAccess,
            PollClosed,
            TooManyChosen,
        ]),
        get("/users/me/polls", "Polls of the caller")
            .takes(&[PAGE, POLL_LISTS])
            .shows(views::POLL)
            .gives(&[page::<Poll>()])
            .refuses(&[SearchTooBroad]),
        get(
            "/users/me/polls/responses",
            "Polls of the caller that were answered, in short",
        )
        .takes(&[PAGE, POLL_LISTS, OPTIONAL_IDS])
        .gives(&[page::<PollInShort>()])
        .refuses(&[SearchTooBroad]),
        get("/users/{user_id}/polls", "Public polls of a user")
            .takes(&[PAGE, POLL_LISTS])
            .shows(views::POLL)
            .gives(&[page::<Poll>()])
            .refuses(&[SearchTooBroad]),
    ],
};
