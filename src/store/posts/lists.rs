//! Lists of posts: of an author, a thread, a tag, of everybody; those that mention a user.

use std::collections::{HashMap, HashSet};

use diesel::dsl::{exists, sql};
use diesel::prelude::*;
use diesel::sql_types::Bool;
use diesel::sqlite::Sqlite;

use super::super::pages::gather;
use super::super::schema::{bookmarks, clients, post_mentions, post_tags, posts, relations};
use super::super::{Db, Failure};
use super::{Found, WithClient, found, into_model};
use crate::model::{Page, PageRequest, Post, PostId, Relation, Stamp, UserId};

/// Most ids in a page's hints about deleted and revised posts.
const MOST_HINTS: i64 = 1000;

/// Which posts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PostList {
    /// Posts of people, without reposts.
    Global,
    /// Posts and reposts of an author.
    By(UserId),
    /// A thread, named by its root.
    Thread(PostId),
    /// With a tag, folded; without reposts.
    Tagged(String),
    /// That mention a user; `false`: without those that only copy-mention.
    Mentioning(UserId, bool),
    /// Posts and reposts of a user and of those that the user follows; `true`: and what mentions the user.
    Home(UserId, bool),
}

/// What a list of posts leaves out.
#[derive(Clone, Debug)]
pub struct PostFilter {
    /// Deleted posts too.
    pub include_deleted: bool,
    /// Replies too.
    pub include_replies: bool,
    /// Posts that mention users too.
    pub include_mention_posts: bool,
    /// `Some`: of the posts that begin with mentions only those of this user, and those that mention someone who
    /// the user follows.
    pub undirected_for: Option<UserId>,
    /// Nothing by these authors, reposts of them included.
    pub hidden: HashSet<UserId>,
}

impl Default for PostFilter {
    /// The defaults of the API.
    fn default() -> Self {
        Self {
            include_deleted: true,
            include_replies: true,
            include_mention_posts: true,
            undirected_for: None,
            hidden: HashSet::new(),
        }
    }
}

/// A post by its pagination id, with whether the filter keeps it.
type Judged = (i64, (Post, bool));

type Condition<'q> = Box<dyn BoxableExpression<WithClient, Sqlite, SqlType = Bool> + 'q>;

