//! Interactions: what users do to others is noted with the write that does it, and taken away with the one that
//! undoes it.

mod lists;

use std::time::Duration;

use diesel::prelude::*;

use super::schema::{interaction_acts as acts, interactions};
use super::{Db, Failure, Tx};
use crate::model::{Action, PollId, PostId, UserId};

/// What is alike within this time is one interaction.
const TOGETHER: Duration = Duration::from_secs(24 * 3600);
/// Acts that one transaction removes: each is a row in a table and in an index.
const REMOVED_AT_ONCE: i64 = 500;

/// What was acted on, and by what the act is found again.
#[derive(Clone, Copy, Debug)]
pub(super) enum Deed {
    /// A post was bookmarked.
    Bookmark(PostId),
    /// A post was reposted.
    Repost(PostId),
    /// A post was answered by another.
    Reply { to: PostId, reply: PostId },
    /// A user is followed.
    Follow(UserId),
    /// A poll was answered.
    Answer {
        poll: PollId,
        /// It is not kept who it was.
        is_anonymous: bool,
    },
}

/// What an interaction is about, as its row names it.
struct About {
    post: Option<i64>,
    poll: Option<i64>,
}

impl Deed {
    fn action(self) -> Action {
        match self {
            Self::Bookmark(_) => Action::Bookmark,
            Self::Repost(_) => Action::Repost,
            Self::Reply { .. } => Action::Reply,
            Self::Follow(_) => Action::Follow,
            Self::Answer { .. } => Action::PollResponse,
        }
    }

    fn about(self) -> About {
        let (mut post, mut poll) = (None, None);
        match self {
            Self::Bookmark(id) | Self::Repost(id) | Self::Reply { to: id, .. } => post = Some(id.0),
            Self::Answer { poll: id, .. } => poll = Some(id.0),
            Self::Follow(_) => {}
        }
        About { post, poll }
    }

    /// Whether it is kept who did it.
    fn names_user(self) -> bool {
        !matches!(self, Self::Answer { is_anonymous, .. } if is_anonymous)
    }

    fn source(self) -> i64 {
        match self {
            Self::Bookmark(post) | Self::Repost(post) | Self::Reply { reply: post, .. } => post.0,
            Self::Follow(user) => user.0,
            Self::Answer { poll, .. } => poll.0,
        }
    }
}

impl Db<'_> {
    /// Whether acts of interactions that ended are left.
    pub fn has_ended_interactions(&mut self) -> Result<bool, Failure> {
        let ended = interactions::table.filter(interactions::owner_id.is_null());
        Ok(diesel::select(diesel::dsl::exists(ended)).get_result(self.sql)?)
    }
}

impl Tx<'_> {
    /// A user did something to what is another's. What users do to themselves is no interaction.
    pub(super) fn note_deed(
        &mut self,
        owner: UserId,
        by: UserId,
        deed: Deed,
    ) -> Result<(), Failure> {
        if owner == by {
            return Ok(());
        }
        let now = self.now();
        let (action, about) = (deed.action().name(), deed.about());
        let mut last = interactions::table
            .filter(interactions::action.eq(action))
            .order(interactions::latest.desc())
            .select((interactions::id, interactions::began_at))
            .into_boxed();
        last = match (about.post, about.poll) {
            (Some(post), _) => last.filter(interactions::post_id.eq(post)),
            (None, Some(poll)) => last.filter(interactions::poll_id.eq(poll)),
            (None, None) => last.filter(interactions::owner_id.eq(owner.0)),
        };
        let last = last.first::<(i64, i64)>(self.sql).optional()?;
        let since = now.minus(TOGETHER);
        let id = match last.filter(|(_, began_at)| *began_at > since.0) {
            Some((id, _)) => {
                diesel::update(interactions::table.find(id))
                    .set(interactions::latest.eq(now.0))
                    .execute(self.sql)?;
                id
            }
            None => diesel::insert_into(interactions::table)
                .values((
                    interactions::owner_id.eq(owner.0),
                    interactions::action.eq(action),
                    interactions::post_id.eq(about.post),
                    interactions::poll_id.eq(about.poll),
                    interactions::began_at.eq(now.0),
                    interactions::latest.eq(now.0),
                ))
                .returning(interactions::id)
                .get_result::<i64>(self.sql)?,
        };
        if !deed.names_user() {
            return Ok(());
        }
        diesel::insert_into(acts::table)
            .values((
                acts::interaction_id.eq(id),
                acts::at.eq(now.0),
                acts::user_id.eq(by.0),
                acts::source_id.eq(deed.source()),
            ))
            .execute(self.sql)?;
        Ok(())
    }

    /// It was undone.
    pub(super) fn undo_deed(&mut self, by: UserId, deed: Deed) -> Result<(), Failure> {
        let noted = acts::table
            .inner_join(interactions::table)
            .filter(acts::user_id.eq(by.0))
            .filter(acts::source_id.eq(deed.source()))
            .filter(interactions::action.eq(deed.action().name()))
            .select((acts::interaction_id, acts::at))
            .load::<(i64, i64)>(self.sql)?;
        for (id, at) in noted {
            diesel::delete(acts::table.find((id, at))).execute(self.sql)?;
            let latest = acts::table
                .filter(acts::interaction_id.eq(id))
                .order(acts::at.desc())
                .select(acts::at)
                .first::<i64>(self.sql)
                .optional()?;
            let interaction = interactions::table.find(id);
            match latest {
                Some(latest) => diesel::update(interaction)
                    .set(interactions::latest.eq(latest))
                    .execute(self.sql)?,
                None => diesel::delete(interaction).execute(self.sql)?,
            };
        }
        Ok(())
    }

    /// A post is gone, and so is what was done to it. The acts go later ([`Self::remove_some_acts`]): a post may have very
    /// many.
    pub(super) fn end_interactions(&mut self, post: PostId) -> Result<(), Failure> {
        let of_post = interactions::table.filter(interactions::post_id.eq(post.0));
        diesel::update(of_post)
            .set((
                interactions::owner_id.eq(None::<i64>),
                interactions::post_id.eq(None::<i64>),
            ))
            .execute(self.sql)?;
        Ok(())
    }

    /// The same of a poll.
    pub(super) fn end_answers(&mut self, poll: PollId) -> Result<(), Failure> {
        let of_poll = interactions::table.filter(interactions::poll_id.eq(poll.0));
        diesel::update(of_poll)
            .set((
                interactions::owner_id.eq(None::<i64>),
                interactions::poll_id.eq(None::<i64>),
            ))
            .execute(self.sql)?;
        Ok(())
    }

    /// Removes acts of interactions that ended. Whether there was something to do.
    pub fn remove_some_acts(&mut self) -> Result<bool, Failure> {
        let ended = interactions::table
            .filter(interactions::owner_id.is_null())
            .select(interactions::id)
            .first::<i64>(self.sql)
            .optional()?;
        let Some(id) = ended else {
            return Ok(false);
        };
        let some = acts::table
            .filter(acts::interaction_id.eq(id))
            .order(acts::at)
            .limit(REMOVED_AT_ONCE)
            .select(acts::at)
            .load::<i64>(self.sql)?;
        match some.last() {
            Some(last) => {
                let up_to = acts::table
                    .filter(acts::interaction_id.eq(id))
                    .filter(acts::at.le(*last));
                diesel::delete(up_to).execute(self.sql)?;
            }
            None => {
                diesel::delete(interactions::table.find(id)).execute(self.sql)?;
            }
        }
        Ok(true)
    }
}
