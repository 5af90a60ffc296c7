//! The connection for counts: it asks, answers, and tells again what this server holds.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Pipeline, RedisError, RedisResult, Value};
use smallvec::SmallVec;
use tokio::sync::{mpsc, oneshot};
use tokio::time::MissedTickBehavior;

use super::scripts::{Scripts, granted};
use super::{Ask, Grants, Held, Waiting};
use crate::bus::place::Place;
use crate::bus::trouble::Trouble;

/// To connect, and to be signed in.
const CONNECT: Duration = Duration::from_secs(3);

/// For an answer.
const ANSWER: Duration = Duration::from_secs(1);

/// Between two signs of life, of which five fit into the lease.
const BEAT: Duration = Duration::from_secs(2);

/// Before the first try to connect again, and the longest pause.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// Questions of one way to Redis and back.
const AT_ONCE: usize = 256;

/// Holders that are told in one.
const TOLD_AT_ONCE: usize = 1000;

/// How a session ends.
enum End {
    Trouble(Trouble),
    /// Nothing asks any more.
    Over,
}

impl From<RedisError> for End {
    fn from(error: RedisError) -> Self {
        Self::Trouble(error.into())
    }
}

/// A question that was sent, and what waits for its answer.
enum Sent {
    Calls(oneshot::Sender<Grants>),
    Hold(oneshot::Sender<bool>),
    Nothing,
}

/// What runs for the counts of this server.
pub(in crate::bus) struct Running {
    place: Place,
    epoch: String,
    node: String,
    waiting: Waiting,
    held: Arc<dyn Held>,
    /// What the log of the program said last: each change once.
    said: Option<Trouble>,
    /// A single count was refused, and the log says so.
    has_refused: bool,
}

impl Running {
    pub(in crate::bus) fn new(
        place: Place,
        epoch: &str,
        waiting: Waiting,
        held: Arc<dyn Held>,
    ) -> Self {
        Self {
            place,
            epoch: epoch.to_owned(),
            node: format!("{:016x}", rand::random::<u64>()),
            waiting,
            held,
            said: None,
            has_refused: false,
        }
    }

    /// As long as anything may ask.
    pub(in crate::bus) async fn run(mut self) {
        let mut pause = FIRST_PAUSE;
        loop {
            let end = self.session().await;
            if self.waiting.state.set_works(false) {
                (self.said, pause) = (None, FIRST_PAUSE);
            }
            let trouble = match end {
                Ok(()) | Err(End::Over) => return,
                Err(End::Trouble(trouble)) => trouble,
            };
            if self.said.as_ref() != Some(&trouble) {
                tracing::warn!(redis = %self.place, %trouble, "calls and open streams are counted by each server");
                self.said = Some(trouble);
            }
            let spread = 0.5 + 0.5 * rand::random::<f64>();
            if !self.drop_for(pause.mul_f64(spread)).await {
                return;
            }
            pause = (2 * pause).min(LONGEST_PAUSE);
        }
    }

    /// Drops what asks: it decides without an answer. Whether anything may still ask.
    async fn drop_for(&mut self, pause: Duration) -> bool {
        let over = tokio::time::sleep(pause);
        tokio::pin!(over);
        loop {
            tokio::select! {
                () = &mut over => return true,
                ask = self.waiting.asks.recv() => {
                    if ask.is_none() {
                        return false;
                    }
                }
            }
        }
    }

