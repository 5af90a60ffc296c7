//! From what waits to messages on the channel, in order.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use redis::aio::MultiplexedConnection;
use tokio::sync::mpsc;
use tokio::time::{Interval, MissedTickBehavior};

use super::Handle;
use super::sealing::{Kind, Seal, Sent};
use super::trouble::Trouble;
use crate::store::{Parcel, WaitingParcel};
use crate::telemetry::Counter;

/// Between two signs of life. What comes back of any message is one too, but a quiet server has nothing to say.
const BEAT: Duration = Duration::from_millis(500);

/// Between two comparisons of what the servers hold in common.
const DIGEST: Duration = Duration::from_secs(5);

/// Bytes of a message. Of a longer commit the others are told the positions alone.
const LONGEST: usize = 1 << 20;

/// Bytes of messages that wait for one answer of Redis.
const AT_ONCE: usize = 4 << 20;

/// The same of what is not committed: commits that come meanwhile do not wait for all of it.
const PASSING_AT_ONCE: usize = 256 << 10;

/// What is to be sent.
pub(super) struct Publishing {
    channel: String,
    seal: Seal,
    handle: Arc<Handle>,
    parcels: mpsc::Receiver<WaitingParcel>,
    passing: mpsc::Receiver<(Kind, Bytes)>,
    /// The number of the last message.
    sent: AtomicU64,
}

impl Publishing {
    pub(super) fn new(
        channel: String,
        seal: Seal,
        handle: Arc<Handle>,
        parcels: mpsc::Receiver<WaitingParcel>,
        passing: mpsc::Receiver<(Kind, Bytes)>,
    ) -> Self {
        Self {
            channel,
            seal,
            handle,
            parcels,
            passing,
            sent: AtomicU64::new(0),
        }
    }

    /// Sends until that fails. `digest` gives what the servers compare.
    pub(super) async fn run(
        &mut self,
        connection: &mut MultiplexedConnection,
        digest: impl Fn() -> Bytes,
    ) -> Trouble {
        let (mut beats, mut digests) = (every(BEAT), every(DIGEST));
        loop {
            // What was noticed first must not overtake the commits that were waiting before it.
            let mut messages = Vec::new();
            let mut late = Vec::new();
            tokio::select! {
                Some(parcel) = self.parcels.recv() => messages.push(self.commit(&parcel)),
                Some((kind, content)) = self.passing.recv() => late.push(self.message(kind, &[&content])),
                _ = beats.tick() => late.push(self.message(Kind::Beat, &[])),
                _ = digests.tick() => late.push(self.message(Kind::Presence, &[&digest()])),
            }
            while let Ok(parcel) = self.parcels.try_recv() {
                messages.push(self.commit(&parcel));
            }
            let commits = messages.len();
            let mut passing: usize = late.iter().map(Vec::len).sum();
            messages.append(&mut late);
            while passing < PASSING_AT_ONCE
                && let Ok((kind, content)) = self.passing.try_recv()
            {
                passing += content.len();
                messages.push(self.message(kind, &[&content]));
            }
            if let Err(error) = self.send(connection, messages).await {
                let lost = u64::try_from(commits).unwrap_or(u64::MAX);
                self.handle.metrics.add(Counter::BusDropped, lost);
                return error.into();
            }
            let sent = u64::try_from(commits).unwrap_or(u64::MAX);
            self.handle.metrics.add(Counter::BusPublished, sent);
        }
    }

    /// Drops what is to be sent, for so long. Whether there is still anything to be sent for.
    pub(super) async fn drop_for(&mut self, pause: Duration) -> bool {
        let over = tokio::time::sleep(pause);
        tokio::pin!(over);
        loop {
            tokio::select! {
                () = &mut over => return true,
                parcel = self.parcels.recv() => match parcel {
                    Some(_) => self.handle.metrics.add(Counter::BusDropped, 1),
                    // The store is gone.
                    None => return false,
                },
                Some(_) = self.passing.recv() => {}
            }
        }
    }

    fn message(&self, kind: Kind, content: &[&[u8]]) -> Vec<u8> {
        // The moment, which says how long it was on its way, and another one for each message.
        let now = self.handle.state.now();
        let number = now.max(self.sent.load(Ordering::Relaxed) + 1);
        self.sent.store(number, Ordering::Relaxed);
        let at = self.handle.clock.now();
        self.seal.close(Sent { number, at }, kind, content)
    }

    fn commit(&self, parcel: &Parcel) -> Vec<u8> {
        let first = parcel.first.0.to_le_bytes();
        let last = parcel.last.0.to_le_bytes();
        match parcel.rows.len() <= LONGEST {
            true => self.message(Kind::Rows, &[&first, &last, &parcel.rows]),
            false => self.message(Kind::Long, &[&first, &last]),
        }
    }

    async fn send(
        &self,
        connection: &mut MultiplexedConnection,
        messages: Vec<Vec<u8>>,
    ) -> redis::RedisResult<()> {
        let (mut pipe, mut bytes) = (redis::pipe(), 0);
        for message in messages {
            bytes += message.len();
            pipe.cmd("PUBLISH").arg(&self.channel).arg(message).ignore();
            if bytes >= AT_ONCE {
                pipe.query_async::<()>(connection).await?;
                (pipe, bytes) = (redis::pipe(), 0);
            }
        }
        if bytes > 0 {
            pipe.query_async::<()>(connection).await?;
        }
        Ok(())
    }
}

/// From now on.
fn every(pause: Duration) -> Interval {
    let mut interval = tokio::time::interval(pause);
    interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
    interval
}
