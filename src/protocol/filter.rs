//! The filter parameters of a subscribing request.

use std::collections::BTreeMap;

use super::query::Query;
use super::render_class::RenderClass;
use crate::model::File;

/// Filters of one subscription. The default passes everything except muted users.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filter {
    /// Inbox: only channels of these types.
    pub channel_types: Option<Box<[String]>>,
    /// Files: only of these types.
    pub file_types: Option<Box<[String]>>,
    /// Files: 0 omits those without contents.
    pub include_incomplete: bool,
    /// Files: 0 omits private ones.
    pub include_private: bool,
    /// Inbox: 0 omits channels without unread messages after the event.
    pub include_read: bool,
    /// 1 passes events of muted users.
    pub include_muted: bool,
    /// 0 omits deletions.
    pub include_deleted: bool,
    /// Posts: 0 omits those that begin with mentions of others whom the viewer does not follow.
    pub include_directed: bool,
    /// Posts: 0 omits replies.
    pub include_replies: bool,
    /// Posts: 0 omits those that mention users.
    pub include_mention_posts: bool,
    /// Mentions: 0 omits posts that only copy the mention.
    pub include_copy_mentions: bool,
    /// Presence: 1 passes users that the viewer does not follow.
    pub include_not_followed: bool,
    /// The `include_…raw` parameters of the request, added to the connection's for frames that match this subscription.
    pub raw: RenderClass,
}

impl Default for Filter {
    fn default() -> Self {
        Self::from_query(&Query::default())
    }
}

impl Filter {
    /// Reads the parameters of the subscribing request.
    pub fn from_query(query: &Query) -> Self {
        let types = query.channel_kinds("channel_types");
        let files = query.list("file_types");
        Self {
            channel_types: (!types.is_empty()).then(|| types.into()),
            file_types: (!files.is_empty()).then(|| files.into()),
            include_incomplete: query.flag("include_incomplete", true),
            include_private: query.flag("include_private", true),
            include_read: query.flag("include_read", true),
            include_muted: query.flag("include_muted", false),
            include_deleted: query.flag("include_deleted", true),
            include_directed: query.flag("include_directed_posts", true),
            include_replies: query.flag("include_replies", true),
            include_mention_posts: query.flag("include_mention_posts", true),
            include_copy_mentions: query.flag("include_copy_mentions", true),
            include_not_followed: query.flag("include_not_followed", false),
            raw: RenderClass::raw_from_query(query),
        }
    }

    /// The parameters that differ from their default, as they are written in an address.
    pub fn parameters(&self) -> BTreeMap<&'static str, String> {
        let switches = [
            ("include_incomplete", self.include_incomplete, true),
            ("include_private", self.include_private, true),
            ("include_read", self.include_read, true),
            ("include_muted", self.include_muted, false),
            ("include_deleted", self.include_deleted, true),
            ("include_directed_posts", self.include_directed, true),
            ("include_replies", self.include_replies, true),
            ("include_mention_posts", self.include_mention_posts, true),
            ("include_copy_mentions", self.include_copy_mentions, true),
            ("include_not_followed", self.include_not_followed, false),
        ];
        let changed = switches.into_iter().filter(|(_, is, usual)| is != usual);
        let written = changed.map(|(name, is, _)| (name, u8::from(is).to_string()));
        let mut parameters: BTreeMap<_, _> = written.collect();
        let lists = [
            ("channel_types", &self.channel_types),
            ("file_types", &self.file_types),
        ];
        for (name, list) in lists {
            if let Some(list) = list {
                parameters.insert(name, list.join(","));
            }
        }
        // `include_html` is no parameter of a request that subscribes.
        let raw = self.raw.with(RenderClass::HTML).parameters();
        parameters.extend(raw);
        parameters
    }

    /// Whether every message passes, so that the fast path may serve the listener.
    pub fn is_plain(&self) -> bool {
        self.channel_types.is_none()
            && self.include_read
            && !self.include_muted
            && self.include_deleted
            && self.raw.is_empty()
    }

    /// Whether events of this file pass.
    pub fn lets_file_pass(&self, file: &File) -> bool {
        let types = self.file_types.as_ref();
        types.is_none_or(|types| types.contains(&file.file_type))
            && (self.include_incomplete || file.contents.is_some())
            && (self.include_private || file.is_public)
    }

    /// Whether every post passes a stream of posts, so that the fast path may serve the listener.
    pub fn lets_posts_pass(&self) -> bool {
        self.include_directed
            && self.include_replies
            && self.include_mention_posts
            && !self.include_muted
            && self.include_deleted
            && self.raw.is_empty()
    }

    /// Whether channels of this type pass.
    pub fn lets_type_pass(&self, kind: &str) -> bool {
        self.channel_types
            .as_ref()
            .is_none_or(|types| types.iter().any(|t| t == kind))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parameters_of_a_filter_and_of_a_display_are_read_back_as_they_were() {
        let addresses = [
            "",
            "include_html=0",
            "include_muted=1&include_read=0&channel_types=a.b,c.d",
            "include_incomplete=0&include_private=0&file_types=x,y&include_deleted=0",
            "include_directed_posts=0&include_replies=0&include_mention_posts=0",
            "include_copy_mentions=0&include_not_followed=1&include_raw=1",
            "include_annotations=1&include_recent_message=1&include_timing=1",
            "include_channel_raw=1&include_post_annotations=1&include_poll_raw=1",
        ];
        let written = |parameters: BTreeMap<&'static str, String>| {
            let owned = parameters.into_iter();
            Query::from_pairs(owned.map(|(name, value)| (name.to_owned(), value)))
        };
        for address in addresses {
            let query = Query::parse(address);
            let filter = Filter::from_query(&query);
            let again = Filter::from_query(&written(filter.parameters()));
            assert_eq!(again, filter, "{address}");
            let display = RenderClass::from_query(&query);
            let again = RenderClass::from_query(&written(display.parameters()));
            assert_eq!(again, display, "{address}");
        }
        assert!(Filter::default().parameters().is_empty());
    }
}