    async fn session(&mut self) -> Result<(), End> {
        let (mut connection, scripts) = self.connect().await?;
        self.tell_all(&mut connection, &scripts).await?;
        if self.waiting.state.set_works(true) {
            tracing::info!(redis = %self.place, "calls and open streams are counted over all servers");
        }
        let mut beats = tokio::time::interval(BEAT);
        beats.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                ask = self.waiting.asks.recv() => {
                    let first = ask.ok_or(End::Over)?;
                    let asks = rest(first, &mut self.waiting.asks);
                    self.exchange(&mut connection, &scripts, asks).await?;
                }
                _ = beats.tick() => self.beat(&mut connection, &scripts).await?,
            }
            self.waiting.state.set_works(true);
        }
    }

    async fn connect(&self) -> Result<(MultiplexedConnection, Scripts), End> {
        let opening = async {
            let config = AsyncConnectionConfig::new()
                .set_connection_timeout(Some(CONNECT))
                .set_response_timeout(Some(ANSWER));
            let client = &self.place.client;
            let connecting = client.get_multiplexed_async_connection_with_config(&config);
            let mut connection = connecting.await?;
            let scripts = Scripts::load(&mut connection, &self.epoch, &self.node).await?;
            Ok((connection, scripts))
        };
        match tokio::time::timeout(2 * CONNECT, opening).await {
            Ok(opened) => opened,
            Err(_) => Err(End::Trouble(Trouble::Silent)),
        }
    }

    /// All that this server holds. What changes meanwhile is told behind it.
    async fn tell_all(
        &self,
        connection: &mut MultiplexedConnection,
        scripts: &Scripts,
    ) -> Result<(), End> {
        self.waiting.state.is_stale.store(false, Ordering::Release);
        let mut pipe = Pipeline::new();
        pipe.add_command(scripts.forget());
        let all = self.held.all();
        for some in all.chunks(TOLD_AT_ONCE) {
            for holder in some {
                let count = self.held.count(*holder);
                pipe.add_command(scripts.set(holder.number(&self.waiting.key), count));
            }
            pipe.query_async::<Vec<Value>>(connection).await?;
            pipe = Pipeline::new();
        }
        pipe.add_command(scripts.beat());
        pipe.query_async::<Vec<Value>>(connection).await?;
        Ok(())
    }

    async fn beat(
        &self,
        connection: &mut MultiplexedConnection,
        scripts: &Scripts,
    ) -> Result<(), End> {
        let known = scripts.beat().query_async::<bool>(connection).await?;
        let is_stale = self.waiting.state.is_stale.load(Ordering::Acquire);
        if is_stale || (!known && !self.held.all().is_empty()) {
            self.tell_all(connection, scripts).await?;
        }
        Ok(())
    }

    async fn exchange(
        &mut self,
        connection: &mut MultiplexedConnection,
        scripts: &Scripts,
        asks: Vec<Ask>,
    ) -> Result<(), End> {
        let (mut pipe, mut sent) = (Pipeline::new(), Vec::with_capacity(asks.len()));
        for ask in asks {
            match ask {
                // Decided already, since it took too long.
                Ask::Calls { answer, .. } if answer.is_closed() => {}
                Ask::Calls { wants, answer } => {
                    pipe.add_command(scripts.calls(&wants));
                    sent.push(Sent::Calls(answer));
                }
                Ask::Charge { want, cost } => {
                    pipe.add_command(scripts.charge(&want, cost));
                    sent.push(Sent::Nothing);
                }
                Ask::Hold {
                    holder,
                    limit,
                    answer,
                } => {
                    // As it is now: what changes behind it is told behind it.
                    let count = self.held.count(holder);
                    pipe.add_command(scripts.hold(holder.number(&self.waiting.key), count, limit));
                    sent.push(Sent::Hold(answer));
                }
                Ask::Changed(holder) => {
                    let count = self.held.count(holder);
                    pipe.add_command(scripts.set(holder.number(&self.waiting.key), count));
                    sent.push(Sent::Nothing);
                }
            }
        }
        if sent.is_empty() {
            return Ok(());
        }
        // One that is refused takes no other with it.
        let asked = pipe.ignore_errors();
        let all = asked
            .query_async::<Vec<RedisResult<Value>>>(connection)
            .await?;
        for (sent, answer) in sent.into_iter().zip(all) {
            match answer {
                Ok(answer) => hand_over(sent, &answer),
                // What waits for it decides without it.
                Err(error) => self.note_refusal(error)?,
            }
        }
        Ok(())
    }

    /// A count that Redis cannot make with what is under its key concerns that count alone. Any other refusal concerns all.
    fn note_refusal(&mut self, error: RedisError) -> Result<(), End> {
        let code = match error.code() {
            Some(code @ ("ERR" | "WRONGTYPE")) => code.to_owned(),
            Some(_) | None => return Err(error.into()),
        };
        if !std::mem::replace(&mut self.has_refused, true) {
            tracing::warn!(redis = %self.place, %code, "Redis refuses a count: each server counts that one for itself");
        }
        Ok(())
    }
}

/// What waits besides.
fn rest(first: Ask, asks: &mut mpsc::Receiver<Ask>) -> Vec<Ask> {
    let mut all = vec![first];
    while all.len() < AT_ONCE
        && let Ok(ask) = asks.try_recv()
    {
        all.push(ask);
    }
    all
}

/// One that waits no longer has decided without it.
fn hand_over(sent: Sent, answer: &Value) {
    match sent {
        Sent::Calls(waits) => {
            if let Some(grants) = granted(answer) {
                let _late: Result<(), SmallVec<_>> = waits.send(grants);
            }
        }
        Sent::Hold(waits) => {
            if let Value::Int(may) = answer {
                let _late = waits.send(*may != 0);
            }
        }
        Sent::Nothing => {}
    }
}
