//! Follows in the order of the last posts: the user that wrote last comes first.
//!
//! Nothing is kept for it, since a post would then cost its author's followers. A page asks each of the latest follows for
//! the newest post, one look into an index each.

use diesel::prelude::*;

use super::statements::{self, LastPostsOfFollowed, LastPostsOfFollowers};
use super::{Db, Failure};
use crate::model::{Page, PageRequest, UserId};

/// Follows that are looked at, the latest: as many as a page of a user's own stream is measured with.
const FOLLOWS: i64 = 5000;

impl Db<'_> {
    /// A page of the users that `user` follows (`incoming`: that follow `user`). The pagination id is that of the last post;
    /// users that wrote none come last.
    pub(super) fn follows_by_last_post(
        &mut self,
        user: UserId,
        incoming: bool,
        request: &PageRequest,
    ) -> Result<Page<UserId>, Failure> {
        let binds = [user.0.into(), FOLLOWS.into()];
        let mut rows: Vec<(i64, i64)> = if incoming {
            statements::query::<LastPostsOfFollowers>(&binds).load(self.sql)?
        } else {
            statements::query::<LastPostsOfFollowed>(&binds).load(self.sql)?
        };
        rows.retain(|(last, _)| (request.low()..=request.high()).contains(last));
        rows.sort_unstable();
        if !request.oldest {
            rows.reverse();
        }
        rows.truncate(usize::from(request.count) + 1);
        Ok(Page::of(request, rows).map(UserId))
    }
}
