//! What a search of posts asks for.

use std::collections::{HashMap, HashSet};

use super::marks::Mark;
use super::wanted::Wanted;
use crate::model::{ClientId, Post, PostId, Stamp, UserId, UserKind};
use crate::text::words::Phrase;

/// Which posts are looked for; empty lists and `None` do not narrow. Reposts and deleted posts are never found.
#[derive(Clone, Debug, Default)]
pub struct PostSearch {
    /// Words; all must be there.
    pub q: Option<String>,
    /// Best first rather than newest first; only with `q`.
    pub by_relevance: bool,
    /// Written with this app.
    pub client: Option<ClientId>,
    /// By this author.
    pub creator: Option<UserId>,
    /// Not by these authors.
    pub exclude: HashSet<UserId>,
    /// By authors of these kinds.
    pub user_kinds: Vec<UserKind>,
    /// Written later than this.
    pub created_after: Option<Stamp>,
    /// Written earlier than this.
    pub created_before: Option<Stamp>,
    /// Replies to this post.
    pub reply_to: Option<PostId>,
    /// Of this thread.
    pub thread: Option<PostId>,
    /// Replies only, or none.
    pub is_reply: Option<bool>,
    /// Posts that mention users only, or none; then `mentions` and `leading_mentions` do not count.
    pub has_mentions: Option<bool>,
    /// Only posts that begin with a mention, or none.
    pub is_directed: Option<bool>,
    /// Only revised ones, or none.
    pub is_revised: Option<bool>,
    /// Only what is not safe for work, or none of it.
    pub is_nsfw: Option<bool>,
    /// With any of these tags.
    pub tags: Vec<String>,
    /// Mentions any of these users.
    pub mentions: Vec<UserId>,
    /// Begins by mentioning any of these.
    pub leading_mentions: Vec<UserId>,
    /// Links to any of these.
    pub urls: Vec<String>,
    /// Links to any of these hosts.
    pub url_domains: Vec<String>,
    /// With a raw item of any of these types.
    pub raw_types: Vec<String>,
    /// With this file attached.
    pub file_id: Option<String>,
    /// With a file of any of these kinds (video, audio, image, other).
    pub file_kinds: Vec<String>,
    /// With this poll attached.
    pub poll_id: Option<String>,
    /// Among the first posts of their authors.
    pub is_newcomer: bool,
    /// Exactly 256 characters long.
    pub is_long: bool,
}

impl PostSearch {
    /// Whether the full-text index answers it; without anything to look for all posts are a list.
    pub fn asks_index(&self) -> bool {
        self.typed().is_some() || !self.marks().is_empty()
    }

    pub(super) fn typed(&self) -> Option<&str> {
        self.q.as_deref().filter(|q| !q.trim().is_empty())
    }

    /// What is looked for beside words: of each group any, and all groups.
    fn marks(&self) -> Vec<Vec<Mark<'_>>> {
        let mut groups = vec![
            texts(&self.tags, Mark::Tag),
            texts(&self.urls, Mark::Url),
            texts(&self.url_domains, Mark::Domain),
            texts(&self.raw_types, Mark::RawType),
            texts(&self.file_kinds, Mark::FileKind),
            self.kinds(),
        ];
        if self.has_mentions.is_none() {
            groups.push(users(&self.mentions, Mark::Mentions));
            groups.push(users(&self.leading_mentions, Mark::Leads));
        }
        groups.retain(|group| !group.is_empty());
        let single = [
            self.client.as_ref().map(|id| Mark::Client(id.as_str())),
            self.creator.map(|id| Mark::Author(id.0)),
            self.reply_to.map(|id| Mark::ReplyTo(id.0)),
            self.thread.map(|id| Mark::Thread(id.0)),
            self.is_reply.map(Mark::Reply),
            self.has_mentions.map(Mark::Mentioning),
            self.file_id.as_deref().map(Mark::File),
            self.poll_id.as_deref().map(Mark::Poll),
            // Of these the index knows one answer each; the other is seen on the way to a page.
            self.is_directed.filter(|is| *is).map(|_| Mark::Directed),
            self.is_revised.filter(|is| *is).map(|_| Mark::Revised),
            self.is_nsfw.filter(|is| !is).map(|_| Mark::Safe),
            self.is_newcomer.then_some(Mark::Newcomer),
            self.is_long.then_some(Mark::Long),
        ];
        groups.extend(single.into_iter().flatten().map(|mark| vec![mark]));
        groups
    }

    /// The index knows people from all others; which of the others is seen on the way to a page.
    fn kinds(&self) -> Vec<Mark<'_>> {
        let is_human = |kind: &UserKind| *kind == UserKind::Human;
        let mut kinds: Vec<_> = self.user_kinds.iter().map(is_human).collect();
        kinds.sort_unstable();
        kinds.dedup();
        match kinds.as_slice() {
            [is_human] => vec![Mark::Human(*is_human)],
            _ => Vec::new(),
        }
    }

    /// Whether the kinds of the authors have to be looked up.
    pub(super) fn asks_kinds(&self) -> bool {
        self.user_kinds.iter().any(|kind| *kind != UserKind::Human)
    }

    /// What the index is asked. `None`: nothing, which finds all posts.
    pub(super) fn wanted(&self, phrases: &[Phrase]) -> Option<Wanted> {
        Wanted::of(phrases, &self.marks())
    }

    pub(super) fn fits(&self, post: &Post, kinds: &HashMap<UserId, UserKind>) -> bool {
        !post.is_deleted()
            && !self.exclude.contains(&post.user_id)
            && self.is_directed.is_none_or(|is| is == is_directed(post))
            && self.is_revised.is_none_or(|is| is == (post.revision > 0))
            && self.is_nsfw.is_none_or(|is| is == post.is_nsfw)
            && self.created_after.is_none_or(|at| post.created_at > at)
            && self.created_before.is_none_or(|at| post.created_at < at)
            && (!self.asks_kinds()
                || kinds
                    .get(&post.user_id)
                    .is_some_and(|kind| self.user_kinds.contains(kind)))
    }
}

fn is_directed(post: &Post) -> bool {
    let mut mentions = post.content.entities.mentions.iter();
    mentions.any(|mention| mention.is_leading)
}

fn texts<'t>(list: &'t [String], mark: fn(&'t str) -> Mark<'t>) -> Vec<Mark<'t>> {
    list.iter().map(|text| mark(text)).collect()
}

fn users<'t>(list: &[UserId], mark: fn(i64) -> Mark<'t>) -> Vec<Mark<'t>> {
    list.iter().map(|user| mark(user.0)).collect()
}
