//! Migrates the database file to the schema of this program.

use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::migration::{Migration, MigrationSource as _};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::connect::{Backend, Database, Sql};
use super::search::{UserWords, renew, renew_users};
use super::sql_error::is_locked;
use super::statements::{FirstLogHead, LockLogHead, NoteMigration, execute, query};
use super::{Failure, secret};

/// Compiled in, so that the program needs no further files.
pub(super) const SQLITE: EmbeddedMigrations = embed_migrations!("migrations/sqlite");
/// The same steps for PostgreSQL.
pub(super) const POSTGRES: EmbeddedMigrations = embed_migrations!("migrations/postgres");

/// The lock that a program holds while it migrates a PostgreSQL database: "groundnut" as a number.
const LOCK: &str = "SELECT pg_advisory_xact_lock(7453010373645639777)";

/// The table of a database into which another one is being moved (`moving/`): it is not whole.
pub(super) const UNFINISHED_MOVE: &str = "unfinished_move";

/// How long a step waits for a table: all that come later wait for the step.
const WAIT: Duration = Duration::from_secs(1);
/// For so long they pass.
const PAUSE: Duration = Duration::from_secs(3);
/// After this time a reader that does not end is an error.
const PATIENCE: Duration = Duration::from_secs(1800);

type Trouble = Box<dyn std::error::Error + Send + Sync>;

/// Applies the missing migrations, all or none; then rebuilds the search indexes that other rules for words made. Of two
/// programs that start at the same time, the second one waits and then finds nothing to do.
pub(super) fn migrate(sql: &mut Sql) -> Result<(), Failure> {
    if is_unfinished(sql)? {
        let text = "the move into this database was not finished; run the same `groundnut move` again, which goes on";
        return Err(Failure::Trouble(text.into()));
    }
    in_turn(sql, apply)?;
    in_turn(sql, |sql| Ok(renew(sql)?))?;
    let mut reached = None;
    while let UserWords::UpTo(user) = in_turn(sql, |sql| {
        // As each writer does: a server that runs changes no user meanwhile.
        query::<LockLogHead>(&[]).execute(sql)?;
        Ok(renew_users(sql, reached)?)
    })? {
        reached = Some(user);
    }
    // Statistics for the planner; cheap when nothing changed. PostgreSQL makes them by itself.
    if let Sql::Sqlite(_) = sql {
        sql.batch_execute("PRAGMA optimize;")?;
    }
    Ok(())
}

/// A transaction in which no other program migrates. A step that changes a table waits for all that read it, and all that come
/// later wait for the step: behind a long reader, such as a backup, it lets them pass and tries again.
fn in_turn<T>(sql: &mut Sql, job: impl Fn(&mut Sql) -> Result<T, Trouble>) -> Result<T, Failure> {
    let (began, is_server) = (Instant::now(), matches!(sql, Sql::Postgres(_)));
    loop {
        let outcome = attempt(sql, &job);
        match &outcome {
            Err(error) if is_server && is_held(error) && began.elapsed() < PATIENCE => {
                tracing::warn!(
                    "a table that is to be changed is in use, perhaps by a backup; trying again"
                );
                std::thread::sleep(PAUSE);
            }
            Ok(_) | Err(_) => {
                return outcome.map_err(|error| {
                    Failure::Trouble(format!("cannot migrate the database: {error}").into())
                });
            }
        }
    }
}

fn attempt<T>(sql: &mut Sql, job: impl Fn(&mut Sql) -> Result<T, Trouble>) -> Result<T, Trouble> {
    match sql {
        Sql::Sqlite(_) => sql.batch_execute("BEGIN IMMEDIATE"),
        // The first lock is held by a program that migrates, which may take long.
        Sql::Postgres(_) => sql.batch_execute(&format!(
            "BEGIN; SET LOCAL lock_timeout = 0; SET LOCAL statement_timeout = 0; {LOCK};
            SET LOCAL lock_timeout = '{}ms'",
            WAIT.as_millis()
        )),
    }?;
    let outcome = job(sql);
    let ended = match &outcome {
        Ok(_) => sql.batch_execute("COMMIT"),
        Err(_) => sql.batch_execute("ROLLBACK"),
    };
    outcome.and_then(|done| ended.map(|()| done).map_err(Trouble::from))
}

/// Whether PostgreSQL did not get a lock in time. The error of a step is diesel's own and keeps no source.
fn is_held(error: &Trouble) -> bool {
    let by_store = error.downcast_ref::<Failure>();
    by_store.is_some_and(|failure| matches!(failure, Failure::Busy))
        || error.to_string().contains("due to lock timeout")
}

