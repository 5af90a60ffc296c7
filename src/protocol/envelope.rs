//! The envelope of every response: `{"meta": …, "data": …}`.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use crate::model::{Page, Refused, SubscriptionId};

/// `meta` of a response. Optional fields are omitted, never null.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Meta {
    /// Copy of the HTTP status.
    pub code: u16,
    /// The range holds more than was returned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub more: Option<bool>,
    /// Highest pagination id of the page; set together with `min_id` or not at all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_id: Option<String>,
    /// Lowest pagination id of the page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_id: Option<String>,
    /// Stream marker of a markable stream.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub marker: Option<Value>,
    /// Deleted since `since_id` was written; absent when there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub deleted_ids: Vec<String>,
    /// Revised since `since_id` was written; absent when there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub revised_ids: Vec<String>,
    /// Unread channels by type.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unread_counts: Option<BTreeMap<String, i64>>,
    /// The request also subscribed a user stream.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subscription_id: Option<SubscriptionId>,
    /// Where the subscribed stream goes on, if it has cursors.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    /// The request carried `update_presence`; whether the presence was set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub updated_presence: Option<bool>,
    /// Where to ask what became of work that goes on behind the answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status_url: Option<String>,
    /// For humans; on every error.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_message: Option<String>,
    /// For programs; on every error.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_slug: Option<&'static str>,
    /// The id under which the server's log holds the cause.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_id: Option<String>,
    /// Seconds until requests are accepted again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_in: Option<u64>,
}

impl Meta {
    /// Only a code.
    pub fn new(code: u16) -> Self {
        Self {
            code,
            more: None,
            max_id: None,
            min_id: None,
            marker: None,
            deleted_ids: Vec::new(),
            revised_ids: Vec::new(),
            unread_counts: None,
            subscription_id: None,
            cursor: None,
            updated_presence: None,
            status_url: None,
            error_message: None,
            error_slug: None,
            error_id: None,
            retry_in: None,
        }
    }

    /// 200.
    pub fn ok() -> Self {
        Self::new(200)
    }

    /// Adds `more`, and the ids of the page unless it is empty. If it was not searched to its end, the place where that
    /// stopped is one of them.
    #[must_use]
    pub fn paged<T>(mut self, page: &Page<T>) -> Self {
        self.more = Some(page.more);
        let ids = || page.items.iter().map(|(id, _)| *id).chain(page.edge);
        self.max_id = ids().max().map(|id| id.to_string());
        self.min_id = ids().min().map(|id| id.to_string());
        self
    }

    /// The `meta` of a refusal.
    pub fn refused(refused: &Refused) -> Self {
        let mut meta = Self::new(refused.refusal.code());
        meta.error_message = Some(refused.message());
        meta.error_slug = Some(refused.refusal.slug());
        meta
    }
}

/// A response; without `data` if it is an error or has no content.
#[derive(Debug, Serialize)]
pub struct Envelope<'a, T> {
    /// `meta`
    pub meta: &'a Meta,
    /// `data`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<&'a T>,
}

impl<'a, T: Serialize> Envelope<'a, T> {
    /// With data.
    pub fn new(meta: &'a Meta, data: &'a T) -> Self {
        Self {
            meta,
            data: Some(data),
        }
    }

    /// As bytes; indented for human readers.
    pub fn bytes(&self, pretty: bool) -> Result<Vec<u8>, serde_json::Error> {
        if pretty {
            serde_json::to_vec_pretty(self)
        } else {
            serde_json::to_vec(self)
        }
    }
}

impl<'a> Envelope<'a, ()> {
    /// Meta alone.
    pub fn bare(meta: &'a Meta) -> Self {
        Self { meta, data: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Refusal;

    fn text<T: Serialize>(envelope: &Envelope<'_, T>) -> String {
        String::from_utf8(envelope.bytes(false).unwrap()).unwrap()
    }

    #[test]
    fn a_page_names_its_ids_and_an_empty_one_does_not() {
        let page = Page {
            items: vec![(812, "a"), (793, "b")],
            more: true,
            edge: None,
        };
        let meta = Meta::ok().paged(&page);
        assert_eq!(
            text(&Envelope::new(&meta, &["a", "b"])),
            r#"{"meta":{"code":200,"more":true,"max_id":"812","min_id":"793"},"data":["a","b"]}"#
        );
        let empty: Page<&str> = Page {
            items: Vec::new(),
            more: false,
            edge: None,
        };
        let mut meta = Meta::ok().paged(&empty);
        meta.deleted_ids = vec![String::from("244")];
        assert_eq!(
            text(&Envelope::new(&meta, &Vec::<()>::new())),
            r#"{"meta":{"code":200,"more":false,"deleted_ids":["244"]},"data":[]}"#
        );
    }

    #[test]
    fn a_page_that_a_bound_ended_names_where_it_ended() {
        let page = Page {
            items: vec![(812, "a")],
            more: true,
            edge: Some(500),
        };
        let meta = Meta::ok().paged(&page);
        let ids = (meta.max_id.as_deref(), meta.min_id.as_deref());
        assert_eq!(ids, (Some("812"), Some("500")));
    }

    #[test]
    fn a_refusal_has_no_data() {
        let meta = Meta::refused(&Refusal::TokenRequired.into());
        assert_eq!(
            text(&Envelope::bare(&meta)),
            r#"{"meta":{"code":401,"error_message":"Access token required.","error_slug":"token-required"}}"#
        );
    }
}
