//! A batch of rows as JSON: read from one kind of database, written into the other.

use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text};
use serde_json::Value;

use super::super::Failure;
use super::super::connect::Sql;
use super::super::db::from_json;
use super::super::migrate::UNFINISHED_MOVE as NOTES;
use super::tables::Table;

/// Rows per transaction of the target.
const ROWS: usize = 1000;

/// The columns of a table, with what they hold.
pub(super) struct Columns {
    table: &'static Table,
    all: Vec<(String, Kind)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Number,
    Text,
    Flag,
    Bytes,
}

/// Some rows of a table.
pub(super) struct Rows {
    /// A list of lists, in the order of the columns.
    pub(super) json: String,
    pub(super) count: i64,
    /// The key of the last one, as a condition understands it.
    pub(super) reached: String,
}

#[derive(QueryableByName)]
struct Column {
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    kind: String,
}

#[derive(QueryableByName)]
struct Batch {
    #[diesel(sql_type = Nullable<Text>)]
    rows: Option<String>,
}

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = BigInt)]
    n: i64,
}

/// The column `n` of the one row of a query.
pub(super) fn number(sql: &mut Sql, query: &str) -> Result<i64, Failure> {
    Ok(diesel::sql_query(query).get_result::<Number>(sql)?.n)
}

#[derive(QueryableByName)]
struct Note {
    #[diesel(sql_type = Text)]
    reached: String,
    #[diesel(sql_type = BigInt)]
    done: i64,
}

impl Columns {
    pub(super) fn of(sql: &mut Sql, table: &'static Table) -> Result<Self, Failure> {
        let query = match sql {
            Sql::Sqlite(_) => format!(
                "SELECT name, type AS kind FROM pragma_table_info('{}') ORDER BY cid",
                table.name
            ),
            Sql::Postgres(_) => format!(
                "SELECT column_name::text AS name, data_type::text AS kind FROM information_schema.columns
                 WHERE table_name = '{}' AND table_schema = current_schema() ORDER BY ordinal_position",
                table.name
            ),
        };
        let columns = diesel::sql_query(query).load::<Column>(sql)?.into_iter();
        let all = columns.map(|column| {
            let kind = match column.kind.to_ascii_uppercase().as_str() {
                "BIGINT" | "INTEGER" => Kind::Number,
                "TEXT" => Kind::Text,
                "BOOLEAN" => Kind::Flag,
                "BLOB" | "BYTEA" => Kind::Bytes,
                other => {
                    let text = format!(
                        "column {}.{} has the type {other}, which is not moved",
                        table.name, column.name
                    );
                    return Err(Failure::trouble(text));
                }
            };
            Ok((column.name, kind))
        });
        Ok(Self {
            table,
            all: all.collect::<Result<_, _>>()?,
        })
    }

    /// The next rows behind a key; none if there are no more.
    pub(super) fn read(
        &self,
        sql: &mut Sql,
        behind: Option<&str>,
    ) -> Result<Option<Rows>, Failure> {
        let (table, key) = (self.table.name, self.table.key.join(", "));
        let condition = behind.map_or(String::new(), |behind| {
            format!("WHERE ({key}) > ({behind})")
        });
        let names = self.names();
        let slice = format!("SELECT {names} FROM {table} {condition} ORDER BY {key} LIMIT {ROWS}");
        let query = match sql {
            Sql::Sqlite(_) => {
                let values = self.values(|name, kind| match kind {
                    Kind::Number | Kind::Text => name.to_owned(),
                    Kind::Flag => format!(
                        "CASE {name} WHEN 1 THEN json('true') WHEN 0 THEN json('false') END"
                    ),
                    Kind::Bytes => format!("CASE WHEN {name} IS NOT NULL THEN hex({name}) END"),
                });
                format!(
                    "SELECT json_group_array(json_array({values})) AS rows FROM ({slice}) AS slice"
                )
            }
            Sql::Postgres(_) => {
                let values = self.values(|name, kind| match kind {
                    Kind::Number | Kind::Text | Kind::Flag => name.to_owned(),
                    Kind::Bytes => format!("encode({name}, 'hex')"),
                });
                format!(
                    "SELECT json_agg(json_build_array({values}) ORDER BY {key})::text AS rows FROM ({slice}) AS slice"
                )
            }
        };
        let batch: Batch = diesel::sql_query(query).get_result(sql)?;
        let json = batch.rows.unwrap_or_else(|| String::from("[]"));
        let rows: Vec<Vec<Value>> = from_json("batch", &json)?;
        let Some(last) = rows.last() else {
            return Ok(None);
        };
        let reached = self.table.key.iter().filter_map(|key| {
            let at = self.all.iter().position(|(name, _)| name == key)?;
            last.get(at).map(literal)
        });
        Ok(Some(Rows {
            reached: reached.collect::<Vec<_>>().join(", "),
            count: i64::try_from(rows.len()).unwrap_or(i64::MAX),
            json,
        }))
    }