fn apply(sql: &mut Sql) -> Result<(), Trouble> {
    let steps = steps_for(sql)?;
    let known = versions(&steps);
    let applied = sql.applied_migrations()?;
    for version in &applied {
        if !known.contains(&version.to_string()) {
            return Err(format!(
                "the database has step {version}, which this program does not know; use the newer program that made it"
            )
            .into());
        }
    }
    if applied.is_empty() {
        demand_empty(sql)?;
    }
    for step in steps {
        let version = step.name().version();
        if !applied.contains(&version) {
            // Without diesel's harness, which would begin a transaction for each step.
            step.run(sql)?;
            execute::<NoteMigration>(sql, &[(&*version.to_string()).into()])?;
            tracing::info!(step = %step.name(), "database migrated");
        }
    }
    // A new log gets a new epoch, so that cursors into another log are recognized.
    execute::<FirstLogHead>(sql, &[(&*secret::random_id()).into()])?;
    Ok(())
}

/// Refuses a database of something else: tables of the same names would be mixed up.
fn demand_empty(sql: &mut Sql) -> Result<(), Trouble> {
    let tables = match sql {
        Sql::Sqlite(_) => {
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
        }
        Sql::Postgres(_) => {
            "SELECT tablename::text AS name FROM pg_tables WHERE schemaname = current_schema()"
        }
    };
    let tables: Vec<TableName> = diesel::sql_query(tables).load(sql)?;
    let mut foreign = tables
        .into_iter()
        .filter(|table| table.name != "__diesel_schema_migrations");
    match foreign.next() {
        None => Ok(()),
        Some(TableName { name }) => Err(format!(
            "it has tables of something else, such as {name}; use a database of its own"
        )
        .into()),
    }
}

#[derive(QueryableByName)]
struct TableName {
    #[diesel(sql_type = Text)]
    name: String,
}

/// Whether a move into this database was begun and not finished.
pub(super) fn is_unfinished(sql: &mut Sql) -> Result<bool, Failure> {
    let tables = match sql {
        Sql::Sqlite(_) => "SELECT COUNT(*) FROM sqlite_schema WHERE name = ",
        Sql::Postgres(_) => {
            "SELECT COUNT(*) FROM pg_tables WHERE schemaname = current_schema() AND tablename = "
        }
    };
    let tables = diesel::dsl::sql::<BigInt>(tables).bind::<Text, _>(UNFINISHED_MOVE);
    Ok(tables.get_result::<i64>(sql)? > 0)
}

/// Refuses a file that is not a database of this program, or not of this version: only `serve` migrates.
pub(super) fn demand_current(sql: &mut Sql, database: &Database) -> Result<(), Failure> {
    let refuse = |what: &str| {
        let text = format!("the database {database} {what}");
        Err(Failure::Trouble(text.into()))
    };
    let applied =
        diesel::sql_query("SELECT version FROM __diesel_schema_migrations ORDER BY version");
    let applied: Vec<Applied> = match applied.load(sql) {
        Ok(applied) => applied,
        Err(error) if is_locked(&error) => return Err(Failure::Busy),
        Err(_no_such_table) => {
            return refuse("was not made by this program; `groundnut serve` makes one");
        }
    };
    let steps = steps_for(sql).map_err(|error| Failure::trouble(error.to_string()))?;
    let known = versions(&steps);
    if let Some(unknown) = applied.iter().find(|step| !known.contains(&step.version)) {
        let step = &unknown.version;
        return refuse(&format!(
            "has step {step}, which this program does not know; use the newer program that made it"
        ));
    }
    if applied.len() < known.len() {
        return refuse(
            "is of an older version; start this version's `groundnut serve`, which migrates it",
        );
    }
    Ok(())
}

#[derive(QueryableByName)]
struct Applied {
    #[diesel(sql_type = Text)]
    version: String,
}

fn steps_for(sql: &Sql) -> Result<Vec<Box<dyn Migration<Backend>>>, Trouble> {
    match sql {
        Sql::Sqlite(_) => SQLITE.migrations(),
        Sql::Postgres(_) => POSTGRES.migrations(),
    }
}

fn versions(steps: &[Box<dyn Migration<Backend>>]) -> Vec<String> {
    let names = steps.iter().map(|step| step.name().version().to_string());
    names.collect()
}
