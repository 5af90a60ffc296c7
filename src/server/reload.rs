//! SIGHUP: the settings are read again, and those that a running server can change are changed together.

use crate::actors::Shared;
use crate::config::source::ConfigError;
use crate::config::{Config, Key};
use crate::http::App;
use crate::http::pipeline::rate_limit::RateLimits;
use crate::telemetry::Log;

/// Reads the layers of the settings again.
pub type ReadAgain = Box<dyn Fn() -> Result<Config, ConfigError>>;

/// The settings in force, and where new ones are read.
pub(super) struct Reload {
    pub(super) current: Config,
    pub(super) read_again: ReadAgain,
}

impl Reload {
    /// All or nothing: settings that cannot be used change none.
    pub(super) fn run(&mut self, log: &Log, shared: &Shared, app: &App) {
        let next = match (self.read_again)() {
            Ok(next) => next,
            Err(error) => {
                tracing::warn!(%error, "the settings stay as they were");
                return;
            }
        };
        if let Err(error) = log.set_filter(&next.server.log) {
            tracing::warn!(%error, "the settings stay as they were");
            return;
        }
        shared.limits.set(next.limits.clone());
        app.rate.set_limits(RateLimits::from(&next.rate_limits));
        let (live, others) = self.changed(&next);
        tracing::info!(changed = %live.join(", "), "settings read again");
        if !others.is_empty() {
            tracing::warn!(settings = %others.join(", "), "changed settings that need a restart");
        }
        self.current.server.log = next.server.log;
        self.current.limits = next.limits;
        self.current.rate_limits = next.rate_limits;
    }

    /// What differs: the settings that are in force now, and those that need a restart.
    fn changed(&self, next: &Config) -> (Vec<String>, Vec<String>) {
        let values = self.current.values().into_iter().zip(next.values());
        let differ = Config::keys().into_iter().zip(values);
        let differ = differ.filter(|(_, (old, new))| old != new);
        let (live, others): (Vec<Key>, Vec<Key>) = differ.map(|(key, _)| key).partition(is_live);
        let names = |keys: Vec<Key>| keys.iter().map(Key::path).collect();
        (names(live), names(others))
    }
}

fn is_live(key: &Key) -> bool {
    matches!(
        (key.section, key.name),
        ("limits" | "rate_limits", _) | ("server", "log")
    )
}
