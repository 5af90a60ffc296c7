//! Tokens.

use super::super::answers::{bare, list, one, value};
use super::super::bodies::GRANT;
use super::super::described::{Group, delete, get, post};
use super::super::shapes::{Token, granted, ids, ticket};
use super::super::views;

/// Tokens.
pub(super) const TOKENS: Group = Group {
    tag: "Tokens",
    text: "Tokens of users and of apps.",
    routes: &[
        post("/oauth/access_token", "Get a token")
            .text("In exchange for a code, a password, or the secret of an app. Refusals have the fields of RFC 6749 besides.")
            .body(&GRANT)
            .gives(&[bare(granted)]),
        get("/token", "The calling token")
            .text("With its user, app and scopes.")
            .shows(views::USER)
            .gives(&[one::<Token>()]),
        delete("/token", "Revoke the calling token")
            .text("Its streams are closed.")
            .shows(views::USER)
            .gives(&[one::<Token>()]),
        post("/token/ticket", "Get a ticket for a stream")
            .text("It opens one stream within 30 seconds, in place of the calling token.")
            .gives(&[value(ticket)]),
        get("/apps/me/users/ids", "Users of the app")
            .text("Those with a live token of it.")
            .gives(&[value(ids)]),
        get("/apps/me/users/tokens", "Tokens of the app's users")
            .text("Without their secrets.")
            .shows(views::USER)
            .gives(&[list::<Token>()]),
    ],
};