impl Db<'_> {
    /// A page of a list, newest first. Its cost grows with the page, and with what the filter leaves out of it.
    pub fn post_page(
        &mut self,
        list: &PostList,
        filter: &PostFilter,
        request: &PageRequest,
    ) -> Result<Page<Post>, Failure> {
        let page = gather(
            request,
            |step| {
                let rows = self.post_step(list, step)?;
                self.keep_posts(filter, list, rows)
            },
            |(_, is_kept)| Ok(*is_kept),
        )?;
        Ok(page.map(|(post, _)| post))
    }

    fn post_step(&mut self, list: &PostList, request: &PageRequest) -> Result<Vec<Post>, Failure> {
        match list {
            PostList::Global => self.post_rows(
                Box::new(posts::repost_of.is_null().and(posts::is_human)),
                request,
            ),
            PostList::By(user) => self.post_rows(Box::new(posts::user_id.eq(user.0)), request),
            PostList::Thread(root) => {
                self.post_rows(Box::new(posts::thread_id.eq(root.0)), request)
            }
            PostList::Tagged(tag) => {
                let mut query = post_tags::table
                    .filter(post_tags::tag.eq(tag))
                    .filter(post_tags::post_id.between(request.low(), request.high()))
                    .limit(i64::from(request.count))
                    .select(post_tags::post_id)
                    .into_boxed();
                query = match request.oldest {
                    true => query.order(post_tags::post_id.asc()),
                    false => query.order(post_tags::post_id.desc()),
                };
                let ids = query.load::<i64>(self.sql)?;
                self.posts_in_order(&ids)
            }
            PostList::Mentioning(user, copies) => {
                let ids = self.mentioning(*user, *copies, request)?;
                self.posts_in_order(&ids)
            }
            PostList::Home(user, mentions) => {
                let ids = self.home_ids(*user, *mentions, request)?;
                self.posts_in_order(&ids)
            }
        }
    }

    /// Ids of posts that mention a user, in the order of the request.
    pub(super) fn mentioning(
        &mut self,
        user: UserId,
        copies: bool,
        request: &PageRequest,
    ) -> Result<Vec<i64>, Failure> {
        let mut query = post_mentions::table
            .filter(post_mentions::user_id.eq(user.0))
            .filter(post_mentions::post_id.between(request.low(), request.high()))
            .limit(i64::from(request.count))
            .select(post_mentions::post_id)
            .into_boxed();
        if !copies {
            query = query.filter(post_mentions::is_copy.eq(false));
        }
        query = match request.oldest {
            true => query.order(post_mentions::post_id.asc()),
            false => query.order(post_mentions::post_id.desc()),
        };
        Ok(query.load::<i64>(self.sql)?)
    }

    fn post_rows(
        &mut self,
        which: Condition<'_>,
        request: &PageRequest,
    ) -> Result<Vec<Post>, Failure> {
        let mut query = posts::table
            .inner_join(clients::table)
            .filter(which)
            .filter(posts::id.between(request.low(), request.high()))
            .limit(i64::from(request.count))
            .select(found!())
            .into_boxed();
        query = match request.oldest {
            true => query.order(posts::id.asc()),
            false => query.order(posts::id.desc()),
        };
        let rows = query.load::<Found>(self.sql)?;
        rows.into_iter().map(into_model).collect()
    }

    fn posts_in_order(&mut self, ids: &[i64]) -> Result<Vec<Post>, Failure> {
        let wanted: Vec<PostId> = ids.iter().copied().map(PostId).collect();
        let mut found = self.posts(&wanted)?;
        Ok(wanted.iter().filter_map(|id| found.remove(id)).collect())
    }

    /// Each post with whether the filter keeps it.
    fn keep_posts(
        &mut self,
        filter: &PostFilter,
        list: &PostList,
        rows: Vec<Post>,
    ) -> Result<Vec<Judged>, Failure> {
        let reposted: Vec<PostId> = rows.iter().filter_map(|post| post.repost_of).collect();
        let originals = match reposted.is_empty() {
            true => HashMap::new(),
            false => self.posts(&reposted)?,
        };
        let mut kept = Vec::with_capacity(rows.len());
        for post in rows {
            let original = post.repost_of.and_then(|id| originals.get(&id));
            let is_kept = filter.keeps(&post, original)
                && self.is_addressed(filter, &post)?
                && self.is_news(list, &post, original)?;
            kept.push((post.id.0, (post, is_kept)));
        }
        Ok(kept)
    }

    /// Of the posts that begin with mentions, see [`PostFilter::undirected_for`].
    fn is_addressed(&mut self, filter: &PostFilter, post: &Post) -> Result<bool, Failure> {
        let Some(viewer) = filter
            .undirected_for
            .filter(|viewer| *viewer != post.user_id)
        else {
            return Ok(true);
        };
        let mentions = post.content.entities.mentions.iter();
        let addressed: Vec<UserId> = mentions
            .filter(|mention| mention.is_leading)
            .map(|mention| mention.id)
            .collect();
        if addressed.is_empty() || addressed.contains(&viewer) {
            return Ok(true);
        }
        let relations = self.relationships(viewer, &addressed)?;
        Ok(relations.values().any(|relation| relation.you_follow))
    }

    /// Ids of posts of a list that were deleted, and of those that were revised, after the post `since` was written, at
    /// whatever position. Rising ids, the latest thousand of each.
    pub fn post_hints(
        &mut self,
        list: &PostList,
        filter: &PostFilter,
        since: PostId,
    ) -> Result<(Vec<PostId>, Vec<PostId>), Failure> {
        let created_at = posts::table
            .filter(posts::id.le(since.0))
            .order(posts::id.desc())
            .select(posts::created_at)
            .first::<i64>(self.sql)
            .optional()?
            .unwrap_or(0);
        let of_list = || -> Condition<'_> {
            match list {
                PostList::Global => Box::new(posts::repost_of.is_null().and(posts::is_human)),
                PostList::By(user) => Box::new(posts::user_id.eq(user.0)),
                PostList::Thread(root) => Box::new(posts::thread_id.eq(root.0)),
                PostList::Mentioning(user, _) => Box::new(exists(
                    post_mentions::table
                        .filter(post_mentions::user_id.eq(user.0))
                        .filter(post_mentions::post_id.eq(posts::id)),
                )),
                PostList::Home(user, _) => Box::new(
                    posts::user_id.eq(user.0).or(exists(
                        relations::table
                            .filter(relations::user_id.eq(user.0))
                            .filter(relations::kind.eq(Relation::Follow.name()))
                            .filter(relations::other_id.eq(posts::user_id)),
                    )),
                ),
                // A deleted post has no tags any more.
                PostList::Tagged(_) => Box::new(sql::<Bool>("FALSE")),
            }
        };
        let changed = || {
            posts::table
                .inner_join(clients::table)
                .filter(of_list())
                .limit(MOST_HINTS)
                .select((posts::id, posts::user_id))
        };
        let deleted = changed()
            .filter(posts::deleted_at.assume_not_null().gt(created_at))
            .order(posts::deleted_at.desc())
            .load::<(i64, i64)>(self.sql)?;
        let revised = changed()
            .filter(posts::revised_at.assume_not_null().gt(created_at))
            .filter(posts::deleted_at.is_null())
            .order(posts::revised_at.desc())
            .load::<(i64, i64)>(self.sql)?;
        let sorted = |changed: Vec<(i64, i64)>| {
            let seen = changed.into_iter();
            let seen = seen.filter(|(_, author)| !filter.hidden.contains(&UserId(*author)));
            let mut ids: Vec<PostId> = seen.map(|(id, _)| PostId(id)).collect();
            ids.sort_unstable();
            ids
        };
        Ok((sorted(deleted), sorted(revised)))
    }

    /// Posts that a user bookmarked, latest bookmark first, each with the user's note; paginated by bookmark.
    pub fn bookmark_page(
        &mut self,
        user: UserId,
        filter: &PostFilter,
        request: &PageRequest,
    ) -> Result<Page<(Post, Option<String>)>, Failure> {
        let mut step = |next: &PageRequest| {
            let mut query = bookmarks::table
                .filter(bookmarks::user_id.eq(user.0))
                .filter(bookmarks::id.between(next.low(), next.high()))
                .limit(i64::from(next.count))
                .select((bookmarks::id, bookmarks::post_id, bookmarks::note))
                .into_boxed();
            query = match next.oldest {
                true => query.order(bookmarks::id.asc()),
                false => query.order(bookmarks::id.desc()),
            };
            let marks = query.load::<(i64, i64, Option<String>)>(self.sql)?;
            let ids: Vec<PostId> = marks.iter().map(|(_, post, _)| PostId(*post)).collect();
            let mut found = self.posts(&ids)?;
            let marks = marks.into_iter();
            Ok(marks
                .filter_map(|(id, post, note)| Some((id, (found.remove(&PostId(post))?, note))))
                .collect())
        };
        gather(request, &mut step, |(post, _): &(Post, _)| {
            Ok(filter.keeps(post, None))
        })
    }
}

impl PostFilter {
    /// What can be said without asking the database.
    fn keeps(&self, post: &Post, original: Option<&Post>) -> bool {
        let is_hidden = |user: &UserId| self.hidden.contains(user);
        // A repost of a deleted post is gone, and so is a deleted repost.
        let is_gone = post.repost_of.is_some()
            && (post.is_deleted() || original.is_none_or(Post::is_deleted));
        !is_gone
            && (self.include_deleted || !post.is_deleted())
            && (self.include_replies || post.reply_to.is_none())
            && (self.include_mention_posts || post.content.entities.mentions.is_empty())
            && !is_hidden(&post.user_id)
            && !original.is_some_and(|original| is_hidden(&original.user_id))
    }

    /// The time from which on a repost of the same post is not news.
    pub(super) fn recent(at: Stamp) -> Stamp {
        const WEEK: std::time::Duration = std::time::Duration::from_secs(7 * 24 * 3600);
        at.minus(WEEK)
    }
}
