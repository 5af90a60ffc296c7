//! What a server needs beside settings that are each right.

use super::Config;
use super::source::ConfigError;

impl Config {
    /// What other commands can be run with, but no server.
    ///
    /// # Errors
    /// A bus for a database that one server has for itself.
    pub fn demand_servable(&self) -> Result<(), ConfigError> {
        if !self.cluster.redis_url.is_empty() && self.store.database_url.is_file() {
            return Err(ConfigError(String::from(
                "cluster.redis_url (--redis-url) is set, but the database is a file, which one server has for itself: leave \
                 it out, or use PostgreSQL (--database-url postgres://…)",
            )));
        }
        Ok(())
    }
}
