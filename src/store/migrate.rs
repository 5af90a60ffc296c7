//! Migrates the database file to the schema of this program.

use std::path::Path;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::connect::Sql;
use super::schema::log_head;
use super::search::{renew, renew_users};
use super::sql_error::is_locked;
use super::{Failure, secret};

/// Compiled in, so that the program needs no further files.
pub(super) const MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations/sqlite");

type Trouble = Box<dyn std::error::Error + Send + Sync>;

/// Applies the missing migrations, all or none. The write lock is taken first: of two programs that start
/// at the same time, the second one waits and then finds nothing to do.
pub(super) fn migrate(sql: &mut Sql) -> Result<(), Failure> {
    let outcome: Result<(), Trouble> = sql.immediate_transaction(|sql| {
        let known = known_versions()?;
        for version in sql.applied_migrations()? {
            if !known.contains(&version.to_string()) {
                return Err(format!(
                    "the database has step {version}, which this program does not know; use the newer program that made it"
                ).into());
            }
        }
        for applied in sql.run_pending_migrations(MIGRATIONS)? {
            tracing::info!(step = %applied, "database migrated");
        }
        let has_other_rules = renew(sql)?;
        renew_users(sql, has_other_rules)?;
        // A new log gets a new epoch, so that cursors into another log are recognized.
        diesel::insert_into(log_head::table)
            .values((
                log_head::id.eq(1),
                log_head::epoch.eq(secret::random_id()),
                log_head::pos.eq(0),
                log_head::bytes.eq(0),
                log_head::stamp.eq(0),
            ))
            .on_conflict_do_nothing()
            .execute(sql)?;
        Ok(())
    });
    outcome.map_err(|error| {
        Failure::Trouble(format!("cannot migrate the database: {error}").into())
    })?;
    // Statistics for the planner; cheap when nothing changed.
    sql.batch_execute("PRAGMA optimize;")?;
    Ok(())
}

/// Refuses a file that is not a database of this program, or not of this version: only `serve` migrates.
pub(super) fn demand_current(sql: &mut Sql, file: &Path) -> Result<(), Failure> {
    let refuse = |what: &str| {
        let text = format!("the database {} {what}", file.display());
        Err(Failure::Trouble(text.into()))
    };
    let applied = diesel::sql_query("SELECT version FROM __diesel_schema_migrations");
    let applied: Vec<Applied> = match applied.load(sql) {
        Ok(applied) => applied,
        Err(error) if is_locked(&error) => return Err(Failure::Busy),
        Err(_no_such_table) => {
            return refuse("was not made by this program; `groundnut serve` makes one");
        }
    };
    let known = known_versions().map_err(|error| Failure::trouble(error.to_string()))?;
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
    #[diesel(sql_type = diesel::sql_types::Text)]
    version: String,
}

fn known_versions() -> Result<Vec<String>, Trouble> {
    use diesel::migration::MigrationSource as _;
    let all: Vec<Box<dyn diesel::migration::Migration<diesel::sqlite::Sqlite>>> =
        MIGRATIONS.migrations()?;
    Ok(all
        .iter()
        .map(|step| step.name().version().to_string())
        .collect())
}
