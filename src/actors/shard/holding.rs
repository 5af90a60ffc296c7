//! A stream meets the page of a subscribing call exactly: while the page is read, the events of the connection wait,
//! and those that are on the page are dropped for the new subscription.

use std::rc::Rc;
use std::sync::Arc;

use bytes::BytesMut;
use smallvec::SmallVec;

use super::Shard;
use super::deadlines::{Check, ticks};
use super::output_batch::add_frame;
use super::state::{ConnectionIndex, ConnectionRef, Hold, State, Subscription};
use crate::actors::delivery::Delivery;
use crate::fault::{Seeded, seeded};
use crate::protocol::timing::fill_all;

/// How long events wait for pages.
const LONGEST: u64 = 10_000;

/// Events that may wait for pages.
const MOST: usize = 1024;

impl Shard {
    /// The events of a connection wait until the page of this subscription is read.
    pub fn hold(&self, connection: ConnectionRef, serial: u64) {
        if seeded(Seeded::PageNotHeld) {
            return;
        }
        let now = self.now();
        let mut state = self.state.borrow_mut();
        let Some(handle) = state.connections.find_mut(connection) else {
            return;
        };
        let begins = {
            let mut hold = handle.hold.borrow_mut();
            let begins = hold.is_none();
            let hold = hold.get_or_insert_with(|| {
                Box::new(Hold {
                    since: now,
                    ..Hold::default()
                })
            });
            hold.calls.push(serial);
            begins
        };
        if begins {
            state.place_anew(connection.index);
            drop(state);
            let longest = ticks(LONGEST);
            self.wheel
                .borrow_mut()
                .put((connection, Check::Hold), longest);
        }
    }

    /// The page of a subscription was read, or will not be. With the last one what waited is sent.
    pub fn release(self: &Rc<Self>, index: ConnectionIndex, serial: u64) {
        let is_last = {
            let state = self.state.borrow();
            let handle = state.connections.get(index);
            handle.is_some_and(|handle| {
                let mut hold = handle.hold.borrow_mut();
                hold.as_mut().is_some_and(|hold| {
                    hold.calls.retain(|known| *known != serial);
                    hold.calls.is_empty()
                })
            })
        };
        if is_last {
            self.end_hold(index);
        }
    }

    /// Sends what waited, in order, and goes on. A page that is still read then overlaps with the stream.
    pub(super) fn end_hold(self: &Rc<Self>, index: ConnectionIndex) {
        let mut bytes = BytesMut::new();
        let mut moments: SmallVec<[usize; 1]> = SmallVec::new();
        let mut frames = 0;
        {
            let mut state = self.state.borrow_mut();
            let Some(handle) = state.connections.get(index) else {
                return;
            };
            let Some(hold) = handle.hold.take() else {
                return;
            };
            let lost = seeded(Seeded::HeldLost);
            let on_page_too = seeded(Seeded::HeldOnPageToo);
            for (delivery, serials) in hold.waiting.iter().filter(|_| !lost) {
                let goes = |known: &&Subscription| {
                    serials.contains(&known.serial)
                        && (on_page_too || delivery.event.pos > Some(known.since))
                };
                let known = handle.subscriptions.iter().chain(&hold.cut);
                let matching: SmallVec<[_; 2]> = known.filter(goes).collect();
                if !matching.is_empty() {
                    let added = add_frame(self, handle, &matching, delivery, &mut bytes);
                    moments.extend(added);
                    frames += 1;
                }
            }
            state.place_anew(index);
            if let Some(handle) = state.connections.get(index)
                && let Some(progress) = &handle.catching_up
            {
                progress.notify_one();
            }
        }
        if frames == 0 {
            return;
        }
        if !moments.is_empty() {
            fill_all(&mut bytes, &moments, self.clock.now());
        }
        self.count(frames, 1, bytes.len() as u64);
        self.write(index, &bytes.freeze());
    }

    /// Events waited too long, or became too many.
    pub(super) fn check_hold(self: &Rc<Self>, connection: ConnectionRef) -> Option<u32> {
        let age = {
            let state = self.state.borrow();
            let handle = state.connections.find_open(connection)?;
            let hold = handle.hold.borrow();
            self.now().wrapping_sub(hold.as_ref()?.since)
        };
        let longest = ticks(LONGEST);
        if age < longest {
            return Some(longest - age);
        }
        self.end_hold(connection.index);
        None
    }
}

impl State {
    /// Ends subscriptions at this place in the log. What waits for a page is before it, and goes to them.
    pub fn cut_off(&mut self, index: ConnectionIndex, goes: impl Fn(&Subscription) -> bool) {
        if let Some(handle) = self.connections.get(index)
            && let Some(hold) = handle.hold.borrow_mut().as_mut()
        {
            let cut = handle.subscriptions.iter().filter(|known| goes(known));
            hold.cut.extend(cut.cloned());
        }
        self.unsubscribe(index, goes);
    }
}

impl Hold {
    /// An event waits. Says no if too many do.
    pub(super) fn take(&mut self, delivery: &Arc<Delivery>, matching: &[&Subscription]) -> bool {
        let serials = matching.iter().map(|known| known.serial).collect();
        self.waiting.push((Arc::clone(delivery), serials));
        self.waiting.len() < MOST
    }
}
