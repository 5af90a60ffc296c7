//! A long poll: a request waits for the next events of an app stream and is answered with them.
//!
//! It is a connection of the stream while it waits, and nothing before and behind that: it takes a place among the streams
//! in use, is judged and filtered as a websocket is, and costs as much. What its client has to keep is the cursor of the
//! answer. Events that have no room in an answer are dropped here, and read in the log for the next one.

use std::convert::Infallible;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;

use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};
use futures_util::FutureExt as _;
use tokio::sync::oneshot;
use tokio::time::{Instant, timeout_at};

use super::begin::{Begun, Shape, begin};
use super::gathered::Gathered;
use crate::actors::shard::control::Control;
use crate::actors::shard::mail::FanOutBatch;
use crate::actors::shard::socket::Socket;
use crate::actors::shard::state::{ConnectionHandle, ConnectionRef, Identity};
use crate::event::Pos;
use crate::fault::{Seeded, seeded};
use crate::model::{Failure, Refusal};
use crate::protocol::cursor::Cursor;
use crate::protocol::framing::Framing;
use crate::protocol::goodbye::Goodbye;
use crate::protocol::query::Query;
use crate::protocol::render_class::RenderClass;
use crate::telemetry::Counter;
use crate::ws::gate::Gate;

/// Longest wait, in seconds. Many proxies give up a request after a minute.
const LONGEST: u64 = 60;

/// How long what was missed is looked through, even for a request that does not wait. An answer says how far that went.
const LOOKING_BACK: Duration = Duration::from_secs(5);

/// What a waiting request is told.
enum News {
    /// Events came, or a sign of life.
    Sent,
    /// What was missed is behind it.
    Live,
    /// The connection is over.
    Over,
}

/// A request that waits.
struct Waiting<'g> {
    gate: &'g Gate,
    connection: ConnectionRef,
    socket: Rc<Socket>,
    /// Everything up to here was received before.
    begin: Pos,
    gathered: Gathered,
}

/// The `wait` of a request for an app stream.
pub(super) fn asked_by(request: &HttpRequest) -> Option<String> {
    let is_app = matches!(request.path().trim_end_matches('/'), "/v1/app" | "/app");
    let query = Query::parse(request.query_string());
    query.sent("wait").filter(|_| is_app).map(str::to_owned)
}

/// What an answer begins with.
pub(super) fn head() -> HttpResponseBuilder {
    let mut answer = HttpResponse::Ok();
    answer
        .insert_header((CONTENT_TYPE, "application/json"))
        .insert_header((CACHE_CONTROL, "no-store"));
    answer
}

/// Waits for events, and answers with them.
///
/// # Errors
/// The stream is refused, or its right to be heard ended meanwhile.
pub(super) async fn answer(
    gate: &Gate,
    request: &HttpRequest,
    wait: &str,
) -> Result<HttpResponse, Failure> {
    let seconds = wait.parse().ok().filter(|seconds| *seconds <= LONGEST);
    let wait = Duration::from_secs(seconds.ok_or_else(|| Refusal::Invalid.at("wait"))?);
    let began = Instant::now();
    let (told, gone) = oneshot::channel::<Infallible>();
    let query = Query::parse(request.query_string());
    let begun = begin(gate, request, request.uri(), |_, _| Shape {
        framing: Framing::Lines,
        display: RenderClass::from_query(&query).with(RenderClass::CURSOR),
        // A request is answered before a queue of its could be full.
        control: Control::Unasked,
        gone: Some(told),
    });
    let Begun {
        carried,
        connection,
        id,
        identity,
        opened,
        proof,
    } = begun.await?;
    gate.shared.metrics.add(Counter::LongPolls, 1);
    let mut waiting = Waiting {
        gate,
        connection,
        socket: carried.socket().clone(),
        begin: opened.at,
        gathered: Gathered::default(),
    };
    opened.catch_up(gate.shared.clone(), gate.shard.clone(), connection, id);
    gate.check_again(proof.as_ref(), connection).await;
    let reached = waiting.until(began, wait).await;
    drop(carried);
    // Its place is free before the answer leaves: the client may ask again at once. Nothing is ever said on this way.
    drop(gone.await);
    if let Some(cluster) = &gate.shared.cluster {
        // On whichever node it does. A database in trouble keeps it a little longer.
        drop(cluster.places().are_free().await);
    }
    let reached = Pos(reached?.0 + i64::from(seeded(Seeded::PollCursorAhead)));
    if seeded(Seeded::PollKeepsPlace)
        && let Identity::App(stream, ..) = &identity
    {
        std::mem::forget(gate.shared.app_permits.take(stream.client.clone()));
    }
    let cursor = Cursor::at(gate.shared.log.ring().epoch(), reached);
    Ok(head().body(waiting.gathered.body(&cursor)))
}

