//! All routes in words, in the order of the page. A test compares them with the table.

mod channels;
mod files;
mod messages;
mod people;
mod polls;
mod posts;
mod relations;
mod server;
mod streams;
mod tokens;

use super::described::{Described, Group};
use crate::http::routes::row::Route;

/// All groups.
pub const GROUPS: &[Group] = &[
    posts::POSTS,
    posts::POST_LISTS,
    people::PEOPLE,
    relations::RELATIONS,
    channels::CHANNELS,
    channels::INBOX,
    messages::MESSAGES,
    messages::MARKERS,
    polls::POLLS,
    files::FILES,
    streams::PRESENCE,
    streams::STREAMS,
    tokens::TOKENS,
    server::FEEDS,
    server::SERVER,
];

/// What is said of a row.
pub fn of(row: &Route) -> Option<(&'static Group, &'static Described)> {
    GROUPS.iter().find_map(|group| {
        let described = group.routes.iter().find(|described| described.is_of(row))?;
        Some((group, described))
    })
}
