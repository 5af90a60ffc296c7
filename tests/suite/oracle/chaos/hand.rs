//! What goes wrong: the hand that kills, stops, pauses and cuts off, from the seed of a run.

use std::time::Duration;

use nix::sys::signal::Signal;

use super::commits::Losing;
use super::ground::Ground;
use super::nodes::{LEASE, Line, Servers};
use super::world::{World, any_node};
use crate::support::random::Random;
use crate::support::relay::Way;

/// What may be wrong, and with which server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Trouble {
    Killed(usize),
    Stopped(usize),
    Paused(usize),
    /// From everything but its clients, with an end of all connections.
    CutOff(usize),
    /// The same as by a pulled cable.
    Hanging(usize),
    /// A way of it.
    Line(usize, Line, Way),
    RedisKilled,
    RedisPaused,
    PostgresKilled,
    PostgresPaused,
    /// No commit of any server is carried out, and its connection ends.
    CommitsLost,
    /// Of its commits, which hold, the answers are lost with their connections.
    AnswersLost(usize),
}

/// One that is not over.
struct Ongoing {
    trouble: Trouble,
    /// In so many steps.
    ends_in: u64,
}

pub(super) struct Hand<'h> {
    pub(super) servers: &'h mut Servers,
    pub(super) ground: &'h mut Ground,
    ongoing: Vec<Ongoing>,
    losing: Option<Losing>,
}

impl Trouble {
    /// Of what there is one trouble at a time.
    fn victim(self) -> (u8, usize) {
        match self {
            Self::Killed(node)
            | Self::Stopped(node)
            | Self::Paused(node)
            | Self::CutOff(node)
            | Self::Hanging(node)
            | Self::Line(node, ..)
            | Self::AnswersLost(node) => (0, node),
            Self::RedisKilled | Self::RedisPaused => (1, 0),
            Self::PostgresKilled | Self::PostgresPaused | Self::CommitsLost => (2, 0),
        }
    }

    fn of_chance(random: &mut Random) -> Self {
        let node = any_node(random);
        match random.below(24) {
            0..3 => Self::Killed(node),
            3 => Self::Stopped(node),
            4..7 => Self::Paused(node),
            7..9 => Self::CutOff(node),
            9..11 => Self::Hanging(node),
            11..14 => {
                let line = *random.pick(&[Line::Database, Line::Bus, Line::Inside]);
                Self::Line(node, line, *random.pick(&[Way::Cut, Way::Hangs]))
            }
            14 | 15 => Self::RedisKilled,
            16 => Self::RedisPaused,
            17 | 18 => Self::PostgresKilled,
            19 => Self::PostgresPaused,
            20 | 21 => Self::CommitsLost,
            _ => Self::AnswersLost(node),
        }
    }
}

impl<'h> Hand<'h> {
    pub(super) fn new(servers: &'h mut Servers, ground: &'h mut Ground) -> Self {
        Self {
            servers,
            ground,
            ongoing: Vec::new(),
            losing: None,
        }
    }

    /// Some seconds of trouble, and then none.
    pub(super) fn plays(&mut self, world: &World<'_>, random: &mut Random) {
        let steps = 5 + random.below(5);
        for _ in 0..steps {
            let mut over = Vec::new();
            for ongoing in &mut self.ongoing {
                ongoing.ends_in = ongoing.ends_in.saturating_sub(1);
                over.extend((ongoing.ends_in == 0).then_some(ongoing.trouble));
            }
            for trouble in over {
                self.ends(trouble, world);
            }
            let trouble = Trouble::of_chance(random);
            let is_free = |known: &Ongoing| known.trouble.victim() != trouble.victim();
            let mut pause = Duration::from_millis(100 + random.below(500));
            if self.ongoing.len() < 2 && self.ongoing.iter().all(is_free) {
                self.begins(trouble, world);
                let ends_in = 1 + random.below(3);
                self.ongoing.push(Ongoing { trouble, ends_in });
                if matches!(trouble, Trouble::Paused(_)) && random.below(4) == 0 {
                    // Beyond its lease.
                    pause = Duration::from_millis(LEASE + 300);
                }
            }
            std::thread::park_timeout(pause);
        }
        while let Some(ongoing) = self.ongoing.last() {
            let trouble = ongoing.trouble;
            self.ends(trouble, world);
        }
    }

    fn begins(&mut self, trouble: Trouble, world: &World<'_>) {
        world.says(&format!("** {trouble:?}"));
        match trouble {
            Trouble::Killed(node) => self.servers.kills(node),
            // A stop in order waits for the database.
            Trouble::Stopped(node) => match self.postgres_trouble() {
                None => self.servers.stops(node),
                Some(_) => self.servers.kills(node),
            },
            Trouble::Paused(node) => self.servers.signals(node, Signal::SIGSTOP),
            Trouble::CutOff(node) => self.lines(node, Way::Cut),
            Trouble::Hanging(node) => self.lines(node, Way::Hangs),
            Trouble::Line(node, line, way) => self.servers.is(node, line, way),
            Trouble::RedisKilled => self.ground.redis.ends(),
            Trouble::RedisPaused => self.ground.redis.signal(Signal::SIGSTOP),
            Trouble::PostgresKilled => self.ground.postgres.crash(),
            Trouble::PostgresPaused => self.ground.postgres.hangs(),
            Trouble::CommitsLost => self.losing = Some(Losing::begin(&self.servers.url)),
            Trouble::AnswersLost(node) => self.servers.is(node, Line::Database, Way::LosesCommits),
        }
    }

    fn ends(&mut self, trouble: Trouble, world: &World<'_>) {
        self.ongoing.retain(|known| known.trouble != trouble);
        match trouble {
            Trouble::Killed(node) | Trouble::Stopped(node) => {
                // It is not started into a database that is away.
                if let Some(other) = self.postgres_trouble() {
                    self.ends(other, world);
                }
                self.servers.starts(node);
            }
            Trouble::Paused(node) => self.servers.signals(node, Signal::SIGCONT),
            Trouble::CutOff(node) | Trouble::Hanging(node) => self.lines(node, Way::Open),
            Trouble::Line(node, line, _) => self.servers.is(node, line, Way::Open),
            Trouble::RedisKilled | Trouble::RedisPaused => self.ground.redis_goes_on(),
            Trouble::PostgresKilled | Trouble::PostgresPaused => self.ground.postgres_goes_on(),
            Trouble::CommitsLost => self.losing = None,
            Trouble::AnswersLost(node) => self.servers.is(node, Line::Database, Way::Open),
        }
        world.says(&format!("** no more {trouble:?}"));
    }

    fn postgres_trouble(&self) -> Option<Trouble> {
        let mut ongoing = self.ongoing.iter().map(|known| known.trouble);
        ongoing.find(|trouble| trouble.victim().0 == 2)
    }

    fn lines(&self, node: usize, way: Way) {
        for line in [Line::Database, Line::Bus, Line::Inside] {
            self.servers.is(node, line, way);
        }
    }
}
