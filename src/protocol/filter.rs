//! What a subscription leaves out: the filter parameters of the call that made it.

use super::query::Query;
use super::render_class::RenderClass;

/// Filters of one subscription. The default lets everything pass but muted users.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filter {
    /// Inbox: only channels of these types.
    pub channel_types: Option<Box<[String]>>,
    /// Inbox: 0 leaves out channels that have nothing unread after the event.
    pub include_read: bool,
    /// 1 keeps what muted users do.
    pub include_muted: bool,
    /// 0 leaves out deletions.
    pub include_deleted: bool,
    /// Presence: 1 keeps users whom the viewer does not follow.
    pub include_not_followed: bool,
    /// Raw switches of the call: added to the connection's for frames that match this subscription.
    pub raw: RenderClass,
}

impl Default for Filter {
    fn default() -> Self {
        Self::from_query(&Query::default())
    }
}

impl Filter {
    /// Reads the parameters of the subscribing call.
    pub fn from_query(query: &Query) -> Self {
        let types = query.list("channel_types");
        Self {
            channel_types: (!types.is_empty()).then(|| types.into()),
            include_read: query.flag("include_read", true),
            include_muted: query.flag("include_muted", false),
            include_deleted: query.flag("include_deleted", true),
            include_not_followed: query.flag("include_not_followed", false),
            raw: RenderClass::raw_from_query(query),
        }
    }

    /// Whether messages pass without a look at each: such listeners are served by the fast walk.
    pub fn is_plain(&self) -> bool {
        self.channel_types.is_none()
            && self.include_read
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
