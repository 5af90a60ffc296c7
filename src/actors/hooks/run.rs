//! The task of one hook: reads, posts, keeps how far it is.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use super::changes::{Change, Changes};
use super::end::{End, switch_off};
use super::keeping::{Keeping, Kept};
use super::lane::{Lanes, Letter, jittered};
use super::poster::{Outcome, Poster, Posting};
use super::reading::Reader;
use super::registry::{HookKey, Order, Registration};
use super::replays::Replays;
use crate::actors::Shared;
use crate::model::{DeadLetter, Failure, Hook, HookFault, HookOff, Stamp};
use crate::store::HookPlace;
use crate::telemetry::Counter;

/// Before the next try when the database is busy.
const BUSY: Duration = Duration::from_secs(1);

/// What a task is made of.
pub struct HookRun {
    /// What all actors share.
    pub shared: Arc<Shared>,
    /// Its place among the running ones.
    pub registration: Registration,
    /// Which stream.
    pub key: HookKey,
    /// Where to.
    pub hook: Arc<Hook>,
    /// Finds what there is.
    pub reader: Reader,
    /// Keeps the order.
    pub lanes: Lanes,
    /// What happens to the hook itself.
    pub changes: Changes,
    /// The positions that the database has.
    pub saved: Vec<i64>,
}

/// What is being posted.
#[derive(Debug)]
enum Job {
    /// The first letter of a lane.
    Lane(usize),
    /// A dead letter.
    Replay(DeadLetter),
}

/// A task at work.
struct Work {
    shared: Arc<Shared>,
    registration: Registration,
    key: HookKey,
    hook: Arc<Hook>,
    poster: Arc<Poster>,
    reader: Reader,
    lanes: Lanes,
    changes: Changes,
    replays: Replays,
    posting: JoinSet<(Job, Outcome)>,
    failing_since: Option<Stamp>,
    keeping: Keeping,
    busy_until: Option<Instant>,
}

impl HookRun {
    /// Until the hook ends.
    pub async fn run(self) {
        let saved = (self.saved, self.hook.failing_since);
        let mut work = Work {
            poster: self.shared.hooks.poster(),
            shared: self.shared,
            registration: self.registration,
            key: self.key,
            failing_since: self.hook.failing_since,
            hook: self.hook,
            reader: self.reader,
            lanes: self.lanes,
            changes: self.changes,
            replays: Replays::default(),
            posting: JoinSet::new(),
            keeping: Keeping::new(saved),
            busy_until: None,
        };
        let mut orders = work.registration.orders.clone();
        let end = tokio::select! {
            order = orders.wait_for(|order| End::by(*order).is_some()) => {
                order.ok().and_then(|order| End::by(*order)).unwrap_or(End::Told)
            }
            end = work.go_on() => end,
        };
        work.posting.abort_all();
        // The copy would make the end of the registration invisible.
        drop(orders);
        work.end(end).await;
    }
}

impl Work {
    async fn go_on(&mut self) -> End {
        let mut head = self.shared.log.ring().watch();
        let mut orders = self.registration.orders.clone();
        let nudge = Arc::clone(&self.registration.nudge);
        loop {
            head.mark_unchanged();
            let is_draining = *orders.borrow_and_update() != Order::Run;
            if is_draining && self.posting.is_empty() {
                return End::Told;
            }
            let has_more = match is_draining {
                true => false,
                false => match self.turn().await {
                    Ok(has_more) => has_more,
                    Err(end) => return end,
                },
            };
            let now = Instant::now();
            let wake = match has_more {
                true => now,
                false => self.wake_at(now, is_draining),
            };
            let known = &self.registration.known;
            known.waiting.store(self.lanes.bytes(), Ordering::Relaxed);
            known
                .reached
                .store(self.lanes.farthest().0, Ordering::Relaxed);
            let done = tokio::select! {
                done = self.posting.join_next(), if !self.posting.is_empty() => done,
                _changed = head.changed(), if !is_draining => None,
                _changed = orders.changed() => None,
                () = nudge.notified() => { self.replays.want(); None }
                () = tokio::time::sleep_until(wake.into()) => None,
            };
            // A post that panicked leaves its lane as if it were posting: the task of the hook is started again.
            let settled = match done {
                Some(Ok((job, outcome))) => self.settle(job, outcome).await,
                Some(Err(_panicked)) => Err(End::Told),
                None => Ok(()),
            };
            if let Err(end) = settled {
                return end;
            }
            // The sweep begins it again if its place is only lost.
            if self.keeping.is_due() && !self.save().await {
                return End::Moved;
            }
        }
    }

