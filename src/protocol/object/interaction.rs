//! The interaction object.

use serde::Serialize;

use super::{BriefPoll, PostObject, UserObject, iso, text};
use crate::model::{Action, Stamp};

/// What others did to the same thing within a day or so.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Interaction)]
pub struct InteractionObject<'a> {
    #[serde(serialize_with = "text")]
    #[schema(value_type = String)]
    pagination_id: i64,
    #[serde(serialize_with = "iso")]
    event_date: Stamp,
    action: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<SubjectObject<'_>>>)]
    objects: Option<[SubjectObject<'a>; 1]>,
    users: Vec<UserObject<'a>>,
}

/// What was acted on.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[serde(untagged)]
#[schema(as = InteractionSubject)]
pub enum SubjectObject<'a> {
    /// A post.
    Post(Box<PostObject<'a>>),
    /// A user.
    User(Box<UserObject<'a>>),
    /// A poll, in short.
    Poll(Box<BriefPoll<'a>>),
}

impl<'a> InteractionObject<'a> {
    /// Without what was acted on: where the call names it.
    pub fn new(action: Action, at: Stamp, pagination_id: i64, users: Vec<UserObject<'a>>) -> Self {
        Self {
            pagination_id,
            event_date: at,
            action: action.name(),
            objects: None,
            users,
        }
    }

    /// With what was acted on.
    #[must_use]
    pub fn about(mut self, subject: SubjectObject<'a>) -> Self {
        self.objects = Some([subject]);
        self
    }
}
