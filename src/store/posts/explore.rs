//! Streams of posts for those who look around: conversations, posts that nobody reacted to, posts that many react to.
//! The other streams of that kind are searches.

use std::sync::Arc;

use diesel::prelude::*;

use super::super::pages::{Candidate, gather, gather_found};
use super::super::statements::{self, MissedPosts, MissedPostsUpwards, TrendingPosts};
use super::super::{Db, Failure};
use super::PostFilter;
use super::lists::{Judged, PostList};
use crate::model::{Bound, Page, PageRequest, Post, PostId, Stamp};

/// The newest posts, and the newest bookmarks, whose reactions count.
const REACTIONS: i64 = 5000;
/// Posts on the list of those that trend.
const TRENDING: i64 = 500;
/// Pagination id of the first of them.
const FIRST: i64 = 1_000_000_000;
/// Places of posts that nobody reacted to are below.
const PLACES: i64 = 1 << 40;

/// Posts that many react to, most first. Made now and then for all viewers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trending(Arc<[PostId]>);

/// Which stream.
#[derive(Clone, Debug)]
pub enum ExploreStream {
    /// Threads that begin to get replies by others; the latest of these first.
    Conversations,
    /// Posts that nobody reacted to, in an order that looks random. A first page begins at this place; see
    /// [`ExploreStream::missed`].
    Missed(i64),
    /// Posts that many react to.
    Trending(Trending),
}

impl ExploreStream {
    /// Posts that nobody reacted to, from any place on that leaves half of them behind it.
    pub fn missed() -> Self {
        Self::Missed(PLACES - 1 - i64::from(rand::random::<u32>()) * (PLACES / 2 / (1 << 32)))
    }
}

impl Db<'_> {
    /// The posts of people since a moment that most other users reacted to lately.
    pub fn trending(&mut self, since: Stamp) -> Result<Trending, Failure> {
        let binds = [
            REACTIONS.into(),
            REACTIONS.into(),
            since.0.into(),
            TRENDING.into(),
        ];
        let ids: Vec<i64> = statements::query::<TrendingPosts>(&binds).load(self.sql)?;
        Ok(Trending(ids.into_iter().map(PostId).collect()))
    }

    /// A page of a stream.
    pub fn explore_page(
        &mut self,
        stream: &ExploreStream,
        filter: &PostFilter,
        request: &PageRequest,
    ) -> Result<Page<Post>, Failure> {
        match stream {
            ExploreStream::Conversations => self.explore_by(filter, request, Self::conversations),
            ExploreStream::Missed(start) => self.missed_page(*start, filter, request),
            ExploreStream::Trending(trending) => {
                let keys = (0..).map(|n| FIRST - n).zip(trending.0.iter());
                let found = keys.map(|(key, id)| Candidate { key, id: id.0 });
                let in_range = request.low()..=request.high();
                let mut found: Vec<Candidate> =
                    found.filter(|one| in_range.contains(&one.key)).collect();
                if request.oldest {
                    found.reverse();
                }
                let page = gather_found(
                    request,
                    &found,
                    |step| {
                        let keyed = step.iter().map(|one| (one.key, PostId(one.id)));
                        self.judged(filter, keyed.collect())
                    },
                    |(_, is_kept)| Ok(*is_kept),
                )?;
                Ok(page.map(|(post, _)| post))
            }
        }
    }

    fn missed_page(
        &mut self,
        start: i64,
        filter: &PostFilter,
        request: &PageRequest,
    ) -> Result<Page<Post>, Failure> {
        if request.since.is_none() && request.before.is_none() && !request.oldest {
            let before = Some(Bound {
                id: start,
                inclusive: true,
            });
            let page =
                self.explore_by(filter, &PageRequest { before, ..*request }, Self::missed)?;
            if page.more {
                return Ok(page);
            }
            // There are few: all of them are one list.
        }
        self.explore_by(filter, request, Self::missed)
    }

    fn missed(&mut self, request: &PageRequest) -> Result<Vec<(i64, PostId)>, Failure> {
        let binds = [
            request.low().into(),
            request.high().into(),
            i64::from(request.count).into(),
        ];
        let rows: Vec<(i64, i64)> = match request.oldest {
            true => statements::query::<MissedPostsUpwards>(&binds).load(self.sql)?,
            false => statements::query::<MissedPosts>(&binds).load(self.sql)?,
        };
        Ok(rows
            .into_iter()
            .map(|(key, id)| (key, PostId(id)))
            .collect())
    }

    fn explore_by(
        &mut self,
        filter: &PostFilter,
        request: &PageRequest,
        fetch: impl Fn(&mut Self, &PageRequest) -> Result<Vec<(i64, PostId)>, Failure>,
    ) -> Result<Page<Post>, Failure> {
        let page = gather(
            request,
            |step| {
                let keyed = fetch(self, step)?;
                self.judged(filter, keyed)
            },
            |(_, is_kept)| Ok(*is_kept),
        )?;
        Ok(page.map(|(post, _)| post))
    }

    /// Posts under the pagination ids of a stream, each with whether it is shown: deleted ones are not.
    fn judged(
        &mut self,
        filter: &PostFilter,
        keyed: Vec<(i64, PostId)>,
    ) -> Result<Vec<Judged>, Failure> {
        let ids: Vec<i64> = keyed.iter().map(|(_, id)| id.0).collect();
        let rows = self.posts_in_order(&ids)?;
        // In the same order, and each is there: rows of posts are never removed.
        let judged = self.keep_posts(filter, &PostList::Global, rows)?;
        Ok(keyed
            .into_iter()
            .zip(judged)
            .map(|((key, _), (_, (post, is_kept)))| {
                let is_kept = is_kept && !post.is_deleted();
                (key, (post, is_kept))
            })
            .collect())
    }
}
