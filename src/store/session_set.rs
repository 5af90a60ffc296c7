//! Sessions that go on: data on their way to their rows, written as one set per group.
//!
//! A session that is continued is asked for twice: it is taken, and looked at once more when calls find its connection. When a
//! server is gone thousands are continued at once. A whole set is one update, for those that are taken, and one list of what
//! all of them keep.

use std::collections::{HashMap, HashSet};

use diesel::RunQueryDsl as _;
use serde::Serialize;

use super::answer::Answer;
use super::connect::Sql;
use super::db::to_json;
use super::group::Group;
use super::statements::{TakeSession, TakeSessions, execute, query};
use super::stream_sessions::Listed;
use super::{Db, Failure, KeptSubscription, Tx};
use crate::event::Pos;
use crate::fault::{Seeded, seeded};
use crate::model::{ConnectionId, NodeEpoch, Stamp, UserId};

/// A session that is continued.
#[derive(Clone, Debug)]
pub struct SessionStep {
    /// Which.
    pub id: ConnectionId,
    /// Whose.
    pub user: UserId,
    /// The node that continues it.
    pub node: Option<NodeEpoch>,
    /// What is done.
    pub kind: StepKind,
}

/// What is done with a session that is continued.
#[derive(Clone, Copy, Debug)]
pub enum StepKind {
    /// It is seen now, and is the node's from now on, unless it was last seen before this moment. One that another node has
    /// is not over while that lives.
    Take(Stamp),
    /// It is read behind every write before. If no node has it, the connection before this one parked the session after this
    /// one had taken it: it is this node's again.
    Look {
        /// Without it the session ends, unless another node has it: it goes on with its connection alone.
        is_kept: bool,
    },
}

/// A session as a step found it.
#[derive(Debug)]
pub struct SessionFound {
    /// The other node that has it: of one that was taken, the node before this one.
    pub holder: Option<NodeEpoch>,
    /// Its subscriptions, in the order in which they were made. `None`: it is gone, or it is another user's.
    pub kept: Option<Vec<KeptSubscription>>,
    /// The last event that was committed before.
    pub at: Pos,
}

/// A session in the lane.
pub(super) struct SessionWork {
    pub(super) accepted: Stamp,
    pub(super) outcome: Option<Result<SessionFound, Failure>>,
    step: SessionStep,
    answer: Answer<SessionFound>,
}

impl SessionWork {
    pub(super) fn new(accepted: Stamp, step: SessionStep, answer: Answer<SessionFound>) -> Self {
        Self {
            accepted,
            outcome: None,
            step,
            answer,
        }
    }

    /// The set that it was part of was taken back.
    pub(super) fn fail(&mut self, failure: &Failure) {
        self.outcome = Some(Err(failure.clone()));
    }

    pub(super) fn answer(self, committed: Result<(), Failure>) {
        self.answer.after(self.outcome, committed);
    }

    fn is_take(&self) -> bool {
        match self.step.kind {
            StepKind::Take(_) => true,
            StepKind::Look { .. } => false,
        }
    }
}

/// Takes these steps as one set, with the outcome of the same steps one after the other. On `Err` nothing may be left of it:
/// the caller takes back what was done, and may try each alone.
pub(super) fn write_sessions(
    sql: &mut Sql,
    group: &mut Group,
    set: &mut [&mut SessionWork],
) -> Result<(), Failure> {
    let mut waiting: Vec<&mut SessionWork> = set.iter_mut().map(|work| &mut **work).collect();
    while !waiting.is_empty() {
        let mut ids = HashSet::new();
        // A session that is there twice is found the second time as the first step left it.
        let (round, later) = waiting
            .into_iter()
            .partition(|work| ids.insert(work.step.id.clone()));
        write_round(sql, group, round)?;
        waiting = later;
    }
    Ok(())
}

