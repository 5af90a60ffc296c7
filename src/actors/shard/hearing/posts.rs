//! What a subscription to posts asks of a post: the same as its page.

use std::sync::Arc;

use crate::actors::delivery::HiddenFrom;
use crate::actors::shard::state::Home;
use crate::event::{Posted, Topic};
use crate::model::UserId;
use crate::model::content::Mention;
use crate::protocol::filter::Filter;

/// The side of the subscription.
pub(super) struct Asked<'s> {
    pub(super) viewer: UserId,
    /// There if the subscription needs to know whom the viewer follows.
    pub(super) home: Option<&'s Home>,
    /// The viewer wrote, or reposted.
    pub(super) is_own: bool,
    pub(super) topic: Topic,
    pub(super) filter: &'s Filter,
}

impl Asked<'_> {
    /// Whether a post passes, apart from mutes and blocks. A repost is what it shows.
    pub(super) fn lets_pass(&self, posted: &Posted, earlier: &[(UserId, Arc<HiddenFrom>)]) -> bool {
        let shown = &posted.original.as_deref().unwrap_or(posted).post;
        let mentions = shown.content.entities.mentions.as_slice();
        (self.filter.include_replies || shown.reply_to.is_none())
            && (self.filter.include_mention_posts || mentions.is_empty())
            && (self.filter.include_directed || self.is_own || self.is_addressed(mentions))
            && match self.topic {
                Topic::Mentions(user) => self.is_mentioned(user, mentions),
                Topic::Home(_) | Topic::Unified(_) => self.is_news(earlier),
                Topic::OwnPosts(_)
                | Topic::Thread(_)
                | Topic::ChannelMessages(_)
                | Topic::ChannelSubscribers(_)
                | Topic::ChannelPresence(_)
                | Topic::Inbox(_)
                | Topic::Presence
                | Topic::Token(_)
                | Topic::Files(_)
                | Topic::Following(_)
                | Topic::Followers(_)
                | Topic::Markers(_) => true,
            }
    }

    /// Of posts that begin with mentions those of the viewer, and of users whom the viewer follows.
    fn is_addressed(&self, mentions: &[Mention]) -> bool {
        let mut addressed = mentions.iter().filter(|mention| mention.is_leading);
        let knows = |user| user == self.viewer || self.home.is_some_and(|home| home.follows(user));
        let mut any = addressed.clone();
        any.next().is_none() || addressed.any(|mention| knows(mention.id))
    }

    fn is_mentioned(&self, user: UserId, mentions: &[Mention]) -> bool {
        let mut of_user = mentions.iter().filter(|mention| mention.id == user);
        self.filter.include_copy_mentions || of_user.any(|mention| !mention.is_copy)
    }

    /// One's own repost is always told; another's, unless the post was on the stream a short while ago.
    fn is_news(&self, earlier: &[(UserId, Arc<HiddenFrom>)]) -> bool {
        self.is_own
            || !self
                .home
                .is_some_and(|home| home.has_heard_from(earlier, self.filter.include_muted))
    }
}
