//! A user's own stream: posts and reposts of the users that the user follows.
//!
//! Nothing is written per follower. A page asks each followed author for the newest post in its range, one look into
//! an index each, and reads on only for as many authors as the page has posts: no post of another author can be on it,
//! since each of these has one that is newer. So a page costs what its reader follows, whatever these write.

use diesel::prelude::*;

use super::super::hidden::hiding;
use super::super::schema::posts;
use super::super::statements::{
    self, EarliestOfFollowed, HeardFrom, HeardRepost, LatestOfFollowed,
};
use super::super::{Db, Failure};
use super::PostFilter;
use super::lists::PostList;
use crate::model::{PageRequest, Post, UserId};

impl Db<'_> {
    /// Ids of a page of the stream, in the order of the request; `mentions`: with posts that mention the user.
    pub(super) fn home_ids(
        &mut self,
        user: UserId,
        mentions: bool,
        request: &PageRequest,
    ) -> Result<Vec<i64>, Failure> {
        let count = usize::from(request.count);
        let heads = self.heads(user, request)?;
        // As many posts as the page can hold are at these heads: nothing beyond the last is on it.
        let limit = heads.get(count.saturating_sub(1)).map(|(_, head)| *head);
        let (mut low, mut high) = (request.low(), request.high());
        match (limit, request.oldest) {
            (Some(limit), false) => low = low.max(limit),
            (Some(limit), true) => high = high.min(limit),
            (None, _) => {}
        }
        let mut ids = Vec::new();
        for (author, _) in heads {
            let query = posts::table
                .filter(posts::user_id.eq(author))
                .filter(posts::id.between(low, high))
                .limit(i64::from(request.count))
                .select(posts::id);
            ids.extend(match request.oldest {
                true => query.order(posts::id.asc()).load::<i64>(self.sql)?,
                false => query.order(posts::id.desc()).load::<i64>(self.sql)?,
            });
        }
        if mentions {
            ids.extend(self.mentioning(user, true, request)?);
        }
        ids.sort_unstable();
        if !request.oldest {
            ids.reverse();
        }
        ids.dedup();
        ids.truncate(count);
        Ok(ids)
    }

    /// Authors with a post in the range, each with the first of it; as many as the page has posts, first ones first.
    fn heads(&mut self, user: UserId, request: &PageRequest) -> Result<Vec<(i64, i64)>, Failure> {
        let binds = [
            request.low().into(),
            request.high().into(),
            user.0.into(),
            request.low().into(),
            request.high().into(),
            user.0.into(),
            i64::from(request.count).into(),
        ];
        Ok(match request.oldest {
            false => statements::query::<LatestOfFollowed>(&binds).load(self.sql)?,
            true => statements::query::<EarliestOfFollowed>(&binds).load(self.sql)?,
        })
    }

    /// The users by whom what a repost shows was on the streams of their followers already: `is_news` for all
    /// streams at once.
    pub fn heard_from(&mut self, repost: &Post) -> Result<Vec<UserId>, Failure> {
        let Some(original) = repost.repost_of else {
            return Ok(Vec::new());
        };
        let since = PostFilter::recent(repost.created_at);
        let binds = [
            original.0.into(),
            repost.id.0.into(),
            original.0.into(),
            since.0.into(),
        ];
        let users = statements::query::<HeardFrom>(&binds);
        let users = users.load::<i64>(self.sql)?.into_iter();
        Ok(users.map(UserId).collect())
    }

    /// On a user's own stream a repost is left out if its post was there within a week before, itself or by another
    /// repost that is not hidden.
    pub(super) fn is_news(
        &mut self,
        list: &PostList,
        filter: &PostFilter,
        post: &Post,
        original: Option<&Post>,
    ) -> Result<bool, Failure> {
        let (PostList::Home(user, _), Some(original)) = (list, original) else {
            return Ok(true);
        };
        let since = PostFilter::recent(post.created_at);
        let [viewer, hides, again] = hiding(filter.listed_for);
        let binds = [
            original.id.0.into(),
            post.id.0.into(),
            original.id.0.into(),
            since.0.into(),
            viewer,
            hides,
            again,
            user.0.into(),
            user.0.into(),
        ];
        let heard = statements::query::<HeardRepost>(&binds);
        Ok(heard.get_result::<i64>(self.sql).optional()?.is_none())
    }
}