    pub(super) fn write(&self, sql: &mut Sql, json: &str) -> Result<(), Failure> {
        let (table, names) = (self.table.name, self.names());
        let mut places = 0..;
        let mut place = || places.next().unwrap_or(0);
        let query = match sql {
            Sql::Sqlite(_) => {
                let values = self.values(|_, kind| {
                    let value = format!("r.value ->> {}", place());
                    match kind {
                        Kind::Number | Kind::Text | Kind::Flag => value,
                        Kind::Bytes => format!("unhex({value})"),
                    }
                });
                format!(
                    "INSERT INTO {table} ({names}) SELECT {values} FROM json_each(?) AS r ORDER BY r.key"
                )
            }
            Sql::Postgres(_) => {
                let values = self.values(|_, kind| {
                    let value = format!("r ->> {}", place());
                    match kind {
                        Kind::Number => format!("({value})::int8"),
                        Kind::Text => value,
                        Kind::Flag => format!("({value})::bool"),
                        Kind::Bytes => format!("decode({value}, 'hex')"),
                    }
                });
                format!(
                    "INSERT INTO {table} ({names}) SELECT {values} FROM json_array_elements($1::json) AS r"
                )
            }
        };
        diesel::sql_query(query)
            .bind::<Text, _>(json)
            .execute(sql)?;
        Ok(())
    }

    fn names(&self) -> String {
        self.values(|name, _| name.to_owned())
    }

    fn values(&self, mut of: impl FnMut(&str, Kind) -> String) -> String {
        let values = self.all.iter().map(|(name, kind)| of(name, *kind));
        values.collect::<Vec<_>>().join(", ")
    }
}

/// In a statement. Keys are numbers and texts.
fn literal(value: &Value) -> String {
    match value {
        Value::String(text) => format!("'{}'", text.replace('\'', "''")),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
            value.to_string()
        }
    }
}

/// How far a table is: the last key, and how many rows.
pub(super) fn reached(sql: &mut Sql, table: &str) -> Result<(Option<String>, i64), Failure> {
    let query = format!("SELECT reached, done FROM {NOTES} WHERE name = '{table}'");
    let note = diesel::sql_query(query)
        .get_result::<Note>(sql)
        .optional()?;
    Ok(note.map_or((None, 0), |note| (Some(note.reached), note.done)))
}

pub(super) fn note(sql: &mut Sql, table: &str, reached: &str, done: i64) -> Result<(), Failure> {
    let reached = reached.replace('\'', "''");
    Ok(sql.batch_execute(&format!(
        "INSERT INTO {NOTES} (name, reached, done) VALUES ('{table}', '{reached}', {done})
         ON CONFLICT (name) DO UPDATE SET reached = excluded.reached, done = excluded.done"
    ))?)
}

/// The last id that a table gave out, also if its row is gone.
pub(super) fn last_id(sql: &mut Sql, table: &str) -> Result<i64, Failure> {
    let newest = number(
        sql,
        &format!("SELECT COALESCE(MAX(id), 0) AS n FROM {table}"),
    )?;
    let given = match sql {
        Sql::Sqlite(_) => {
            format!("SELECT COALESCE(MAX(seq), 0) AS n FROM sqlite_sequence WHERE name = '{table}'")
        }
        Sql::Postgres(_) => {
            format!("SELECT COALESCE(MAX(last), 0) AS n FROM last_ids WHERE name = '{table}'")
        }
    };
    Ok(newest.max(number(sql, &given)?))
}

pub(super) fn set_last_id(sql: &mut Sql, table: &str, last: i64) -> Result<(), Failure> {
    Ok(sql.batch_execute(&match sql {
        // Tables without AUTOINCREMENT look nothing up there.
        Sql::Sqlite(_) => format!(
            "DELETE FROM sqlite_sequence WHERE name = '{table}';
             INSERT INTO sqlite_sequence (name, seq) VALUES ('{table}', {last})"
        ),
        Sql::Postgres(_) => {
            format!("UPDATE last_ids SET last = {last} WHERE name = '{table}'")
        }
    })?)
}

#[derive(QueryableByName)]
struct Head {
    #[diesel(sql_type = Text)]
    epoch: String,
    #[diesel(sql_type = BigInt)]
    pos: i64,
    #[diesel(sql_type = BigInt)]
    bytes: i64,
    #[diesel(sql_type = BigInt)]
    stamp: i64,
}

/// What tells whether a database was written to: each write moves the last timestamp.
pub(super) fn state(sql: &mut Sql) -> Result<String, Failure> {
    let head: Head =
        diesel::sql_query("SELECT epoch, pos, bytes, stamp FROM log_head").get_result(sql)?;
    Ok(format!("{} {}", head.epoch, head.stamp))
}

/// What gives another database the head of this log.
pub(super) fn head(sql: &mut Sql) -> Result<String, Failure> {
    let head: Head =
        diesel::sql_query("SELECT epoch, pos, bytes, stamp FROM log_head").get_result(sql)?;
    let Head {
        epoch,
        pos,
        bytes,
        stamp,
    } = head;
    let epoch = epoch.replace('\'', "''");
    Ok(format!(
        "UPDATE log_head SET epoch = '{epoch}', pos = {pos}, bytes = {bytes}, stamp = {stamp}"
    ))
}
