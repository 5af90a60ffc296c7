//! Posts: the rows, and single ones by id.

mod bookmarks;
mod conversations;
mod explore;
mod hints;
mod home;
mod lists;
mod reposts;
mod write;

pub use explore::{ExploreStream, Trending};
pub use hints::PostHints;
pub(super) use lists::Judged;
pub use lists::{PostFilter, PostList};

use std::collections::HashMap;

use diesel::dsl::InnerJoinQuerySource;
use diesel::prelude::*;

use super::among::among;
use super::db::from_json;
use super::hidden::hiding;
use super::schema::{bookmarks as marks, clients, post_revisions, posts};
use super::statements::{self, SampleBookmarkers, SampleReposters};
use super::{Db, Failure};
use crate::model::visibility::ListedFor;
use crate::model::{ClientBrief, Content, Entities, Post, PostCounts, PostId, Raw, Stamp, UserId};

#[derive(Queryable, Selectable)]
#[diesel(table_name = posts, check_for_backend(crate::store::connect::Backend))]
pub(super) struct Row {
    id: i64,
    user_id: i64,
    client_id: String,
    thread_id: i64,
    reply_to: Option<i64>,
    repost_of: Option<i64>,
    created_at: i64,
    deleted_at: Option<i64>,
    repost_revision: Option<i32>,
    revision: i32,
    is_nsfw: bool,
    text: String,
    html: String,
    entities: Option<String>,
    raw: Option<String>,
    bookmarks: i64,
    replies: i64,
    reposts: i64,
    threads: i64,
}

/// A post and its app's name and address.
pub(super) type Found = (Row, String, String);

/// Where it is found.
type WithClient = InnerJoinQuerySource<posts::table, clients::table>;

/// What every list of posts selects, from `posts` joined with `clients`.
#[rustfmt::skip] // It would move the body further right each time.
macro_rules! found {
    () => {(
        <$crate::store::posts::Row as diesel::SelectableHelper<crate::store::connect::Backend>>::as_select(),
        $crate::store::schema::clients::name,
        $crate::store::schema::clients::url,
    )};
}
pub(super) use found;

pub(super) fn into_model((row, client_name, client_url): Found) -> Result<Post, Failure> {
    let raw = match &row.raw {
        Some(text) => from_json("raw of a post", text)?,
        None => Raw::default(),
    };
    Ok(Post {
        id: PostId(row.id),
        user_id: UserId(row.user_id),
        client: ClientBrief {
            id: row.client_id.into(),
            name: client_name,
            url: client_url,
        },
        thread_id: PostId(row.thread_id),
        reply_to: row.reply_to.map(PostId),
        repost_of: row.repost_of.map(PostId),
        created_at: Stamp(row.created_at),
        content: content(row.text, row.html, row.entities.as_deref())?,
        raw,
        is_nsfw: row.is_nsfw,
        revision: row.repost_revision.unwrap_or(row.revision),
        deleted_at: row.deleted_at.map(Stamp),
        counts: PostCounts {
            bookmarks: row.bookmarks,
            replies: row.replies,
            // No reader sees the reposts of a deleted post, also those that are still to be taken away.
            reposts: row.deleted_at.map_or(row.reposts, |_| 0),
            threads: row.threads,
        },
    })
}

fn content(text: String, html: String, entities: Option<&str>) -> Result<Content, Failure> {
    let entities = match entities {
        Some(text) => from_json("entities of a post", text)?,
        None => Entities::default(),
    };
    Ok(Content {
        text,
        html,
        entities,
    })
}

/// What a user did with a post.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PostMarks {
    /// Bookmarked it.
    pub bookmarked: bool,
    /// Reposted it.
    pub reposted: bool,
}

/// Some of the users that acted on posts.
#[derive(Debug, Default)]
pub struct PostSamples {
    /// That bookmarked each.
    pub bookmarkers: HashMap<PostId, Vec<UserId>>,
    /// That reposted each.
    pub reposters: HashMap<PostId, Vec<UserId>>,
}