    /// Reads a page and begins what is due. Says whether there is more to read at once.
    async fn turn(&mut self) -> Result<bool, End> {
        if self.busy_until.is_some_and(|until| until > Instant::now()) {
            return Ok(false);
        }
        let turned = self.read().await;
        let has_more = match turned {
            Err(Failure::Stopping) => return Err(End::Told),
            Err(failure) => {
                // What was read in part is not known well.
                tracing::warn!(%failure, "a webhook could not read on");
                self.reader.forget();
                self.busy_until = Some(Instant::now() + BUSY);
                false
            }
            Ok(Err(end)) => return Err(end),
            Ok(Ok(has_more)) => has_more,
        };
        self.begin();
        Ok(has_more)
    }

    async fn read(&mut self) -> Result<Result<bool, End>, Failure> {
        let head = self.shared.log.ring().head();
        for change in self.changes.until(head, &self.shared.log).await? {
            match change {
                Change::Deleted => return Ok(Err(End::Gone)),
                Change::TokenRevoked => return Ok(Err(End::Off(HookOff::TokenRevoked))),
                Change::Rights(lane) => self.lanes.read_again(lane),
            }
        }
        if let Some(from) = self.lanes.next_read(head) {
            let lanes = &self.lanes;
            let wants = |lane, pos| lanes.wants(lane, from, pos);
            let page = self.reader.page(from, wants).await?;
            self.lanes.take(page.letters, (from, page.reached));
        }
        self.begin_replay().await?;
        Ok(Ok(self.lanes.next_read(head).is_some()))
    }

    fn begin(&mut self) {
        for (lane, attempt, letter) in self.lanes.begin(Instant::now()) {
            self.post(Job::Lane(lane), attempt, letter);
        }
    }

    async fn begin_replay(&mut self) -> Result<(), Failure> {
        if !self.replays.is_due() {
            return Ok(());
        }
        let epoch = Arc::clone(self.shared.log.ring().epoch());
        let beside = (&*epoch, &self.shared.store);
        let next = self.replays.next(&self.key, &mut self.reader, beside);
        if let Some((dead, letter)) = next.await? {
            let attempt = dead.attempts.saturating_add(1);
            self.post(Job::Replay(dead), attempt, letter);
        }
        Ok(())
    }

    fn post(&mut self, job: Job, attempt: u32, letter: Letter) {
        let posting = Posting {
            hook: Arc::clone(&self.hook),
            key: self.key.1.clone(),
            letter,
            attempt,
        };
        let (poster, shared) = (Arc::clone(&self.poster), Arc::clone(&self.shared));
        self.posting.spawn(async move {
            let outcome = poster.post(&posting, || shared.store.now()).await;
            (job, outcome)
        });
    }

    async fn settle(&mut self, job: Job, outcome: Outcome) -> Result<(), End> {
        let now = self.shared.store.now();
        self.count(outcome);
        match outcome {
            Outcome::Delivered => self.failing_since = None,
            Outcome::Failed { .. } => {
                self.failing_since.get_or_insert(now);
            }
        }
        match job {
            Job::Replay(dead) => {
                let beside = (now, &self.shared.store);
                if let Err(failure) = self.replays.settle(dead, outcome, beside).await {
                    tracing::warn!(%failure, "how a replay ended was not written down");
                }
            }
            Job::Lane(lane) => match outcome {
                Outcome::Delivered => self.lanes.settle(lane),
                Outcome::Failed {
                    fault,
                    status,
                    retry_after,
                } => self.fail(lane, (fault, status), retry_after).await?,
            },
        }
        let longest = Duration::from_millis(self.shared.hooks.settings().failing_ms);
        match self.failing_since {
            Some(since) if since.plus(longest) <= now => Err(End::Off(HookOff::Failing)),
            Some(_) | None => Ok(()),
        }
    }

