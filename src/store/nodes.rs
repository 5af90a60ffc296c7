//! Servers that share one database: each has a name, and a lease on it that it renews.
//!
//! A lease has a connection of its own, which holds an advisory lock on the name too. The lock goes with the process,
//! however that ends, so that a server that is started again after a crash has its name at once. The lease ends what the
//! lock does not: a process that stands still, or a machine that is cut off while its connection seems to live.

use std::sync::Arc;
use std::time::{Duration, Instant};

use diesel::prelude::*;

use super::connect::{Database, Socket, Sql};
use super::connecting::Connecting;
use super::moments::{Apart, FARTHEST};
use super::overdue::Overdue;
use super::statements::{
    AllNodes, Begin, Commit, DatabaseClock, HolderOfName, LeaveName, LockNodeName, RenewNode,
    Rollback, execute, query,
};
use super::{Failure, StoreOptions};
use crate::clock::Clock;
use crate::model::{NodeEpoch, Stamp};

/// What is worth a warning.
const NOTABLE: Duration = Duration::from_secs(60);

/// How long a renewal may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// How long a start waits for a process of its name that may have ended just now.
const RESTART: Duration = Duration::from_secs(2);

/// A server among those of one database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// Unique among those that run.
    pub name: String,
    /// Which process it is.
    pub epoch: NodeEpoch,
    /// Of its listener, for people.
    pub address: String,
    /// Where other nodes ask it for something.
    pub internal_address: String,
}

/// All of them.
#[derive(Clone, Debug, Default)]
pub struct Nodes {
    /// Those with a lease.
    pub live: Vec<Node>,
    /// The lease of one is over, and nothing was done about it yet.
    pub has_over: bool,
    /// How far the clocks of machine and database are apart.
    pub apart: Duration,
    /// By the clock of the database the lease was over before it was renewed, or its row was gone: others may have taken what
    /// depended on it.
    pub has_lapsed: bool,
}

/// How an attempt to renew a lease ended.
#[derive(Clone, Debug)]
pub enum Renewal {
    /// It holds from the begin of the attempt on.
    Held(Nodes),
    /// Another process has the name.
    Lost,
}

/// The lease of this process.
pub struct Lease {
    database: Database,
    own: Node,
    length: Duration,
    clock: Clock,
    /// `None` after trouble: the next attempt opens a new one.
    sql: Option<Sql>,
    /// Of that connection.
    socket: Option<Socket>,
    connecting: Connecting<(Sql, Option<Socket>)>,
    overdue: Arc<Overdue>,
    has_lock: bool,
}

impl Lease {
    /// Takes the name, on a database that servers share.
    ///
    /// # Errors
    /// The name is taken, the clocks are too far apart, or the database is in trouble: the text says it.
    pub fn take(
        options: &StoreOptions,
        own: Node,
        length: Duration,
        clock: Clock,
    ) -> Result<(Self, Nodes), Failure> {
        let database = options.database()?;
        let mut sql = database.connect_for_leases()?;
        let asked = clock.now();
        let known = query::<DatabaseClock>(&[]).get_result(&mut sql)?;
        let apart = Apart::of(asked, clock.now(), Stamp(known));
        apart.allowed(FARTHEST)?;
        if apart.by >= NOTABLE {
            let seconds = apart.by.as_secs();
            tracing::warn!(
                seconds,
                "the clock of this machine differs from that of the database"
            );
        }
        let has_lock = lock_in_time(&mut sql, &own.name)?;
        execute::<Begin>(&mut sql, &[])?;
        let taken = take_name(&mut sql, &own, length, has_lock);
        match taken {
            Ok(()) => execute::<Commit>(&mut sql, &[])?,
            Err(_) => execute::<Rollback>(&mut sql, &[])?,
        };
        taken?;
        let mut lease = Self {
            socket: database.socket(&mut sql)?,
            database,
            own,
            length,
            clock,
            sql: Some(sql),
            connecting: Connecting::default(),
            overdue: Overdue::start()?,
            has_lock,
        };
        match lease.renew()? {
            Renewal::Held(nodes) => Ok((lease, nodes)),
            Renewal::Lost => Err(taken_by(&lease.own, "another process", lease.length)),
        }
    }

    /// Holds the name for its whole length again, and looks who else is there. A row that was deleted by hand is there again
    /// afterwards.
    ///
    /// # Errors
    /// The database did not answer.
    pub fn renew(&mut self) -> Result<Renewal, Failure> {
        // A server that hangs is left: the lease must not hang with it.
        let overdue = self.overdue.clone();
        let until = Instant::now() + PATIENCE.min(self.length / 4);
        if self.sql.is_none() {
            let database = self.database.clone();
            let (sql, socket) = self.connecting.until(until, move || {
                let mut sql = database.connect_for_leases()?;
                let socket = database.socket(&mut sql)?;
                Ok((sql, socket))
            })?;
            (self.sql, self.socket) = (Some(sql), socket);
        }
        let watched = self.socket;
        let watched = watched.map(|it| overdue.watch(it, move || Instant::now() >= until));
        let renewed = self.try_to_renew();
        drop(watched);
        if renewed.is_err() {
            self.socket = None;
            self.sql = None;
            self.has_lock = false;
        }
        renewed
    }

