//! What a viewer sees of another person: one table, for REST, streams, lists, counts and what is embedded.
//!
//! | | blocks the viewer | blocked by the viewer | muted by the viewer |
//! |---|---|---|---|
//! | profile, asked for by name | no | yes: to find them again, and to unblock | yes |
//! | profile, in a list or embedded | no | no | yes |
//! | presence | no | no | yes |
//! | words, asked for by id | yes, without the profile | yes, without the profile | yes |
//! | words, in a list or on a stream | no | no | with `include_muted` |
//! | words, embedded | no | no | no |
//! | acts (bookmarks, reposts, follows, answers), in a list or a sample | no | no | with `include_muted` |
//!
//! The account of a person may be disabled: that changes nothing here. What it wrote, and its profile, are shown as before;
//! it is not offered by searches and suggestions.
//!
//! Reference 01 §5 and 03 §8.2. Without a token nobody is blocked or muted. Apps see what their users see and mind
//! mutes and blocks themselves. Which *channels* may be read is decided in [`super::access`].

use super::{Relationship, UserId};

/// How the viewer came upon the person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Occasion {
    /// The call names the person, or the message.
    Named,
    /// In a list, or on a stream.
    Listed,
    /// Inside something else: the author of a message, the owner or newest message of a channel.
    Embedded,
}

/// Is the profile shown?
pub fn shows_profile(of: Relationship, occasion: Occasion) -> bool {
    match occasion {
        Occasion::Named => !of.blocks_you,
        Occasion::Listed | Occasion::Embedded => !of.is_blocked(),
    }
}

/// Is it shown whether the person is there?
pub fn shows_presence(of: Relationship) -> bool {
    !of.is_blocked()
}

/// Are the person's words shown?
pub fn shows_words(of: Relationship, occasion: Occasion, include_muted: bool) -> bool {
    match occasion {
        Occasion::Named => true,
        Occasion::Listed => !of.is_blocked() && (include_muted || !of.you_muted),
        Occasion::Embedded => !of.is_blocked() && !of.you_muted,
    }
}

/// Is it shown that the person acted: bookmarked, reposted, followed, answered?
pub fn shows_acts(of: Relationship, include_muted: bool) -> bool {
    !of.is_blocked() && (include_muted || !of.you_muted)
}

/// For whom a list is made, and whether it holds what users did that the viewer muted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ListedFor {
    /// The viewer; without one no user is hidden.
    pub viewer: Option<UserId>,
    /// Whether muted users are listed.
    pub include_muted: bool,
    /// This user is listed whatever the relation: the call names them.
    pub shown: Option<UserId>,
}

impl ListedFor {
    /// With the defaults of the API.
    pub fn viewer(viewer: UserId) -> Self {
        Self {
            viewer: Some(viewer),
            ..Self::default()
        }
    }
}

/// Users that a viewer muted, and users in a block with the viewer, in either direction.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hidden {
    /// Muted by the viewer.
    pub muted: Vec<UserId>,
    /// One of the two blocks the other.
    pub blocked: Vec<UserId>,
}

#[cfg(test)]
mod tests {
    use super::*;

    type Question = fn(Relationship) -> bool;

    /// The rows of the table above: what is asked, and the answer for a stranger and for its three columns.
    #[rustfmt::skip]
    const ROWS: &[(&str, Question, [bool; 4])] = &[
        ("named profile", |of| shows_profile(of, Occasion::Named), [true, false, true, true]),
        ("listed profile", |of| shows_profile(of, Occasion::Listed), [true, false, false, true]),
        ("embedded profile", |of| shows_profile(of, Occasion::Embedded), [true, false, false, true]),
        ("presence", shows_presence, [true, false, false, true]),
        ("named words", |of| shows_words(of, Occasion::Named, false), [true, true, true, true]),
        ("listed words", |of| shows_words(of, Occasion::Listed, false), [true, false, false, false]),
        ("listed words, muted too", |of| shows_words(of, Occasion::Listed, true), [true, false, false, true]),
        ("embedded words", |of| shows_words(of, Occasion::Embedded, false), [true, false, false, false]),
        ("acts", |of| shows_acts(of, false), [true, false, false, false]),
        ("acts, muted too", |of| shows_acts(of, true), [true, false, false, true]),
        ("embedded words, muted too", |of| shows_words(of, Occasion::Embedded, true), [true, false, false, false]),
    ];

    #[test]
    fn the_table_holds() {
        let none = Relationship::default();
        let relations = [
            none,
            Relationship {
                blocks_you: true,
                ..none
            },
            Relationship {
                you_blocked: true,
                ..none
            },
            Relationship {
                you_muted: true,
                ..none
            },
        ];
        for (name, question, expected) in ROWS {
            assert_eq!(relations.map(*question), *expected, "{name}");
        }
    }
}
