//! Lists of posts: of an author, a thread, a tag, of everybody; those that mention a user.

use std::collections::{HashMap, HashSet};

use crate::store::connect::Backend;
use diesel::prelude::*;
use diesel::sql_types::Bool;

use super::super::pages::gather;
use super::super::schema::{bookmarks, clients, post_mentions, post_tags, posts};
use super::super::{Db, Failure};
use super::{Found, WithClient, found, into_model};
use crate::model::visibility::ListedFor;
use crate::model::{Page, PageRequest, Post, PostId, Stamp, UserId};

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
    /// Nothing by authors hidden from its viewer, reposts of them included.
    pub listed_for: ListedFor,
}

impl Default for PostFilter {
    /// The defaults of the API.
    fn default() -> Self {
        Self {
            include_deleted: true,
            include_replies: true,
            include_mention_posts: true,
            undirected_for: None,
            listed_for: ListedFor::default(),
        }
    }
}

/// A post by its pagination id, with whether the filter keeps it.
pub(in super::super) type Judged = (i64, (Post, bool));

type Condition<'q> = Box<dyn BoxableExpression<WithClient, Backend, SqlType = Bool> + 'q>;

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

    pub(in super::super) fn posts_in_order(&mut self, ids: &[i64]) -> Result<Vec<Post>, Failure> {
        let wanted: Vec<PostId> = ids.iter().copied().map(PostId).collect();
        let mut found = self.posts(&wanted)?;
        Ok(wanted.iter().filter_map(|id| found.remove(id)).collect())
    }

    /// Those of these posts that the filter keeps, in their order.
    pub fn kept_posts(
        &mut self,
        filter: &PostFilter,
        ids: &[PostId],
    ) -> Result<Vec<Post>, Failure> {
        let ids: Vec<i64> = ids.iter().map(|id| id.0).collect();
        let rows = self.posts_in_order(&ids)?;
        let judged = self
            .keep_posts(filter, &PostList::Global, rows)?
            .into_iter();
        let kept = judged.filter(|(_, (_, is_kept))| *is_kept);
        Ok(kept.map(|(_, (post, _))| post).collect())
    }

    /// Each post with whether the filter keeps it.
    pub(in super::super) fn keep_posts(
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
        let all = || rows.iter().chain(originals.values());
        let hidden = self.hidden_authors(filter, all().map(|post| post.user_id))?;
        let followed = self.followed_addressees(filter, all())?;
        let mut kept = Vec::with_capacity(rows.len());
        for post in rows {
            let original = post.repost_of.and_then(|id| originals.get(&id));
            let is_kept = filter.keeps(&post, original, &hidden)
                && filter.is_addressed(&post, original, &followed)
                && self.is_news(list, filter, &post, original)?;
            kept.push((post.id.0, (post, is_kept)));
        }
        Ok(kept)
    }

    /// Those of these authors whose posts the filter leaves out.
    pub(super) fn hidden_authors(
        &mut self,
        filter: &PostFilter,
        authors: impl Iterator<Item = UserId>,
    ) -> Result<HashSet<UserId>, Failure> {
        self.hidden_among(filter.listed_for, authors)
    }

    /// Of the users whom the posts are addressed to, those that the viewer follows; none if the filter does not ask.
    fn followed_addressees<'p>(
        &mut self,
        filter: &PostFilter,
        posts: impl Iterator<Item = &'p Post>,
    ) -> Result<HashSet<UserId>, Failure> {
        let Some(viewer) = filter.undirected_for else {
            return Ok(HashSet::new());
        };
        let addressed: Vec<UserId> = posts.flat_map(addressees).collect();
        let relations = self.relationships(viewer, &addressed)?.into_iter();
        let followed = relations.filter(|(_, relation)| relation.you_follow);
        Ok(followed.map(|(user, _)| user).collect())
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
            let hidden = self.hidden_authors(filter, found.values().map(|post| post.user_id))?;
            let marks = marks.into_iter();
            Ok(marks
                .filter_map(|(id, post, note)| {
                    let post = found.remove(&PostId(post))?;
                    let is_kept = filter.keeps(&post, None, &hidden);
                    Some((id, (is_kept, (post, note))))
                })
                .collect())
        };
        let page = gather(request, &mut step, |(is_kept, _)| Ok(*is_kept))?;
        Ok(page.map(|(_, bookmarked)| bookmarked))
    }
}

impl PostFilter {
    /// What can be said without asking the database. A repost is what it shows.
    fn keeps(&self, post: &Post, original: Option<&Post>, hidden: &HashSet<UserId>) -> bool {
        let is_hidden = |user: &UserId| hidden.contains(user);
        let shown = original.unwrap_or(post);
        // A repost of a deleted post is gone, and so is a deleted repost.
        let is_gone = post.repost_of.is_some()
            && (post.is_deleted() || original.is_none_or(Post::is_deleted));
        !is_gone
            && (self.include_deleted || !post.is_deleted())
            && (self.include_replies || shown.reply_to.is_none())
            && (self.include_mention_posts || shown.content.entities.mentions.is_empty())
            && !is_hidden(&post.user_id)
            && !is_hidden(&shown.user_id)
    }

    /// Of the posts that begin with mentions, see [`Self::undirected_for`].
    fn is_addressed(
        &self,
        post: &Post,
        original: Option<&Post>,
        followed: &HashSet<UserId>,
    ) -> bool {
        let Some(viewer) = self.undirected_for else {
            return true;
        };
        let mut addressed = addressees(original.unwrap_or(post)).peekable();
        post.user_id == viewer
            || addressed.peek().is_none()
            || addressed.any(|user| user == viewer || followed.contains(&user))
    }

    /// The time from which on a repost of the same post is not news.
    pub(super) fn recent(at: Stamp) -> Stamp {
        const WEEK: std::time::Duration = std::time::Duration::from_secs(7 * 24 * 3600);
        at.minus(WEEK)
    }
}

/// The users that a post begins with.
fn addressees(post: &Post) -> impl Iterator<Item = UserId> {
    let mentions = post.content.entities.mentions.iter();
    mentions
        .filter(|mention| mention.is_leading)
        .map(|mention| mention.id)
}
