//! Which display parameters change what an answer shows: one view for each kind of object.

use super::params::{CHANNELS, EMBEDDED_USER, FILES, MESSAGES, POLLS, POSTS, SOURCE, Set};

/// Users, and what shows nothing else with parameters.
pub(super) const USER: &[Set] = &[EMBEDDED_USER];
/// Posts.
pub(super) const POST: &[Set] = &[EMBEDDED_USER, SOURCE, POSTS];
/// Messages.
pub(super) const MESSAGE: &[Set] = &[EMBEDDED_USER, SOURCE, MESSAGES];
/// Channels, which may show messages.
pub(super) const CHANNEL: &[Set] = &[EMBEDDED_USER, SOURCE, CHANNELS, MESSAGES];
/// Files.
pub(super) const FILE: &[Set] = &[EMBEDDED_USER, SOURCE, FILES];
/// Polls.
pub(super) const POLL: &[Set] = &[EMBEDDED_USER, SOURCE, POLLS];
/// All that change how objects look.
pub(super) const ALL: &[Set] = &[
    EMBEDDED_USER,
    SOURCE,
    POSTS,
    MESSAGES,
    CHANNELS,
    FILES,
    POLLS,
];
