//! Reposts: rows that show another post.

use diesel::prelude::*;

use super::super::interactions::Deed;
use super::super::schema::{clients, posts};
use super::super::{Db, Failure, Tx};
use super::{Found, found, into_model};
use crate::model::{
    ClientBrief, Content, Post, PostCounts, PostId, Raw, Refusal, User, UserId, UserKind,
};

impl Db<'_> {
    /// A user's repost of a post.
    pub fn repost_by(&mut self, user: UserId, original: PostId) -> Result<Option<Post>, Failure> {
        posts::table
            .inner_join(clients::table)
            .filter(posts::repost_of.eq(original.0))
            .filter(posts::user_id.eq(user.0))
            .filter(posts::deleted_at.is_null())
            .select(found!())
            .get_result::<Found>(self.sql)
            .optional()?
            .map(into_model)
            .transpose()
    }

    /// A deleted post that still has reposts.
    pub fn deleted_with_reposts(&mut self) -> Result<Option<PostId>, Failure> {
        let id = posts::table
            .filter(posts::deleted_at.is_not_null())
            .filter(posts::reposts.gt(0))
            .select(posts::id)
            .first::<i64>(self.sql)
            .optional()?;
        Ok(id.map(PostId))
    }

    /// Some of the reposts of a post, oldest first.
    pub fn reposts_of(&mut self, original: PostId, most: i64) -> Result<Vec<Post>, Failure> {
        posts::table
            .inner_join(clients::table)
            .filter(posts::repost_of.eq(original.0))
            .filter(posts::deleted_at.is_null())
            .order(posts::id.asc())
            .limit(most)
            .select(found!())
            .load::<Found>(self.sql)?
            .into_iter()
            .map(into_model)
            .collect()
    }
}

impl Tx<'_> {
    /// Writes a repost, and counts it.
    ///
    /// # Errors
    /// The user reposted it already.
    pub fn insert_repost(
        &mut self,
        user: &User,
        client: ClientBrief,
        original: &Post,
        is_nsfw: bool,
    ) -> Result<Post, Failure> {
        if self.repost_by(user.id, original.id)?.is_some() {
            return Err(Refusal::RepostAgain.into());
        }
        let (id, now) = (self.next_post_id()?, self.now());
        diesel::insert_into(posts::table)
            .values((
                posts::id.eq(id.0),
                posts::user_id.eq(user.id.0),
                posts::client_id.eq(client.id.as_str()),
                posts::thread_id.eq(id.0),
                posts::repost_of.eq(original.id.0),
                posts::repost_revision.eq(original.revision),
                posts::created_at.eq(now.0),
                posts::is_human.eq(user.kind == UserKind::Human),
                posts::is_nsfw.eq(is_nsfw),
                posts::text.eq(""),
                posts::html.eq(""),
            ))
            .execute(self.sql)?;
        self.count_reposts(original.id, 1)?;
        self.note_deed(original.user_id, user.id, Deed::Repost(original.id))?;
        self.count_posts(user.id, &client.id, 1)?;
        Ok(Post {
            id,
            user_id: user.id,
            client,
            thread_id: id,
            reply_to: None,
            repost_of: Some(original.id),
            created_at: now,
            content: Content::default(),
            raw: Raw::default(),
            is_nsfw,
            revision: original.revision,
            deleted_at: None,
            counts: PostCounts::default(),
        })
    }

    /// Takes a repost away.
    pub fn delete_repost(&mut self, mut repost: Post) -> Result<Post, Failure> {
        let now = self.now();
        diesel::update(posts::table.find(repost.id.0))
            .set(posts::deleted_at.eq(now.0))
            .execute(self.sql)?;
        if let Some(original) = repost.repost_of {
            self.count_reposts(original, -1)?;
            self.undo_deed(repost.user_id, Deed::Repost(original))?;
        }
        self.count_posts(repost.user_id, &repost.client.id, -1)?;
        repost.deleted_at = Some(now);
        Ok(repost)
    }

    /// A deleted post has no reposts any more.
    pub fn end_reposts(&mut self, original: PostId) -> Result<(), Failure> {
        diesel::update(posts::table.find(original.0))
            .set(posts::reposts.eq(0))
            .execute(self.sql)?;
        Ok(())
    }

    fn count_reposts(&mut self, original: PostId, by: i64) -> Result<(), Failure> {
        diesel::update(posts::table.find(original.0))
            .set(posts::reposts.eq(posts::reposts + by))
            .execute(self.sql)?;
        Ok(())
    }
}
