//! Users.

use super::super::answers::{ELSEWHERE, list, one, page};
use super::super::bodies::{AVATAR, COVER, PROFILE, PROFILE_CHANGE};
use super::super::described::{Group, delete, get, patch, post, put};
use super::super::params::{INTERACTIONS, PAGE, SIZES, USER_IDS, USER_SEARCH};
use super::super::shapes::{Badge, Client, Interaction, Person};
use super::super::views;
use crate::model::ClientBrief;
use crate::model::Refusal::{
    AvatarTooLarge, CoverTooLarge, Invalid, NoAccess, NotFetched, NotFound, PictureBroken,
    PictureTooLarge, PictureTooSmall, PictureUnknown, SearchTooBroad, TooLong, UserNotFound,
    WrongType,
};

/// Profiles.
pub(super) const PEOPLE: Group = Group {
    tag: "Users",
    text: "Profiles, pictures, badges, and what was done to the caller.",
    routes: &[
        get("/users", "Several users")
            .text("In the order asked for; unknown ones are left out.")
            .takes(&[USER_IDS])
            .shows(views::USER)
            .gives(&[list::<Person>()]),
        get("/users/search", "Search for users")
            .text("By the words of their names, or how the words begin. Without `q` all users, newest first.")
            .takes(&[PAGE, USER_SEARCH])
            .shows(views::USER)
            .gives(&[page::<Person>()])
            .refuses(&[SearchTooBroad, TooLong, WrongType, Invalid]),
        get("/users/suggested", "Users that the caller may want to follow")
            .takes(&[PAGE])
            .shows(views::USER)
            .gives(&[page::<Person>()])
            .refuses(&[SearchTooBroad]),
        get("/users/{user_id}", "One user")
            .shows(views::USER)
            .gives(&[one::<Person>()]),
        put("/users/{user_id}", "Replace the profile of the caller")
            .text("Fields that are not given are cleared.")
            .shows(views::USER)
            .body(&PROFILE)
            .gives(&[one::<Person>()])
            .refuses(&[NoAccess]),
        patch("/users/{user_id}", "Change the profile of the caller")
            .text("Fields that are not given stay.")
            .shows(views::USER)
            .body(&PROFILE_CHANGE)
            .gives(&[one::<Person>()])
            .refuses(&[NoAccess]),
        get("/users/{user_id}/avatar", "The avatar of a user")
            .takes(&[SIZES])
            .gives(&[ELSEWHERE]),
        post("/users/{user_id}/avatar", "Set the avatar of the caller")
            .shows(views::USER)
            .body(&AVATAR)
            .gives(&[one::<Person>()])
            .refuses(&[NoAccess, NotFetched, AvatarTooLarge, PictureBroken, PictureTooLarge, PictureTooSmall, PictureUnknown]),
        delete("/users/{user_id}/avatar", "Take the avatar of the caller away")
            .shows(views::USER)
            .gives(&[one::<Person>()])
            .refuses(&[NoAccess]),
        get("/users/{user_id}/cover", "The cover of a user")
            .takes(&[SIZES])
            .gives(&[ELSEWHERE]),
        post("/users/{user_id}/cover", "Set the cover of the caller")
            .shows(views::USER)
            .body(&COVER)
            .gives(&[one::<Person>()])
            .refuses(&[NoAccess, NotFetched, CoverTooLarge, PictureBroken, PictureTooLarge, PictureTooSmall, PictureUnknown]),
        delete("/users/{user_id}/cover", "Take the cover of the caller away")
            .shows(views::USER)
            .gives(&[one::<Person>()])
            .refuses(&[NoAccess]),
        get("/users/me/interactions", "What others did to the caller")
            .text("Bookmarks, reposts, replies, follows and answers to polls; latest first.")
            .takes(&[PAGE, INTERACTIONS])
            .shows(views::POST)
            .gives(&[page::<Interaction>()]),
        get("/users/me/actions", "What others did to the caller")
            .older()
            .takes(&[PAGE, INTERACTIONS])
            .shows(views::POST)
            .gives(&[page::<Interaction>()]),
        get("/users/me/badges", "Badges of the caller")
            .text("Latest first.")
            .gives(&[list::<Badge>()]),
        get("/badges", "All badges").gives(&[list::<Badge>()]),
        get("/badges/{badge_id}", "One badge")
            .gives(&[one::<Badge>()])
            .refuses(&[NotFound]),
        get("/users/{user_id}/clients", "Apps that a user owns")
            .text("In short, without private ones.")
            .gives(&[list::<ClientBrief>()]),
        get("/clients/{client_id}", "An app")
            .text("A private one is there for its owner only.")
            .shows(views::USER)
            .gives(&[one::<Client>()])
            .refuses(&[NotFound]),
        get("/@{username}", "Short address of a user")
            .text("Leads to the profile.")
            .gives(&[ELSEWHERE])
            .refuses(&[UserNotFound, WrongType]),
    ],
};