impl Waiting<'_> {
    /// Waits for events; at the latest until the time is over. Gives the position up to which all of them are gathered.
    async fn until(&mut self, began: Instant, wait: Duration) -> Result<Pos, Failure> {
        let mut is_live = self.of_handle(|handle| handle.catching_up.is_none());
        while !self.gathered.is_full() {
            let due = match (is_live.unwrap_or(true), self.gathered.is_empty()) {
                (true, true) => began + wait,
                // What came at the same time is taken along.
                (true, false) => began,
                (false, true) => began + wait.max(LOOKING_BACK),
                (false, false) => began + LOOKING_BACK,
            };
            match timeout_at(due, self.news(is_live)).await {
                Ok(News::Sent) => {}
                Ok(News::Live) => is_live = Some(true),
                Ok(News::Over) => return self.over(),
                Err(_elapsed) => break,
            }
        }
        let quiet = match (self.gathered.is_empty(), is_live) {
            (true, Some(true)) => self.delivered().await,
            (true, _) | (false, _) => None,
        };
        // What came until now belongs to the position that is said; nothing is waited for any more.
        while !self.gathered.is_full() {
            match self.news(Some(true)).now_or_never() {
                Some(News::Sent) => {}
                Some(News::Over) => return self.over(),
                Some(News::Live) | None => break,
            }
        }
        let reached = self.gathered.reached().unwrap_or(self.begin);
        if self.gathered.is_full() && !seeded(Seeded::PollDropsRest) {
            return Ok(reached);
        }
        let looked_through = self.of_handle(|handle| handle.from);
        let known = [Some(reached), Some(self.begin), looked_through, quiet];
        Ok(known.into_iter().flatten().max().unwrap_or(reached))
    }

    /// Asks the handle of the connection, while it is open.
    fn of_handle<T>(&self, ask: impl FnOnce(&ConnectionHandle) -> T) -> Option<T> {
        let state = self.gate.shard.state.borrow();
        state.connections.find_open(self.connection).map(ask)
    }

    /// What happens next.
    async fn news(&mut self, was_live: Option<bool>) -> News {
        poll_fn(|cx| {
            let is_live = self.of_handle(|handle| handle.catching_up.is_none());
            if is_live.is_none() {
                return Poll::Ready(News::Over);
            }
            match self.socket.poll_take(cx, usize::MAX) {
                Poll::Ready(Some(lines)) => {
                    self.gathered.add(&lines);
                    Poll::Ready(News::Sent)
                }
                Poll::Ready(None) => Poll::Ready(News::Over),
                Poll::Pending if is_live != was_live => Poll::Ready(News::Live),
                Poll::Pending => Poll::Pending,
            }
        })
        .await
    }

    /// The position up to which the shard was sent all events, once it has sent them on. A connection that hears nothing is
    /// told of no event, so this is asked at the end of its wait.
    async fn delivered(&self) -> Option<Pos> {
        let Gate { shared, shard, .. } = self.gate;
        if seeded(Seeded::PollDoesNotWaitForShard) {
            return Some(shared.log.ring().head());
        }
        let delivered = shared.log.ring().handed_over();
        let mailbox = shared.shards.get(shard.id)?;
        // A shard that has too much to do leaves the client with an earlier position: more is looked through for the next
        // answer.
        let sent_on = mailbox.ask(FanOutBatch(Vec::new())).await;
        sent_on.ok().map(|()| delivered)
    }

    /// The connection was closed. The client may ask again, or is told why not.
    fn over(&self) -> Result<Pos, Failure> {
        let closing = {
            let state = self.gate.shard.state.borrow();
            let handle = state.connections.find(self.connection);
            handle.and_then(|handle| handle.closing)
        };
        match closing {
            Some(Goodbye::TokenRevoked | Goodbye::Disabled) => Err(Refusal::TokenInvalid.into()),
            Some(Goodbye::StreamDeleted) => Err(Refusal::StreamNotFound.into()),
            // What was missed could not be read: an empty answer would be asked again at once.
            Some(Goodbye::Incomplete) if self.gathered.is_empty() => Err(Failure::Busy),
            // What waited was dropped with the connection, and is read in the log for the next answer.
            #[rustfmt::skip]
            None | Some(
                Goodbye::Asked | Goodbye::GoingAway | Goodbye::ProtocolFault | Goodbye::NotUtf8
                | Goodbye::TooBig | Goodbye::Silent | Goodbye::Unclaimed | Goodbye::TakenOver
                | Goodbye::Slow | Goodbye::Incomplete,
            ) => Ok(self.gathered.reached().unwrap_or(self.begin)),
        }
    }
}
