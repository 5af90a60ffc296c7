//! Interactions, with the users that the viewer sees and with what they acted on.

use super::{Includes, Needs, Shown};
use crate::model::visibility::Occasion;
use crate::model::{Interaction, Refusal, Subject};
use crate::protocol::object::{BriefPoll, InteractionObject, SubjectObject};
use crate::protocol::render_options::RenderOptions;

/// An interaction in a list.
#[derive(Clone, Debug)]
pub(in crate::http) struct Interacted {
    interaction: Interaction,
    /// Whether it says what was acted on: not where the call does.
    shows_subject: bool,
}

impl Interacted {
    /// In a list of what was done to a user.
    pub(in crate::http) fn with_user(interaction: Interaction) -> Self {
        Self {
            interaction,
            shows_subject: true,
        }
    }

    /// In a list of what was done to a post.
    pub(in crate::http) fn with_post(interaction: Interaction) -> Self {
        Self {
            interaction,
            shows_subject: false,
        }
    }
}

impl Shown for Interacted {
    const HIDDEN: Refusal = Refusal::NotFound;
    type Object<'s> = InteractionObject<'s>;

    fn needs(&self, options: RenderOptions, needs: &mut Needs) {
        needs.users.extend(&self.interaction.users);
        match &self.interaction.subject {
            Subject::Post(post) if self.shows_subject => post.needs(options, needs),
            Subject::User(user) => needs.users.push(*user),
            Subject::Post(_) | Subject::Poll(_) => {}
        }
    }

    /// Nothing is left of an interaction of users that are all hidden; an anonymous poll never names any.
    fn object<'s>(
        &'s self,
        includes: &'s Includes<'_>,
        pagination_id: Option<i64>,
    ) -> Option<InteractionObject<'s>> {
        let Interaction {
            action,
            at,
            subject,
            users,
        } = &self.interaction;
        let users: Vec<_> = users
            .iter()
            .filter_map(|user| includes.user(*user, Occasion::Listed))
            .collect();
        let is_secret = matches!(subject, Subject::Poll(poll) if poll.is_anonymous);
        if users.is_empty() && !is_secret {
            return None;
        }
        let object = InteractionObject::new(*action, *at, pagination_id.unwrap_or(at.0), users);
        if !self.shows_subject {
            return Some(object);
        }
        Some(object.about(match subject {
            Subject::Post(post) => SubjectObject::Post(Box::new(post.object(includes, None)?)),
            Subject::User(user) => {
                SubjectObject::User(Box::new(includes.user(*user, Occasion::Listed)?))
            }
            Subject::Poll(poll) => SubjectObject::Poll(Box::new(BriefPoll::new(poll))),
        }))
    }
}
