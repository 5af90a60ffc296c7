//! Posts are written, revised and deleted.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use diesel::prelude::*;

use super::super::db::to_json;
use super::super::files::UsedBy;
use super::super::interactions::Deed;
use super::super::schema::{post_mentions, post_revisions, post_tags, posts, users};
use super::super::statements::{InsertMention, InsertTag, execute};
use super::super::{Failure, Tx};
use crate::model::marker::MarkerName;
use crate::model::{
    ClientId, Content, Entities, NewPost, Post, PostCounts, PostId, PostRevision, User, UserId,
    UserKind,
};
use crate::text;

/// Newest posts of an author that are compared with a new one; more within the window is what the rate limit is for.
const COMPARED: i64 = 50;

impl Tx<'_> {
    /// Writes a post: its row, what it is looked up by, the counts of author and parent; the author's marker if asked for.
    /// It answers the given post, whatever `reply_to` names.
    pub fn insert_post(
        &mut self,
        author: &User,
        mut new: NewPost,
        answered: Option<&Post>,
    ) -> Result<Post, Failure> {
        let (reply_to, thread) = answered
            .map(|answered| (answered.id, answered.thread_id))
            .unzip();
        let (id, now) = (self.next_post_id()?, self.now());
        text::with_object_id(&mut new.content, id.0);
        text::raw::with_object_id(&mut new.raw, id.0);
        let raw = (!new.raw.is_empty())
            .then(|| to_json(&new.raw))
            .transpose()?;
        diesel::insert_into(posts::table)
            .values((
                posts::id.eq(id.0),
                posts::user_id.eq(new.user_id.0),
                posts::client_id.eq(new.client.id.as_str()),
                posts::thread_id.eq(thread.unwrap_or(id).0),
                posts::reply_to.eq(reply_to.map(|post| post.0)),
                posts::created_at.eq(now.0),
                posts::is_human.eq(author.kind == UserKind::Human),
                posts::is_nsfw.eq(new.is_nsfw),
                words(&new.content)?,
                posts::raw.eq(raw),
            ))
            .execute(self.sql)?;
        self.insert_entities(id, &new.content)?;
        self.note_uses(&text::raw::files::attached(&new.raw), UsedBy::Post, id.0)?;
        self.count_posts(new.user_id, &new.client.id, 1)?;
        if let Some(answered) = answered {
            self.count_reply(answered.id)?;
            if author.kind == UserKind::Human {
                self.note_conversation(answered.thread_id, id, author.id)?;
            }
            let deed = Deed::Reply {
                to: answered.id,
                reply: id,
            };
            self.note_deed(answered.user_id, new.user_id, deed)?;
        }
        self.parts().1.posts += 1;
        if new.update_marker {
            self.set_marker(new.user_id, MarkerName::Personal, id.0, 0, false)?;
        }
        Ok(Post {
            id,
            user_id: new.user_id,
            client: new.client,
            thread_id: thread.unwrap_or(id),
            reply_to,
            repost_of: None,
            created_at: now,
            content: new.content,
            raw: new.raw,
            is_nsfw: new.is_nsfw,
            revision: 0,
            deleted_at: None,
            counts: PostCounts::default(),
        })
    }

    /// Whether the author wrote the same text within this time. Deleted posts do not count: their text is gone.
    pub fn has_posted(
        &mut self,
        author: UserId,
        text: &str,
        within: Duration,
    ) -> Result<bool, Failure> {
        let since = self.now().minus(within);
        let newest = posts::table
            .filter(posts::user_id.eq(author.0))
            .order(posts::id.desc())
            .limit(COMPARED)
            .select((posts::created_at, posts::text))
            .load::<(i64, String)>(self.sql)?;
        Ok(newest
            .iter()
            .take_while(|(at, _)| *at > since.0)
            .any(|(_, written)| written == text))
    }

    /// Gives a post other words; those it had become a revision.
    pub fn revise_post(&mut self, mut post: Post, new: PostRevision) -> Result<Post, Failure> {
        self.forget_post_words(post.id)?;
        let entities = entities_text(&post.content.entities)?;
        diesel::insert_into(post_revisions::table)
            .values((
                post_revisions::post_id.eq(post.id.0),
                post_revisions::revision.eq(post.revision),
                post_revisions::is_nsfw.eq(post.is_nsfw),
                post_revisions::text.eq(&post.content.text),
                post_revisions::html.eq(&post.content.html),
                post_revisions::entities.eq(entities),
            ))
            .execute(self.sql)?;
        post.revision += 1;
        post.is_nsfw = new.is_nsfw.unwrap_or(post.is_nsfw);
        post.content = new.content;
        text::with_object_id(&mut post.content, post.id.0);
        // The same users are mentioned, perhaps in other places.
        diesel::delete(post_mentions::table.filter(post_mentions::post_id.eq(post.id.0)))
            .execute(self.sql)?;
        self.insert_mentions(post.id, &post.content)?;
        let now = self.now();
        diesel::update(posts::table.find(post.id.0))
            .set((
                posts::revision.eq(post.revision),
                posts::revised_at.eq(now.0),
                posts::is_nsfw.eq(post.is_nsfw),
                words(&post.content)?,
            ))
            .execute(self.sql)?;
        self.add_post_words(post.id)?;
        Ok(post)
    }

    /// Marks a post as deleted and removes its words, their earlier versions, and what it was found by. Who was mentioned
    /// stays, so that its deletion is told where the post was shown.
    pub fn delete_post(&mut self, mut post: Post) -> Result<Post, Failure> {
        self.forget_post_words(post.id)?;
        let now = self.now();
        self.forget_uses(
            &text::raw::files::attached(&post.raw),
            UsedBy::Post,
            post.id.0,
        )?;
        diesel::update(posts::table.find(post.id.0))
            .set((
                posts::deleted_at.eq(now.0),
                posts::conversation.eq(None::<i64>),
                posts::text.eq(""),
                posts::html.eq(""),
                posts::entities.eq(None::<String>),
                posts::raw.eq(None::<String>),
            ))
            .execute(self.sql)?;
        let of_post = post.id.0;
        diesel::delete(post_revisions::table.filter(post_revisions::post_id.eq(of_post)))
            .execute(self.sql)?;
        diesel::delete(post_tags::table.filter(post_tags::post_id.eq(of_post)))
            .execute(self.sql)?;
        self.parts().1.has_deleted = true;
        self.count_posts(post.user_id, &post.client.id, -1)?;
        self.end_interactions(post.id)?;
        if let Some(to) = post.reply_to {
            self.renew_conversation(post.thread_id, post.id)?;
            let reply = post.id;
            self.undo_deed(post.user_id, Deed::Reply { to, reply })?;
        }
        post.deleted_at = Some(now);
        post.counts.reposts = 0;
        Ok(post)
    }

    pub(super) fn next_post_id(&mut self) -> Result<PostId, Failure> {
        let newest = posts::table
            .select(diesel::dsl::max(posts::id))
            .first::<Option<i64>>(self.sql)?;
        Ok(PostId(newest.unwrap_or(0) + 1))
    }

    /// The first reply to a post begins a thread there, which counts for the post and for its parent.
    fn count_reply(&mut self, answered: PostId) -> Result<(), Failure> {
        let (replies, parent) = diesel::update(posts::table.find(answered.0))
            .set(posts::replies.eq(posts::replies + 1))
            .returning((posts::replies, posts::reply_to))
            .get_result::<(i64, Option<i64>)>(self.sql)?;
        if replies == 1 {
            let begun = [Some(answered.0), parent];
            diesel::update(posts::table.filter(posts::id.eq_any(begun.into_iter().flatten())))
                .set(posts::threads.eq(posts::threads + 1))
                .execute(self.sql)?;
        }
        Ok(())
    }

    /// Changes the counts of author and app.
    pub(super) fn count_posts(
        &mut self,
        user: UserId,
        client: &ClientId,
        by: i64,
    ) -> Result<(), Failure> {
        diesel::update(users::table.find(user.0))
            .set(users::posts.eq(users::posts + by))
            .execute(self.sql)?;
        self.count_client_posts(client, by)
    }

    fn insert_mentions(&mut self, post: PostId, content: &Content) -> Result<(), Failure> {
        // One row per user: copied only if every mention of the user is a copy.
        let mut mentioned: BTreeMap<UserId, bool> = BTreeMap::new();
        for mention in &content.entities.mentions {
            *mentioned.entry(mention.id).or_insert(true) &= mention.is_copy;
        }
        for (user, is_copy) in mentioned {
            let row = [user.0.into(), post.0.into(), is_copy.into()];
            execute::<InsertMention>(self.sql, &row)?;
        }
        Ok(())
    }

    fn insert_entities(&mut self, post: PostId, content: &Content) -> Result<(), Failure> {
        self.insert_mentions(post, content)?;
        let tags = content.entities.tags.iter();
        let tags: BTreeSet<String> = tags.map(|tag| text::words::fold_tag(&tag.text)).collect();
        for tag in tags {
            execute::<InsertTag>(self.sql, &[tag.as_str().into(), post.0.into()])?;
        }
        Ok(())
    }
}

fn entities_text(entities: &Entities) -> Result<Option<String>, Failure> {
    (*entities != Entities::default())
        .then(|| to_json(entities))
        .transpose()
}

/// The columns that hold a text.
type Words<'c> = (
    diesel::dsl::Eq<posts::text, &'c str>,
    diesel::dsl::Eq<posts::html, &'c str>,
    diesel::dsl::Eq<posts::entities, Option<String>>,
);

fn words(content: &Content) -> Result<Words<'_>, Failure> {
    Ok((
        posts::text.eq(content.text.as_str()),
        posts::html.eq(content.html.as_str()),
        posts::entities.eq(entities_text(&content.entities)?),
    ))
}
