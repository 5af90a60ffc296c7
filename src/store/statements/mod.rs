//! SQL that is written by hand, for the paths where preparing a statement costs as much as running it. Conditions that
//! diesel cannot express are with their queries (`among.rs`, `channels/unread.rs`), and so are the
//! statements of the search of channels (`search/channel_index.rs`).
//!
//! Diesel prepares each `UPDATE` at every call, since its text may differ from call to call, and has no words for
//! transactions and upserts. A statement here is a type: its text is a constant, so each connection prepares it once.
//! What the two databases say differently is in these files, `connect/`, `among.rs` and `search/`.

use std::marker::PhantomData;

use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::serialize::ToSql;
use diesel::sql_types::{BigInt, Bool, HasSqlType, Nullable, Text};
use diesel::sqlite::Sqlite;

use super::connect::{Backend, Sql};

/// One statement; `?` are its places.
pub(super) trait Statement: 'static {
    const SQLITE: &'static str;
    /// Where PostgreSQL says it differently; empty where it has nothing to do.
    const POSTGRES: &'static str = Self::SQLITE;
    /// SQL types of the columns that it returns, if it returns any.
    type Row;
}

/// Statements by their names.
macro_rules! statements {
    ($($(#[doc = $doc:literal])+ $name:ident -> $row:ty = $text:expr $(, postgres $postgres:expr)?;)+) => {$(
        $(#[doc = $doc])+
        pub(in crate::store) struct $name;
        impl $crate::store::statements::Statement for $name {
            const SQLITE: &'static str = $text;
            $(const POSTGRES: &'static str = $postgres;)?
            type Row = $row;
        }
    )+};
}
pub(super) use statements;

/// Ids of what a full-text index of PostgreSQL finds, in order. The shorter statement leaves it to the planner whether the
/// table is walked in the order of the ids or all hits are sorted, and each is wrong for half of all questions. This one
/// looks at the next 2000 ids, and asks the index for all hits only if these do not fill the page. (`id + 0` keeps the planner
/// from walking there too.)
macro_rules! found_in {
    ($table:literal, $order:literal) => {
        concat!(
            "WITH asked AS MATERIALIZED (
                SELECT ?::tsquery AS question, ?::int8 AS low, ?::int8 AS high, ?::int8 AS most
            ), near AS MATERIALIZED (
                SELECT id FROM (SELECT id, words FROM ", $table, "
                    WHERE id BETWEEN (SELECT low FROM asked) AND (SELECT high FROM asked) ORDER BY id ", $order, "
                    LIMIT 2000) AS next
                WHERE words @@ (SELECT question FROM asked) LIMIT (SELECT most FROM asked)
            )
            SELECT id FROM near
            UNION
            SELECT id FROM (SELECT id FROM ", $table, "
                WHERE (SELECT COUNT(*) FROM near) < (SELECT most FROM asked)
                    AND words @@ (SELECT question FROM asked)
                    AND id + 0 BETWEEN (SELECT low FROM asked) AND (SELECT high FROM asked)
                ORDER BY id + 0 ", $order, " LIMIT (SELECT most FROM asked)) AS found
            ORDER BY id ", $order, " LIMIT (SELECT most FROM asked)"
        )
    };
}
pub(super) use found_in;

/// The statements of a full-text index: what adds an entry, adds many on PostgreSQL (columns: ids, words), forgets one (which
/// SQLite has to be told as it was given), writes out what SQLite holds in memory (so that an error shows here and not in the commit), empties the index, and finds the
/// entries that hold words and marks within a range of ids, newest and oldest first.
macro_rules! full_text {
    ($($table:literal: $add:ident, $add_all:ident, $forget:ident, $flush:ident, $empty:ident, $newest:ident, $oldest:ident;)+) => {$(
        $crate::store::statements::statements! {
            /// Adds an entry.
            $add -> () = concat!("INSERT INTO ", $table, " (rowid, words, marks) VALUES (?, ?, ?)"),
                postgres concat!("INSERT INTO ", $table, " (id, words) VALUES (?, ?::tsvector)");
            /// Adds many.
            $add_all -> () = "", postgres concat!("INSERT INTO ", $table, " (id, words)
                SELECT id, words::tsvector FROM unnest(?, ?) AS new (id, words)");
            /// Forgets one.
            $forget -> () = concat!("INSERT INTO ", $table, " (", $table, ", rowid, words, marks) VALUES ('delete', ?, ?, ?)"),
                postgres concat!("DELETE FROM ", $table, " WHERE id = ?");
            /// Writes out what is in memory.
            $flush -> () = concat!("INSERT INTO ", $table, " (", $table, ") VALUES ('flush')"), postgres "";
            /// Forgets all.
            $empty -> () = concat!("INSERT INTO ", $table, " (", $table, ") VALUES ('delete-all')"),
                postgres concat!("TRUNCATE ", $table);
            /// The newest that are found.
            $newest -> diesel::sql_types::BigInt = concat!("SELECT rowid FROM ", $table, " WHERE ", $table,
                " MATCH ? AND rowid BETWEEN ? AND ? ORDER BY rowid DESC LIMIT ?"),
                postgres $crate::store::statements::found_in!($table, "DESC");
            /// The oldest.
            $oldest -> diesel::sql_types::BigInt = concat!("SELECT rowid FROM ", $table, " WHERE ", $table,
                " MATCH ? AND rowid BETWEEN ? AND ? ORDER BY rowid ASC LIMIT ?"),
                postgres $crate::store::statements::found_in!($table, "ASC");
        }
    )+};
}
pub(super) use full_text;

mod cluster;
mod lane;
mod lists;
mod many;
mod search;
mod sets;
mod upserts;

pub(super) use cluster::*;
pub(super) use lane::*;
pub(super) use lists::*;
pub(super) use many::*;
pub(super) use search::*;
pub(super) use sets::*;
pub(super) use upserts::*;

/// A value for a `?`.
pub(super) enum Bind<'a> {
    Int(i64),
    Flag(bool),
    Text(&'a str),
    NoInt,
    NoText,
}

impl From<i64> for Bind<'_> {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}

impl From<bool> for Bind<'_> {
    fn from(value: bool) -> Self {
        Self::Flag(value)
    }
}

impl<'a> From<&'a str> for Bind<'a> {
    fn from(value: &'a str) -> Self {
        Self::Text(value)
    }
}

impl From<Option<i64>> for Bind<'_> {
    fn from(value: Option<i64>) -> Self {
        value.map_or(Self::NoInt, Self::Int)
    }
}

