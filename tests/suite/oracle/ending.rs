//! The end of a run: all listeners come back, and what they received is held against the log.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use super::ledger::{Fact, Ledger};
use super::listener::Listener;
use super::rights::Rights;
use super::script::Run;
use super::verdict::{Difference, Truth, examine, has_all_parts, note_parts};
use super::writers::Acknowledged;
use crate::support::build;

impl Run<'_> {
    /// All listeners come back, and hear that it is over.
    pub(super) fn settles(&mut self) -> Result<(), String> {
        for which in 0..self.cast.listeners.len() {
            let open = self.cast.listeners[which].is_live();
            if !open || self.random.below(3) > 0 || self.cast.listeners[which].is_stalled() {
                self.opens(which, true)?;
            }
        }
        for room in &self.cast.rooms {
            build::says(&self.cast.people[0], room, "the end");
        }
        build::posts(
            &self.cast.people[0],
            &format!("the end {}", self.random.next()),
        );
        let url = self.cast.server.database_url();
        self.ledger.reads(&url);
        Ok(())
    }

    /// Until nothing is missing any more, or for too long.
    pub(super) fn compares(&mut self) -> Result<(), String> {
        holds_what_was_acknowledged(&self.ledger, &self.written)?;
        let rights = Rights::of(&self.ledger, &self.cast.users(), &self.cast.client);
        let begun = Instant::now();
        loop {
            let difference = match self.compares_once(&rights) {
                Ok(()) => break,
                Err(difference) => difference,
            };
            if !difference.is_open || begun.elapsed() > super::patience() {
                return Err(difference.what);
            }
            // A stream that was closed meanwhile, as slow for example, goes on.
            for which in 0..self.cast.listeners.len() {
                if !self.cast.listeners[which].is_live() {
                    self.opens(which, true)?;
                }
            }
            std::thread::park_timeout(Duration::from_millis(5));
        }
        for listener in &mut self.cast.listeners {
            listener.is_cut(false)?;
        }
        if let Some(hook) = &self.cast.hook {
            hook.ends(&self.cast.server);
        }
        self.holds_nothing()
    }

    /// Nothing is left of connections that are gone, whatever ended them.
    fn holds_nothing(&self) -> Result<(), String> {
        let begun = Instant::now();
        loop {
            let held = self.cast.server.actors();
            let counts = ["connections", "subscriptions", "streams_in_use"];
            if counts.iter().all(|count| held[*count] == 0) {
                return Ok(());
            }
            if begun.elapsed() > super::patience() {
                return Err(format!("something is left of a connection: {held}"));
            }
            std::thread::park_timeout(Duration::from_millis(5));
        }
    }

    fn compares_once(&mut self, rights: &Rights) -> Result<(), Difference> {
        let mut listeners: Vec<_> = self.cast.listeners.iter_mut().collect();
        let parts = compares_once(&mut listeners, (&self.ledger, rights))?;
        if let Some(hook) = &self.cast.hook {
            hook.examine(&Truth {
                ledger: &self.ledger,
                rights,
                parts: &parts,
            })?;
        }
        Ok(())
    }
}

/// Holds what listeners received by now against the log. Gives which listener has which part of a stream.
pub(super) fn compares_once(
    listeners: &mut [&mut Listener],
    (ledger, rights): (&Ledger, &Rights),
) -> Result<HashMap<String, String>, Difference> {
    let mut parts = HashMap::new();
    for listener in &mut *listeners {
        listener.with_present(|listener| note_parts(listener, ledger, &mut parts))?;
    }
    let truth = Truth {
        ledger,
        rights,
        parts: &parts,
    };
    for listener in listeners {
        listener.with_present(|listener| examine(listener, &truth))?;
        listener.with_present(|listener| has_all_parts(listener, &truth))?;
    }
    Ok(parts)
}

/// Nothing that was acknowledged is lost, and nothing was written twice.
pub(super) fn holds_what_was_acknowledged(
    ledger: &Ledger,
    written: &[Acknowledged],
) -> Result<(), String> {
    let mut times: HashMap<i64, u32> = HashMap::new();
    for entry in ledger.entries.values() {
        if let Fact::Said {
            id, gone: false, ..
        } = entry.fact
        {
            *times.entry(id).or_default() += 1;
        }
    }
    let wrong = |message: &&Acknowledged| times.get(&message.id) != Some(&1);
    match written.iter().find(wrong) {
        Some(message) => Err(format!(
            "{message:?} was acknowledged, and is in the log {:?} times",
            times.get(&message.id)
        )),
        None => Ok(()),
    }
}
