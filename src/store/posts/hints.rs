//! What a page says about posts that were deleted or revised since an earlier page was read.

use crate::store::connect::Backend;
use diesel::dsl::exists;
use diesel::prelude::*;
use diesel::sql_types::Bool;

use super::super::schema::{post_mentions, post_tags, posts, relations};
use super::super::{Db, Failure};
use super::{PostFilter, PostList};
use crate::model::{PostId, Relation, UserId};

/// Most ids of a kind.
const MOST: i64 = 1000;

/// Newest changes of the whole server that are looked at: a list of many authors is found among them only.
const EXAMINED: i64 = 10_000;

type Condition<'q> = Box<dyn BoxableExpression<posts::table, Backend, SqlType = Bool> + 'q>;

/// Ids of posts that changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PostHints {
    /// Deleted ones, rising.
    pub deleted: Vec<PostId>,
    /// Revised ones, rising.
    pub revised: Vec<PostId>,
}

impl Db<'_> {
    /// Posts of a list that were deleted or revised after the post `since` was written, at whatever position: the latest
    /// thousand of each, without those of hidden authors.
    pub fn post_hints(
        &mut self,
        list: &PostList,
        filter: &PostFilter,
        since: PostId,
    ) -> Result<PostHints, Failure> {
        let written = posts::table
            .filter(posts::id.le(since.0))
            .order(posts::id.desc())
            .select(posts::created_at)
            .first::<i64>(self.sql)
            .optional()?
            .unwrap_or(0);
        let of_list = || {
            let changed = posts::table.filter(belongs(list)).limit(MOST);
            changed.select((posts::id, posts::user_id))
        };
        let examined = self.examined_deletions()?;
        let deleted = of_list()
            .filter(posts::deleted_at.gt(written.max(examined)))
            .order(posts::deleted_at.desc())
            .load::<(i64, i64)>(self.sql)?;
        let examined = self.examined_revisions()?;
        let revised = of_list()
            .filter(posts::revised_at.gt(written.max(examined)))
            .filter(posts::deleted_at.is_null())
            .order(posts::revised_at.desc())
            .load::<(i64, i64)>(self.sql)?;
        let authors = deleted.iter().chain(&revised);
        let authors = authors.map(|(_, author)| UserId(*author));
        let hidden = self.hidden_authors(filter, authors)?;
        let seen = |changed: Vec<(i64, i64)>| {
            let seen = changed.into_iter();
            let seen = seen.filter(|(_, author)| !hidden.contains(&UserId(*author)));
            let mut ids: Vec<PostId> = seen.map(|(id, _)| PostId(id)).collect();
            ids.sort_unstable();
            ids
        };
        Ok(PostHints {
            deleted: seen(deleted),
            revised: seen(revised),
        })
    }

    /// The time before the first of the deletions that are looked at.
    fn examined_deletions(&mut self) -> Result<i64, Failure> {
        let before = posts::table
            .filter(posts::deleted_at.is_not_null())
            .order(posts::deleted_at.desc())
            .offset(EXAMINED)
            .select(posts::deleted_at.assume_not_null())
            .first::<i64>(self.sql);
        Ok(before.optional()?.unwrap_or(0))
    }

    /// The same of revisions.
    fn examined_revisions(&mut self) -> Result<i64, Failure> {
        let before = posts::table
            .filter(posts::revised_at.is_not_null())
            .order(posts::revised_at.desc())
            .offset(EXAMINED)
            .select(posts::revised_at.assume_not_null())
            .first::<i64>(self.sql);
        Ok(before.optional()?.unwrap_or(0))
    }
}

/// Whether a post was on the list, as far as that can still be said.
fn belongs(list: &PostList) -> Condition<'_> {
    let mentions = |user: &UserId| {
        exists(
            post_mentions::table
                .filter(post_mentions::user_id.eq(user.0))
                .filter(post_mentions::post_id.eq(posts::id)),
        )
    };
    let own_or_followed = |user: &UserId| {
        posts::user_id.eq(user.0).or(exists(
            relations::table
                .filter(relations::user_id.eq(user.0))
                .filter(relations::kind.eq(Relation::Follow.name()))
                .filter(relations::other_id.eq(posts::user_id)),
        ))
    };
    match list {
        PostList::Global => Box::new(posts::repost_of.is_null().and(posts::is_human)),
        PostList::By(user) => Box::new(posts::user_id.eq(user.0)),
        PostList::Thread(root) => Box::new(posts::thread_id.eq(root.0)),
        PostList::Mentioning(user, _) => Box::new(mentions(user)),
        PostList::Home(user, false) => Box::new(own_or_followed(user)),
        PostList::Home(user, true) => Box::new(own_or_followed(user).or(mentions(user))),
        // A revision keeps the tags. A deleted post has none any more.
        PostList::Tagged(tag) => Box::new(exists(
            post_tags::table
                .filter(post_tags::tag.eq(tag))
                .filter(post_tags::post_id.eq(posts::id)),
        )),
    }
}
