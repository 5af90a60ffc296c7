//! The `include_…` parameters, parsed once: the parts of an object that a client requests.

use super::query::Query;

/// The `include_…` parameters of a request or a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RenderOptions {
    /// Embedded users as objects; else only `user_id`.
    pub user: bool,
    /// `content.html` of users.
    pub user_html: bool,
    /// `raw` of users.
    pub user_raw: bool,
    /// `counts` of users.
    pub counts: bool,
    /// `presence` of users.
    pub presence: bool,
    /// `source` as an object; else only the client's id.
    pub client: bool,
    /// `content.html` of posts.
    pub post_html: bool,
    /// `raw` of posts.
    pub post_raw: bool,
    /// `raw` of files.
    pub file_raw: bool,
    /// `raw` of polls.
    pub poll_raw: bool,
    /// `annotations` of users: their raw as a list.
    pub user_annotations: bool,
    /// The same of posts.
    pub post_annotations: bool,
    /// The same of polls.
    pub poll_annotations: bool,
    /// The same of messages.
    pub message_annotations: bool,
    /// The same of channels.
    pub channel_annotations: bool,
    /// A sample of the users that bookmarked a post.
    pub bookmarked_by: bool,
    /// A sample of the users that reposted a post.
    pub reposted_by: bool,
    /// Samples hold users that the viewer muted.
    pub muted: bool,
    /// `content.html` of messages.
    pub message_html: bool,
    /// `raw` of messages.
    pub message_raw: bool,
    /// `html` of chat descriptions, inside the raw of channels.
    pub channel_html: bool,
    /// `raw` of channels.
    pub channel_raw: bool,
    /// `recent_message` and `recent_deleted_message` of channels.
    pub recent_message: bool,
    /// `users` next to the `user_ids` of an ACL.
    pub limited_users: bool,
    /// The viewer's stream marker on channels.
    pub marker: bool,
}

impl Default for RenderOptions {
    fn default() -> Self {
        Self::from_flags(|_| None)
    }
}

impl RenderOptions {
    /// Reads the parameters of a query string.
    pub fn from_query(query: &Query) -> Self {
        Self::from_flags(|name| query.tristate(name))
    }

    /// Reads the parameters by name; `None` means "not given".
    pub fn from_flags(given: impl Fn(&str) -> Option<bool>) -> Self {
        let on = |name: &str| given(name).unwrap_or(true);
        let off = |name: &str| given(name).unwrap_or(false);
        // `include_html` overrides the specific parameters …
        let html = given("include_html");
        let raw = off("include_raw");
        let annotations = off("include_annotations");
        Self {
            user: on("include_user"),
            user_html: html.unwrap_or_else(|| on("include_user_html")),
            // … and `include_raw` adds to them.
            user_raw: raw || off("include_user_raw"),
            counts: on("include_counts"),
            presence: off("include_presence"),
            client: on("include_client"),
            post_html: html.unwrap_or_else(|| on("include_post_html")),
            post_raw: raw || off("include_post_raw"),
            file_raw: raw || off("include_file_raw"),
            poll_raw: raw || off("include_poll_raw"),
            user_annotations: annotations || off("include_user_annotations"),
            post_annotations: annotations || off("include_post_annotations"),
            poll_annotations: annotations || off("include_poll_annotations"),
            message_annotations: annotations || off("include_message_annotations"),
            channel_annotations: annotations || off("include_channel_annotations"),
            bookmarked_by: off("include_bookmarked_by"),
            reposted_by: off("include_reposted_by"),
            muted: off("include_muted"),
            message_html: html.unwrap_or_else(|| on("include_message_html")),
            message_raw: raw || off("include_message_raw"),
            channel_html: html.unwrap_or(true),
            channel_raw: raw || off("include_channel_raw"),
            recent_message: off("include_recent_message"),
            limited_users: off("include_limited_users"),
            marker: off("include_marker"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(given: &[(&str, bool)]) -> RenderOptions {
        RenderOptions::from_flags(|name| {
            given
                .iter()
                .find(|(known, _)| *known == name)
                .map(|(_, value)| *value)
        })
    }

    #[test]
    fn rest_defaults() {
        let options = RenderOptions::default();
        assert!(
            options.user
                && options.user_html
                && options.message_html
                && options.counts
                && options.client
        );
        assert!(
            !options.user_raw && !options.message_raw && !options.channel_raw && !options.presence
        );
        assert!(!options.recent_message && !options.limited_users && !options.marker);
    }

    #[test]
    fn include_html_beats_the_specific_switch() {
        let on = options(&[("include_html", true), ("include_message_html", false)]);
        assert!(on.message_html);
        let off = options(&[("include_html", false), ("include_user_html", true)]);
        assert!(!off.user_html && !off.channel_html);
    }

    #[test]
    fn annotations_are_shown_apart_from_raw() {
        let all = options(&[("include_annotations", true)]);
        assert!(all.channel_annotations && all.user_annotations && !all.channel_raw);
        let one = options(&[("include_post_annotations", true)]);
        assert!(one.post_annotations && !one.message_annotations && !one.post_raw);
    }

    #[test]
    fn raw_is_shown_if_either_switch_asks() {
        assert!(options(&[("include_raw", true), ("include_channel_raw", false)]).channel_raw);
        let only = options(&[("include_message_raw", true)]);
        assert!(only.message_raw && !only.channel_raw && !only.user_raw);
    }
}
