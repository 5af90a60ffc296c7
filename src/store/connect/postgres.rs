//! Connections to a PostgreSQL server, with the settings that the guarantees need.

use std::fmt;

use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;
use diesel::sql_types::{Bool, Integer, Text};

use super::{Socket, Sql};
use crate::store::Failure;

/// The oldest version that is tested.
const OLDEST: i32 = 15;

/// What libpq is told unless the URL says it: a pulled cable sends no reset, so a connection has to find out by itself
/// that its peer is gone. Seconds, except for the last one: milliseconds.
const TIMEOUTS: [(&str, &str); 5] = [
    ("connect_timeout", "4"),
    ("keepalives_idle", "5"),
    ("keepalives_interval", "2"),
    ("keepalives_count", "2"),
    ("tcp_user_timeout", "6000"),
];

/// * `synchronous_commit`: a commit is on the disk when it is answered, whatever the server's own setting is.
/// * `idle_in_transaction_session_timeout`, `lock_timeout`, `statement_timeout`: every writer of the cluster waits for the
///   row of the log's head, so one that is stalled may not keep it.
/// * `client_connection_check_interval`: the server ends a statement whose writer has left it.
/// * `jit`: no statement here is long enough to earn its compilation.
const WRITING: &str = "SET synchronous_commit = on;
    SET idle_in_transaction_session_timeout = '6s';
    SET lock_timeout = '4s';
    SET statement_timeout = '5s';
    SET client_connection_check_interval = '1s';
    SET jit = off;";

/// * A job sees one state of the database from its first to its last question.
/// * `client_connection_check_interval`: the server ends a statement whose reader has left it.
/// * `statement_timeout`: for connections whose socket is not known, so that no other clock looks at them.
/// * `plan_cache_mode`: lists are planned with their values, since a plan for all values is wrong for most.
const READING: &str = "SET default_transaction_read_only = on;
    SET default_transaction_isolation = 'repeatable read';
    SET idle_in_transaction_session_timeout = '90s';
    SET client_connection_check_interval = '1s';
    SET statement_timeout = '20s';
    SET jit = off;
    SET plan_cache_mode = force_custom_plan;";

/// Of a connection that renews leases: one that waits is no use.
pub(super) const SHORT: &str = "SET lock_timeout = '2s'; SET statement_timeout = '4s';";

/// What begins and ends commits that are not synced.
pub(super) const WITHOUT_SYNC: (&str, &str) = (
    "SET synchronous_commit = off",
    "SET synchronous_commit = on",
);

/// A PostgreSQL server and the database in it.
#[derive(Clone)]
pub(in crate::store) struct Server {
    /// As libpq reads it; may hold a password.
    url: String,
    /// Without user, password and parameters.
    shown: String,
}

impl Server {
    /// From `postgres://user:password@host:port/database?parameters`.
    pub(in crate::store) fn parse(url: &str) -> Result<Self, Failure> {
        let wrong = |what: &str| {
            let text = format!(
                "the database URL {what}; write postgres://USER:PASSWORD@HOST:PORT/DATABASE"
            );
            Err(Failure::Trouble(text.into()))
        };
        let Some((_, rest)) = url.split_once("://") else {
            return wrong("has no scheme");
        };
        let (place, parameters) = rest.split_once('?').unwrap_or((rest, ""));
        // A password may hold a slash.
        let host = place.rsplit_once('@').map_or(place, |(_, host)| host);
        let (host, database) = host.split_once('/').unwrap_or((host, ""));
        if database.is_empty() {
            return wrong("names no database");
        }
        if url.contains('\0') {
            return wrong("holds a NUL character");
        }
        let said: Vec<&str> = parameters
            .split('&')
            .filter_map(|parameter| parameter.split_once('='))
            .map(|(name, _)| name)
            .collect();
        let missing = TIMEOUTS.iter().filter(|(name, _)| !said.contains(name));
        let mut all: Vec<String> = missing
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        if !parameters.is_empty() {
            all.insert(0, parameters.to_owned());
        }
        Ok(Self {
            url: format!("postgres://{place}?{}", all.join("&")),
            shown: format!("postgres://{host}/{database}"),
        })
    }