impl PostSamples {
    /// Users in a sample.
    pub const USERS: i64 = 10;
}

impl Db<'_> {
    /// A post, deleted ones too.
    pub fn post(&mut self, id: PostId) -> Result<Option<Post>, Failure> {
        posts::table
            .inner_join(clients::table)
            .filter(posts::id.eq(id.0))
            .select(found!())
            .get_result::<Found>(self.sql)
            .optional()?
            .map(into_model)
            .transpose()
    }

    /// Those of these posts that exist, deleted ones too.
    pub fn posts(&mut self, ids: &[PostId]) -> Result<HashMap<PostId, Post>, Failure> {
        posts::table
            .inner_join(clients::table)
            .filter(among("posts.id", ids.iter().map(|id| id.0)))
            .select(found!())
            .load::<Found>(self.sql)?
            .into_iter()
            .map(|row| into_model(row).map(|post| (post.id, post)))
            .collect()
    }

    /// The versions of a post that a revision replaced, oldest first: the post as it was.
    pub fn post_revisions(&mut self, post: &Post) -> Result<Vec<Post>, Failure> {
        post_revisions::table
            .filter(post_revisions::post_id.eq(post.id.0))
            .order(post_revisions::revision.asc())
            .select((
                post_revisions::revision,
                post_revisions::is_nsfw,
                post_revisions::text,
                post_revisions::html,
                post_revisions::entities,
            ))
            .load::<(i32, bool, String, String, Option<String>)>(self.sql)?
            .into_iter()
            .map(|(revision, is_nsfw, text, html, entities)| {
                Ok(Post {
                    content: content(text, html, entities.as_deref())?,
                    revision,
                    is_nsfw,
                    ..post.clone()
                })
            })
            .collect()
    }

    /// What the user did with each of these posts; posts without anything are omitted.
    pub fn post_marks(
        &mut self,
        user: UserId,
        of: &[PostId],
    ) -> Result<HashMap<PostId, PostMarks>, Failure> {
        let ids = || of.iter().map(|id| id.0);
        let mut all: HashMap<PostId, PostMarks> = HashMap::new();
        let bookmarked = marks::table
            .filter(marks::user_id.eq(user.0))
            .filter(among("bookmarks.post_id", ids()))
            .select(marks::post_id)
            .load::<i64>(self.sql)?;
        for id in bookmarked {
            all.entry(PostId(id)).or_default().bookmarked = true;
        }
        let reposted = posts::table
            .filter(among("posts.repost_of", ids()))
            .filter(posts::user_id.eq(user.0))
            .filter(posts::deleted_at.is_null())
            .select(posts::repost_of.assume_not_null())
            .load::<i64>(self.sql)?;
        for id in reposted {
            all.entry(PostId(id)).or_default().reposted = true;
        }
        Ok(all)
    }

    /// Of each of these posts some users that bookmarked it, and some that reposted it; latest first.
    pub fn post_samples(
        &mut self,
        of: &[PostId],
        listed_for: ListedFor,
        most: i64,
    ) -> Result<PostSamples, Failure> {
        let ids = serde_json::Value::from_iter(of.iter().map(|id| id.0)).to_string();
        let [viewer, kind, again] = hiding(listed_for);
        let binds = [ids.as_str().into(), viewer, kind, again, most.into()];
        let bookmarked = statements::query::<SampleBookmarkers>(&binds).load(self.sql)?;
        let reposted = statements::query::<SampleReposters>(&binds).load(self.sql)?;
        Ok(PostSamples {
            bookmarkers: by_post(bookmarked),
            reposters: by_post(reposted),
        })
    }
}

fn by_post(rows: Vec<(i64, i64)>) -> HashMap<PostId, Vec<UserId>> {
    let mut users: HashMap<PostId, Vec<UserId>> = HashMap::new();
    for (post, user) in rows {
        users.entry(PostId(post)).or_default().push(UserId(user));
    }
    users
}