    fn count(&self, outcome: Outcome) {
        let counter = match outcome {
            Outcome::Delivered => Counter::WebhookDeliveries,
            Outcome::Failed { .. } => Counter::WebhookFailures,
        };
        self.shared.metrics.add(counter, 1);
    }

    async fn fail(
        &mut self,
        lane: usize,
        said: (HookFault, Option<u16>),
        retry_after: Option<Duration>,
    ) -> Result<(), End> {
        let Some((letter, failed)) = self.lanes.fail(lane) else {
            return Ok(());
        };
        let pauses = &self.shared.hooks.settings().retry_ms;
        if let Some(pause) = pauses.after(failed) {
            let pause = jittered(pause, retry_after, pauses.longest());
            self.lanes.pause(lane, Instant::now() + pause);
            return Ok(());
        }
        self.bury(lane, &letter, failed, said).await
    }

    /// Gives a letter up: it becomes a dead letter in the same transaction in which the lane goes on.
    async fn bury(
        &mut self,
        lane: usize,
        letter: &Letter,
        attempts: u32,
        (fault, status): (HookFault, Option<u16>),
    ) -> Result<(), End> {
        let (client, key) = self.key.clone();
        let epoch = self.shared.log.ring().epoch().to_string();
        let dead = DeadLetter {
            id: 0,
            client,
            key,
            epoch: epoch.clone(),
            first: letter.first.0,
            last: letter.last.0,
            is_gap: letter.is_gap,
            attempts,
            fault,
            status,
            died_at: self.shared.store.now(),
            is_replaying: false,
        };
        let positions = self.lanes.positions_without_first_of(lane);
        let place = HookPlace { epoch, positions };
        let most = i64::from(self.shared.hooks.settings().dead_letters);
        let (since, node) = (self.failing_since, self.shared.node());
        let written = self.shared.store.write(move |tx| {
            if !tx.holds_hook((&dead.client, &dead.key), node.as_ref())? {
                return Err(Failure::Stopping);
            }
            let is_kept = tx.bury(&dead, most)?;
            if is_kept {
                tx.move_hook((&dead.client, &dead.key), &place, since)?;
            }
            Ok(is_kept)
        });
        match written.await {
            Ok(true) => {
                self.shared.metrics.add(Counter::WebhookDeadLetters, 1);
                self.lanes.settle(lane);
                Ok(())
            }
            Ok(false) => Err(End::Off(HookOff::DeadLettersFull)),
            Err(Failure::Refused(_)) => Err(End::Gone),
            Err(Failure::Stopping) => Err(End::Told),
            // One more attempt, and then again.
            Err(_busy) => {
                self.lanes.pause(lane, Instant::now() + BUSY);
                Ok(())
            }
        }
    }

    fn wake_at(&self, now: Instant, is_draining: bool) -> Instant {
        let save = self.keeping.due(&self.kept());
        let busy = self.busy_until.filter(|until| *until > now);
        let replay = self.replays.is_due().then_some(now);
        // What is due is not begun while it drains or the database is busy.
        let known = match (is_draining, busy) {
            (true, _) => [save, None, None],
            (false, Some(_)) => [save, busy, None],
            (false, None) => [save, replay, self.lanes.next_due()],
        };
        let first = known.into_iter().flatten().min();
        first.unwrap_or(now + Duration::from_secs(3600))
    }

    fn kept(&self) -> Kept {
        (self.lanes.positions(), self.failing_since)
    }

    async fn save(&mut self) -> bool {
        let epoch = Arc::clone(self.shared.log.ring().epoch());
        let beside = (&self.shared.store, &*epoch, self.shared.node());
        let (kept, key) = (self.kept(), self.key.clone());
        self.keeping.save(kept, key, beside).await
    }

    async fn end(mut self, end: End) {
        if matches!(end, End::Told | End::Off(_)) && !self.save().await {
            // Another node goes on with it, and finds out by itself why it would be off.
            return;
        }
        match end {
            End::Gone | End::Moved | End::Left | End::Told => {}
            End::Off(why) => switch_off(&self.shared, self.key, (self.hook.token, why)).await,
        }
    }
}