    pub(super) fn connect_if(
        &self,
        check: impl FnOnce(&mut Sql) -> Result<(), Failure>,
    ) -> Result<Sql, Failure> {
        let trouble = |error: &dyn fmt::Display| {
            let text = format!("cannot open the database {self}: {error}");
            Failure::Trouble(text.into())
        };
        let mut sql = self.establish().map_err(|error| trouble(&error))?;
        self.demand_fit(&mut sql)?;
        sql.batch_execute(WRITING)
            .map_err(|error| trouble(&error))?;
        check(&mut sql)?;
        Ok(sql)
    }

    pub(super) fn connect_for_reading(&self) -> ConnectionResult<(Sql, Option<Socket>)> {
        let mut sql = self.establish()?;
        let socket = sql
            .batch_execute(READING)
            .and_then(|()| Socket::of(&mut sql))
            .map_err(ConnectionError::CouldntSetupConfiguration)?;
        Ok((sql, socket))
    }

    fn establish(&self) -> ConnectionResult<Sql> {
        Ok(Sql::Postgres(PgConnection::establish(&self.url)?))
    }

    /// Refuses a server that cannot keep the guarantees.
    fn demand_fit(&self, sql: &mut Sql) -> Result<(), Failure> {
        let facts: Facts = diesel::sql_query(
            "SELECT current_setting('server_version_num')::int4 / 10000 AS version, \
             current_setting('server_encoding') AS encoding, pg_is_in_recovery() AS is_replica, \
             COALESCE(has_schema_privilege(current_schema(), 'CREATE'), FALSE) AS may_create",
        )
        .get_result(sql)?;
        match facts.refusal() {
            None => Ok(()),
            Some(what) => {
                let text = format!("the database {self} {what}");
                Err(Failure::Trouble(text.into()))
            }
        }
    }
}

#[derive(QueryableByName)]
struct Facts {
    #[diesel(sql_type = Integer)]
    version: i32,
    #[diesel(sql_type = Text)]
    encoding: String,
    #[diesel(sql_type = Bool)]
    is_replica: bool,
    #[diesel(sql_type = Bool)]
    may_create: bool,
}

impl Facts {
    fn refusal(&self) -> Option<String> {
        let Self {
            version, encoding, ..
        } = self;
        if *version < OLDEST {
            return Some(format!(
                "is PostgreSQL {version}; {OLDEST} or newer is needed"
            ));
        }
        if encoding != "UTF8" {
            return Some(format!(
                "has the encoding {encoding}; make one with CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0"
            ));
        }
        if self.is_replica {
            return Some(String::from(
                "is a replica, which cannot be written; name the primary server",
            ));
        }
        (!self.may_create).then(|| {
            String::from(
                "does not let this user make tables; make the user its owner, or GRANT CREATE ON SCHEMA public to it",
            )
        })
    }
}

impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

/// Without the password.
impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Server").field(&self.shown).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_that_cannot_keep_the_guarantees_is_refused_with_what_to_do() {
        let facts = |version, encoding: &str, is_replica, may_create| Facts {
            version,
            encoding: encoding.to_owned(),
            is_replica,
            may_create,
        };
        assert_eq!(facts(15, "UTF8", false, true).refusal(), None);
        for (facts, why) in [
            (
                facts(14, "UTF8", false, true),
                "is PostgreSQL 14; 15 or newer",
            ),
            (facts(15, "SQL_ASCII", false, true), "ENCODING 'UTF8'"),
            (facts(17, "UTF8", true, true), "name the primary"),
            (facts(15, "UTF8", false, false), "GRANT CREATE"),
        ] {
            let said = facts.refusal().unwrap();
            assert!(said.contains(why), "{said}");
        }
    }
}
