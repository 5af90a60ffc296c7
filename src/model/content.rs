//! Rich text as stored and shown. The module `text` produces it.

use serde::{Deserialize, Serialize};

use super::UserId;

/// A text with its rendered form and its entities.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Content {
    /// The final text, links resolved.
    pub text: String,
    /// Safe html.
    pub html: String,
    /// Positions count Unicode code points.
    pub entities: Entities,
}

/// The entities of a text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = Entities)]
pub struct Entities {
    /// Inline and markdown links.
    pub links: Vec<Link>,
    /// Existing users.
    pub mentions: Vec<Mention>,
    /// Hash tags.
    pub tags: Vec<Tag>,
}

/// A link in a text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = LinkEntity)]
pub struct Link {
    /// Markdown links only: length with the appended ` [domain]`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub amended_len: Option<usize>,
    /// Length of the anchor.
    pub len: usize,
    /// Code point index in the final text.
    pub pos: usize,
    /// The piece of text, with ` [domain]` if one was appended.
    pub text: String,
    /// Markdown links with a title only.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub title: Option<String>,
    /// Absolute.
    pub url: String,
}

/// An existing user named in a text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = MentionEntity)]
pub struct Mention {
    /// The user.
    pub id: UserId,
    /// A copy mention (`/@name`).
    #[serde(skip_serializing_if = "is_false", default)]
    pub is_copy: bool,
    /// Only mentions and non-word characters precede it.
    #[serde(skip_serializing_if = "is_false", default)]
    pub is_leading: bool,
    /// With the `@`.
    pub len: usize,
    /// Code point index in the final text.
    pub pos: usize,
    /// As typed, without the `@`.
    pub text: String,
}

/// A hash tag.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = TagEntity)]
pub struct Tag {
    /// With the `#`.
    pub len: usize,
    /// Code point index in the final text.
    pub pos: usize,
    /// As written, without the `#`.
    pub text: String,
}

fn is_false(flag: &bool) -> bool {
    !flag
}