/// Steps of sessions of which none is there twice, so that their order does not matter.
fn write_round(
    sql: &mut Sql,
    group: &mut Group,
    round: Vec<&mut SessionWork>,
) -> Result<(), Failure> {
    let (takes, looks): (Vec<_>, Vec<_>) = round.into_iter().partition(|work| work.is_take());
    let mut taken = take(sql, group, &takes)?;
    let asked = takes.iter().map(|work| &work.step.id);
    let asked = asked.filter(|id| taken.contains_key(*id));
    let asked: Vec<_> = asked
        .chain(looks.iter().map(|work| &work.step.id))
        .collect();
    let mut listed = Db { sql }.list_sessions(&asked)?;
    for SessionWork { step, outcome, .. } in takes {
        let before = taken.remove(&step.id).flatten();
        *outcome = Some(Ok(SessionFound {
            holder: before.filter(|before| Some(before) != step.node.as_ref()),
            kept: listed.remove(&step.id).map(|found| found.kept),
            at: group.head,
        }));
    }
    looks.into_iter().try_for_each(|work| {
        let listed = listed.remove(&work.step.id);
        let tx = &mut Tx::new(sql, group, work.accepted);
        look(tx, work, listed)
    })
}

/// Gives back those that were taken, each with the other node that had it.
fn take(
    sql: &mut Sql,
    group: &mut Group,
    takes: &[&mut SessionWork],
) -> Result<HashMap<ConnectionId, Option<NodeEpoch>>, Failure> {
    let mut rows = Vec::with_capacity(takes.len());
    for SessionWork { step, .. } in takes.iter().map(|work| &**work) {
        let StepKind::Take(oldest) = step.kind else {
            continue;
        };
        // A client chose it. One that is text for no database names no session, and would fail the set.
        if step.id.as_str().contains('\0') {
            continue;
        }
        let node = match seeded(Seeded::SessionNotTaken) {
            true => Db { sql }.node_of_session(&step.id)?.flatten(),
            false => step.node.clone(),
        };
        rows.push(Taking {
            id: &step.id,
            user_id: step.user.0,
            at: group.now().0,
            oldest: oldest.0,
            node,
        });
    }
    if rows.is_empty() {
        return Ok(HashMap::new());
    }
    match sql {
        Sql::Sqlite(_) => {
            let mut taken = HashMap::with_capacity(rows.len());
            for row in rows {
                // No other node works with a file.
                if row.write(sql)? {
                    taken.insert(row.id.clone(), None);
                }
            }
            Ok(taken)
        }
        Sql::Postgres(_) => {
            let json = to_json(&rows)?;
            let taken = query::<TakeSessions>(&[(&*json).into()])
                .load::<(String, Option<String>)>(sql)?
                .into_iter();
            let taken = taken.map(|(id, before)| (id.into(), before.map(NodeEpoch::from)));
            Ok(taken.collect())
        }
    }
}

/// A row as it is changed.
#[derive(Serialize)]
struct Taking<'s> {
    id: &'s ConnectionId,
    user_id: i64,
    at: i64,
    oldest: i64,
    node: Option<NodeEpoch>,
}

impl Taking<'_> {
    fn write(&self, sql: &mut Sql) -> Result<bool, Failure> {
        let node = self.node.as_ref().map(NodeEpoch::as_str);
        let seen = [self.at.into(), self.at.into(), node.into()];
        let of = [
            self.id.as_str().into(),
            self.user_id.into(),
            self.oldest.into(),
        ];
        let binds: Vec<_> = seen.into_iter().chain(of).collect();
        Ok(execute::<TakeSession>(sql, &binds)? > 0)
    }
}

fn look(tx: &mut Tx<'_>, work: &mut SessionWork, listed: Option<Listed>) -> Result<(), Failure> {
    let SessionStep { id, user, node, .. } = &work.step;
    let holder = listed.as_ref().and_then(|listed| listed.node.clone());
    let is_elsewhere = match &listed {
        Some(_) => tx.is_elsewhere(id, holder.clone(), node.as_ref())?,
        None => false,
    };
    if let (StepKind::Look { is_kept: false }, false) = (work.step.kind, is_elsewhere) {
        tx.end_stream_session(*user, id)?;
    }
    let own = listed.filter(|listed| listed.user == *user);
    work.outcome = Some(Ok(SessionFound {
        holder: holder.filter(|_| is_elsewhere),
        kept: own.map(|own| own.kept),
        at: tx.head(),
    }));
    Ok(())
}
