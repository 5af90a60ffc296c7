//! `connection_id`: the call also subscribes a user stream to what it reads.
//!
//! The subscription is made before the page is read, so that an event in between comes twice rather than
//! never. If the stream has cursors, page and stream meet exactly: its events wait while the page is read, and those that
//! the page holds are dropped.

use std::future::{Future, Ready, ready};
use std::sync::{Arc, OnceLock};

use actix_web::dev::Payload;
use actix_web::http::Method;
use actix_web::{FromRequest, HttpMessage, HttpRequest};

use super::Caller;
use crate::actors::NewSubscription;
use crate::event::Pos;
use crate::http::{ApiError, ApiResult, App, Reply};
use crate::model::{Failure, SubscriptionId};
use crate::protocol::filter::Filter;
use crate::protocol::query::Query;
use crate::protocol::topic::Topic;
use crate::store::Db;

/// The end of the log as a page was read; noted by requests that subscribe.
#[derive(Clone, Debug, Default)]
pub struct Seen(Option<Arc<OnceLock<Pos>>>);

impl Seen {
    /// That of a request: its handlers share it.
    pub fn of(request: &HttpRequest) -> Self {
        if !request.query_string().contains("connection_id") {
            return Self::default();
        }
        let mut extensions = request.extensions_mut();
        if let Some(known) = extensions.get::<Self>() {
            return known.clone();
        }
        let seen = Self(Some(Arc::default()));
        extensions.insert(seen.clone());
        seen
    }

    /// To be asked in the transaction that reads the items, so that the stream begins exactly behind them.
    ///
    /// # Errors
    /// The database is in trouble.
    pub fn note(&self, db: &mut Db<'_>) -> Result<(), Failure> {
        if let Some(seen) = &self.0 {
            // The first page of a request is the one that it subscribes to.
            seen.set(Pos(db.log_position()?)).unwrap_or_default();
        }
        Ok(())
    }

    fn get(&self) -> Option<Pos> {
        self.0.as_ref()?.get().copied()
    }
}

/// The subscription parameters of a request; most requests have none.
#[derive(Clone, Debug)]
pub struct Live {
    wanted: Option<Wanted>,
    seen: Seen,
}

#[derive(Clone, Debug)]
struct Wanted {
    connection: String,
    subscription: Option<SubscriptionId>,
    filter: Filter,
}

impl Live {
    fn parse(text: &str, seen: Seen) -> Self {
        if !text.contains("connection_id") {
            return Self { wanted: None, seen };
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
            seen,
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
            let subscribed = guard.keep(self.seen.get()).await?;
            reply.meta.subscription_id = Some(subscribed.id);
            reply.meta.cursor = subscribed.cursor.map(|cursor| cursor.to_string());
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
        ready(Ok(Self::parse(text, Seen::of(request))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_forward_pages_subscribe() {
        let wants = |text: &str| Live::parse(text, Seen::default()).wanted.is_some();
        assert!(wants("connection_id=abc"));
        assert!(wants("connection_id=abc&since_id=4&count=5"));
        assert!(!wants("connection_id=abc&before_id=9"));
        assert!(!wants("connection_id=abc&count=-5"));
        assert!(!wants("connection_id="));
        assert!(!wants("count=5"));
    }
}
