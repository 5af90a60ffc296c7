//! `connection_id`: the call also subscribes a user stream to what it reads.
//!
//! The subscription is made before the page is read, so that an event in between comes twice rather than
//! never.

use std::future::{Future, Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::Method;
use actix_web::{FromRequest, HttpRequest};

use super::Caller;
use crate::actors::NewSubscription;
use crate::http::{ApiError, ApiResult, App, Reply};
use crate::model::SubscriptionId;
use crate::protocol::filter::Filter;
use crate::protocol::query::Query;
use crate::protocol::topic::Topic;

/// The subscription parameters of a request; most requests have none.
#[derive(Clone, Debug)]
pub struct Live {
    wanted: Option<Wanted>,
}

#[derive(Clone, Debug)]
struct Wanted {
    connection: String,
    subscription: Option<SubscriptionId>,
    filter: Filter,
}

impl Live {
    fn parse(text: &str) -> Self {
        if !text.contains("connection_id") {
            return Self { wanted: None };
        }
        let query = Query::parse(text);
        // A request that pages backwards does not ask for new events.
        let backwards = query.has("before_id") || query.page().oldest;
        let connection = query.get("connection_id").filter(|_| !backwards);
        Self {
            wanted: connection.map(|connection| Wanted {
                connection: connection.to_owned(),
                subscription: query.get("subscription_id").map(SubscriptionId::from),
                filter: Filter::from_query(&query),
            }),
        }
    }

    /// Subscribes if asked to, then serves the page; `meta.subscription_id` names what came of it. An
    /// unknown or closed connection, or another user's, is ignored.
    pub async fn around(
        self,
        app: &App,
        caller: &Caller,
        topic: Topic,
        page: impl Future<Output = ApiResult>,
    ) -> ApiResult<Reply> {
        // User streams belong to users; apps use app streams.
        let Some(wanted) = self.wanted.filter(|_| caller.user().is_some()) else {
            return page.await;
        };
        let new = NewSubscription {
            connection: &wanted.connection,
            token: &caller.token,
            topic,
            filter: wanted.filter,
            id: wanted.subscription,
        };
        let guard = app.engine.subscribe(new).await?;
        let mut reply = page.await?;
        if let Some(guard) = guard {
            reply.meta.subscription_id = Some(guard.keep().await);
        }
        Ok(reply)
    }
}

impl FromRequest for Live {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        // A HEAD asks what a GET would answer, and changes nothing.
        let text = if request.method() == Method::HEAD {
            ""
        } else {
            request.query_string()
        };
        ready(Ok(Self::parse(text)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_forward_pages_subscribe() {
        let wants = |text: &str| Live::parse(text).wanted.is_some();
        assert!(wants("connection_id=abc"));
        assert!(wants("connection_id=abc&since_id=4&count=5"));
        assert!(!wants("connection_id=abc&before_id=9"));
        assert!(!wants("connection_id=abc&count=-5"));
        assert!(!wants("connection_id="));
        assert!(!wants("count=5"));
    }
}
