//! Following, muting and blocking.

use super::super::answers::{page, value};
use super::super::described::{Group, delete, get, put};
use super::super::params::{FOLLOWS, PAGE};
use super::super::shapes::{Person, related};
use super::super::views;
use crate::model::Refusal::{Blocked, HumansOnly, NoAccess};

/// Relations between users.
pub(super) const RELATIONS: Group = Group {
    tag: "Relations",
    text: "Whom users follow, mute and block.",
    routes: &[
        put("/users/{user_id}/follow", "Follow a user")
            .text(
                "Accounts of type feed cannot follow, and bots follow only those that follow them.",
            )
            .shows(views::USER)
            .gives(&[value(related)])
            .refuses(&[NoAccess, Blocked, HumansOnly]),
        delete("/users/{user_id}/follow", "Unfollow a user")
            .shows(views::USER)
            .gives(&[value(related)])
            .refuses(&[NoAccess]),
        put("/users/{user_id}/mute", "Mute a user")
            .shows(views::USER)
            .gives(&[value(related)])
            .refuses(&[NoAccess]),
        delete("/users/{user_id}/mute", "Unmute a user")
            .shows(views::USER)
            .gives(&[value(related)])
            .refuses(&[NoAccess]),
        put("/users/{user_id}/block", "Block a user")
            .shows(views::USER)
            .gives(&[value(related)])
            .refuses(&[NoAccess]),
        delete("/users/{user_id}/block", "Unblock a user")
            .shows(views::USER)
            .gives(&[value(related)])
            .refuses(&[NoAccess]),
        get("/users/{user_id}/following", "Users that a user follows")
            .takes(&[PAGE, FOLLOWS])
            .shows(views::USER)
            .gives(&[page::<Person>()]),
        get("/users/{user_id}/followers", "Users that follow a user")
            .takes(&[PAGE, FOLLOWS])
            .shows(views::USER)
            .gives(&[page::<Person>()]),
        get("/users/{user_id}/muted", "Users that the caller muted")
            .text("An app may read the lists of its users.")
            .takes(&[PAGE])
            .shows(views::USER)
            .gives(&[page::<Person>()])
            .refuses(&[NoAccess]),
        get("/users/{user_id}/blocked", "Users that the caller blocks")
            .takes(&[PAGE])
            .shows(views::USER)
            .gives(&[page::<Person>()])
            .refuses(&[NoAccess]),
    ],
};