    fn try_to_renew(&mut self) -> Result<Renewal, Failure> {
        let sql = self.sql.as_mut().ok_or(Failure::Away)?;
        let quiet = |error: diesel::result::Error| Failure::Trouble(error.to_string().into());
        if !self.has_lock {
            // Of a process that stood still when its lease was over, and still has the lock.
            self.has_lock = lock(sql, &self.own.name).map_err(quiet)?;
        }
        let asked = self.clock.now();
        let known = query::<HolderOfName>(&[(&*self.own.name).into()])
            .get_result::<(String, String, bool)>(sql)
            .optional()
            .map_err(quiet)?;
        let has_lapsed = known.is_none_or(|(_, _, is_over)| is_over);
        let held = renew(sql, &self.own, self.length).map_err(quiet)?;
        let Some(at) = held else {
            return Ok(Renewal::Lost);
        };
        let apart = Apart::of(asked, self.clock.now(), at).by;
        let mut nodes = Nodes {
            apart,
            has_lapsed,
            ..Nodes::default()
        };
        let rows = query::<AllNodes>(&[]).load::<(String, String, String, String, i64)>(sql);
        for (name, epoch, address, internal_address, until) in rows.map_err(quiet)? {
            if until < at.0 {
                nodes.has_over = true;
                continue;
            }
            nodes.live.push(Node {
                name,
                epoch: epoch.into(),
                address,
                internal_address,
            });
        }
        Ok(Renewal::Held(nodes))
    }

    /// The name is free for the next process, at once.
    pub fn leave(mut self) {
        if let Some(sql) = &mut self.sql {
            let (name, epoch) = (&*self.own.name, self.own.epoch.as_str());
            if let Err(error) = execute::<LeaveName>(sql, &[name.into(), epoch.into()]) {
                tracing::warn!(%error, "the name of this node is free when its lease is over");
            }
        }
    }
}

fn lock(sql: &mut Sql, name: &str) -> QueryResult<bool> {
    let what = format!("groundnut node {name}");
    query::<LockNodeName>(&[(&*what).into()]).get_result(sql)
}

/// The same, of a process that may have ended just now: its connection ends a moment later.
fn lock_in_time(sql: &mut Sql, name: &str) -> QueryResult<bool> {
    let until = Instant::now() + RESTART;
    loop {
        if lock(sql, name)? {
            return Ok(true);
        }
        let values = [name.into()];
        let holder = query::<HolderOfName>(&values)
            .get_result::<(String, String, bool)>(sql)
            .optional()?;
        let holds = holder.is_none_or(|(_, _, is_over)| !is_over);
        if !holds || Instant::now() >= until {
            return Ok(false);
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn renew(sql: &mut Sql, own: &Node, length: Duration) -> QueryResult<Option<Stamp>> {
    let length = i64::try_from(length.as_micros()).unwrap_or(i64::MAX);
    let values = [
        (&*own.name).into(),
        own.epoch.as_str().into(),
        (&*own.address).into(),
        (&*own.internal_address).into(),
        length.into(),
    ];
    let at = query::<RenewNode>(&values).get_result(sql).optional()?;
    Ok(at.map(Stamp))
}

fn take_name(sql: &mut Sql, own: &Node, length: Duration, has_lock: bool) -> Result<(), Failure> {
    let name: [_; 1] = [(&*own.name).into()];
    let holder = query::<HolderOfName>(&name)
        .get_result::<(String, String, bool)>(sql)
        .optional()?;
    if let Some((epoch, address, is_over)) = holder {
        if !is_over && !has_lock {
            return Err(taken_by(own, &address, length));
        }
        execute::<LeaveName>(sql, &[(&*own.name).into(), (&*epoch).into()])?;
    }
    match renew(sql, own, length)? {
        Some(_) => Ok(()),
        // It took the name since.
        None => Err(taken_by(own, "another process that is starting", length)),
    }
}

fn taken_by(own: &Node, holder: &str, length: Duration) -> Failure {
    let text = format!(
        "the node name {} is taken: the server at {holder} has it, and this one would serve {}; give this one another \
         --node-name, or stop the other (the name of a machine that was lost is free {} s later)",
        own.name,
        own.address,
        length.as_secs()
    );
    Failure::Trouble(text.into())
}
