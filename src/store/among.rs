//! "One of these", for lists of any length.
//!
//! A list with one place per item is another statement for each length, and SQLite takes 32 766 places at most. Here the
//! whole list is one value, so that the statement is prepared once and no list is too long.

use diesel::expression::{
    AppearsOnTable, Expression, SelectableExpression, ValidGrouping, is_aggregate,
};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::sql_types::{Bool, Text};
use diesel::sqlite::Sqlite;

use super::connect::Backend;

/// `column IN (list)`
#[derive(Clone, Debug)]
pub(super) struct Among {
    column: &'static str,
    kind: Kind,
    /// JSON.
    list: String,
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    Number,
    Text,
}

/// The column (as `table.column`) holds one of these numbers.
pub(super) fn among(column: &'static str, ids: impl IntoIterator<Item = i64>) -> Among {
    let ids: Vec<String> = ids.into_iter().map(|id| id.to_string()).collect();
    Among {
        column,
        kind: Kind::Number,
        list: format!("[{}]", ids.join(",")),
    }
}

/// It holds one of these texts.
pub(super) fn text_among(column: &'static str, texts: &[String]) -> Among {
    let texts = texts
        .iter()
        .map(|text| serde_json::Value::from(text.as_str()));
    Among {
        column,
        kind: Kind::Text,
        list: serde_json::Value::from_iter(texts).to_string(),
    }
}

impl Expression for Among {
    type SqlType = Bool;
}

impl<T> AppearsOnTable<T> for Among {}
impl<T> SelectableExpression<T> for Among {}

impl<G> ValidGrouping<G> for Among {
    type IsAggregate = is_aggregate::No;
}

impl QueryId for Among {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl QueryFragment<Sqlite> for Among {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        out.push_sql(self.column);
        out.push_sql(" IN (SELECT value FROM json_each(");
        out.push_bind_param::<Text, str>(&self.list)?;
        out.push_sql("))");
        Ok(())
    }
}

impl QueryFragment<Pg> for Among {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        // An array, unlike a set of rows, is looked up in an index value by value.
        let (before, after) = match self.kind {
            Kind::Number => (" = ANY (translate(", ", '[]', '{}')::int8[])"),
            Kind::Text => (
                " = ANY (ARRAY(SELECT json_array_elements_text(",
                "::json)))",
            ),
        };
        out.push_sql(self.column);
        out.push_sql(before);
        out.push_bind_param::<Text, str>(&self.list)?;
        out.push_sql(after);
        Ok(())
    }
}

impl QueryFragment<Backend> for Among {
    fn walk_ast<'b>(&'b self, out: AstPass<'_, 'b, Backend>) -> QueryResult<()> {
        Backend::walk_variant_ast(self, out)
    }
}
