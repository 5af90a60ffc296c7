//! Polls with their creators and what the viewer answered.

use super::{Includes, Needs, Shown};
use crate::model::visibility::Occasion;
use crate::model::{Poll, PollDoor, Refusal};
use crate::protocol::object::{BriefPoll, PollObject};
use crate::protocol::render_options::RenderOptions;

/// A poll that the caller may read.
#[derive(Clone, Debug)]
pub(in crate::http) struct OpenedPoll {
    /// The poll.
    pub(in crate::http) poll: Poll,
    /// Why.
    pub(in crate::http) door: PollDoor,
}

impl Shown for OpenedPoll {
    const HIDDEN: Refusal = Refusal::PollNotFound;
    type Object<'s> = PollObject<'s>;

    fn needs(&self, options: RenderOptions, needs: &mut Needs) {
        if options.user {
            needs.users.push(self.poll.user_id);
        }
        needs.polls.push(self.poll.id);
        // Closed and not anonymous: it names some of the users that answered.
        let tallies = self.poll.results.iter().flatten();
        needs
            .respondents
            .extend(tallies.flat_map(|tally| &tally.sample));
    }

    fn object<'s>(
        &'s self,
        includes: &'s Includes<'_>,
        pagination_id: Option<i64>,
    ) -> Option<PollObject<'s>> {
        let polls = includes.polls();
        let creator = includes.user(self.poll.user_id, Occasion::Embedded);
        let shows = |user| polls.shows(user);
        let (options, site) = (includes.options(), includes.site());
        let mut object = PollObject::new(&self.poll, creator, options, site, shows);
        if includes.viewer().is_some() {
            object = object.answered(polls.chosen(self.poll.id));
        }
        if self.door.shows_token() {
            object = object.with_token(&self.poll);
        }
        Some(match pagination_id {
            Some(id) => object.paginated(id),
            None => object,
        })
    }
}

/// A poll of the caller that was answered, in short.
#[derive(Clone, Debug)]
pub(in crate::http) struct AnsweredPoll(pub(in crate::http) Poll);

impl Shown for AnsweredPoll {
    const HIDDEN: Refusal = Refusal::PollNotFound;
    type Object<'s> = BriefPoll<'s>;

    fn needs(&self, _: RenderOptions, _: &mut Needs) {}

    fn object<'s>(
        &'s self,
        _: &'s Includes<'_>,
        pagination_id: Option<i64>,
    ) -> Option<BriefPoll<'s>> {
        let object = BriefPoll::new(&self.0);
        Some(match pagination_id {
            Some(id) => object.paginated(id),
            None => object,
        })
    }
}