impl<'a> From<Option<&'a str>> for Bind<'a> {
    fn from(value: Option<&'a str>) -> Self {
        value.map_or(Self::NoText, Self::Text)
    }
}

/// Runs a statement; the number of rows that it changed.
pub(super) fn execute<S: Statement>(sql: &mut Sql, binds: &[Bind<'_>]) -> QueryResult<usize> {
    let run = Run::<S>(binds, PhantomData);
    // Past the enum, which would walk through the statement twice.
    match sql {
        Sql::Sqlite(sql) => run.execute(sql),
        Sql::Postgres(_) if S::POSTGRES.is_empty() => Ok(0),
        Sql::Postgres(sql) => run.execute(sql),
    }
}

/// A statement to be loaded from.
pub(super) fn query<'a, S: Statement>(binds: &'a [Bind<'a>]) -> Run<'a, S> {
    Run(binds, PhantomData)
}

/// A statement with its values.
pub(super) struct Run<'a, S>(&'a [Bind<'a>], PhantomData<S>);

impl<S: Statement> QueryId for Run<'_, S> {
    // The type names the text, so the prepared statement is found without building the text.
    type QueryId = S;
    const HAS_STATIC_QUERY_ID: bool = true;
}

impl<S: Statement> Query for Run<'_, S> {
    type SqlType = S::Row;
}

impl<S> Run<'_, S> {
    fn walk<'b, DB>(&'b self, text: &str, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()>
    where
        DB: diesel::backend::Backend + HasSqlType<BigInt> + HasSqlType<Bool> + HasSqlType<Text>,
        i64: ToSql<BigInt, DB>,
        bool: ToSql<Bool, DB>,
        str: ToSql<Text, DB>,
        Option<i64>: ToSql<Nullable<BigInt>, DB>,
        Option<String>: ToSql<Nullable<Text>, DB>,
    {
        let mut parts = text.split('?');
        out.push_sql(parts.next().unwrap_or_default());
        for (part, bind) in parts.zip(self.0) {
            match bind {
                Bind::Int(value) => out.push_bind_param::<BigInt, _>(value)?,
                Bind::Flag(value) => out.push_bind_param::<Bool, _>(value)?,
                Bind::Text(value) => out.push_bind_param::<Text, str>(value)?,
                Bind::NoInt => out.push_bind_param::<Nullable<BigInt>, Option<i64>>(&None)?,
                Bind::NoText => out.push_bind_param::<Nullable<Text>, Option<String>>(&None)?,
            }
            out.push_sql(part);
        }
        Ok(())
    }
}

impl<S: Statement> QueryFragment<Sqlite> for Run<'_, S> {
    fn walk_ast<'b>(&'b self, out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        self.walk(S::SQLITE, out)
    }
}

impl<S: Statement> QueryFragment<Pg> for Run<'_, S> {
    fn walk_ast<'b>(&'b self, out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        self.walk(S::POSTGRES, out)
    }
}

impl<S: Statement> QueryFragment<Backend> for Run<'_, S> {
    fn walk_ast<'b>(&'b self, out: AstPass<'_, 'b, Backend>) -> QueryResult<()> {
        Backend::walk_variant_ast(self, out)
    }
}

impl<S, C> RunQueryDsl<C> for Run<'_, S> {}
