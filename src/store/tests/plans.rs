//! How the database runs what a list asks: every statement is recorded, and its plan judged.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Arc, Mutex};

use diesel::connection::{Instrumentation, InstrumentationEvent, SimpleConnection as _};
use diesel::prelude::*;
use diesel::sql_types::Text;

use crate::store::connect::Sql;
use crate::store::{Db, Failure};

#[derive(QueryableByName)]
struct Step {
    #[diesel(sql_type = Text)]
    detail: String,
}

/// A statement, and the values of its places.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    pub(super) text: String,
    values: String,
}

/// The statements of a connection, each once.
#[derive(Clone, Default)]
struct Recorder(Arc<Mutex<BTreeMap<String, Asked>>>);

impl Instrumentation for Recorder {
    fn on_connection_event(&mut self, event: InstrumentationEvent<'_>) {
        if let InstrumentationEvent::StartQuery { query, .. } = event {
            let whole = query.to_string();
            let (text, values) = whole.split_once(" -- binds: ").unwrap_or((&whole, "[]"));
            if text.starts_with("SELECT") || text.starts_with("WITH") {
                let asked = Asked {
                    text: text.to_owned(),
                    values: values.to_owned(),
                };
                self.0.lock().unwrap().insert(text.to_owned(), asked);
            }
        }
    }
}

/// The statements that a job runs.
pub(super) fn recorded(
    db: &mut Db<'_>,
    job: impl FnOnce(&mut Db<'_>) -> Result<(), Failure>,
) -> Result<Vec<Asked>, Failure> {
    let recorder = Recorder::default();
    db.sql.set_instrumentation(recorder.clone());
    job(db)?;
    db.sql.set_instrumentation(|_: InstrumentationEvent<'_>| ());
    let statements = std::mem::take(&mut *recorder.0.lock().unwrap());
    Ok(statements.into_values().collect())
}

/// What is wrong with the plan of a statement: tables that are read whole, rows that are sorted.
pub(super) fn faults(db: &mut Db<'_>, asked: &Asked) -> Result<Vec<String>, Failure> {
    if let Sql::Postgres(_) = db.sql {
        return faults_on_server(db, asked);
    }
    let explain = diesel::sql_query(format!("EXPLAIN QUERY PLAN {}", asked.text));
    let steps = explain.load::<Step>(db.sql)?.into_iter();
    Ok(steps
        .map(|step| step.detail)
        .filter(|step| is_fault(step))
        .collect())
}

fn is_fault(step: &str) -> bool {
    // A walk through an index of its own from one end is no scan, and neither is one of the full-text index, which a
    // question bounds; a list of ids is as long as a page.
    let reads_all = step.starts_with("SCAN") && !step.contains("VIRTUAL TABLE");
    // A pair is looked up by all columns of its key.
    let reads_pairs = step.contains("relations") && step.ends_with("(user_id=?)")
        || step.ends_with("(other_id=?)");
    reads_all || reads_pairs || step.starts_with("USE TEMP B-TREE")
}

/// The same of PostgreSQL, where only reading a whole table is a fault: whether a few rows are sorted or walked in order is the
/// planner's choice from case to case. It is asked for its plan for any values, with no other way left than along an index.
fn faults_on_server(db: &mut Db<'_>, asked: &Asked) -> Result<Vec<String>, Failure> {
    let types: Vec<&str> = parts(&asked.values)
        .iter()
        .map(|part| type_of(part))
        .collect();
    let (types, nulls) = match types.as_slice() {
        [] => (String::new(), String::new()),
        all => (
            format!("({})", all.join(", ")),
            format!("({})", vec!["NULL"; all.len()].join(", ")),
        ),
    };
    let statement = &asked.text;
    let prepared = db.sql.batch_execute(&format!(
        "SET LOCAL plan_cache_mode = force_generic_plan; SET LOCAL enable_seqscan = off;
        SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off; SET LOCAL enable_material = off;
        PREPARE judged {types} AS {statement}"
    ));
    prepared.map_err(|error| Failure::trouble(format!("{error}: {statement}, {types}")))?;
    let plan = diesel::dsl::sql::<Text>(&format!("EXPLAIN (COSTS OFF) EXECUTE judged{nulls}"));
    let plan: Vec<String> = plan.load(db.sql)?;
    db.sql.batch_execute("DEALLOCATE judged")?;
    let mut faults = Vec::new();
    for (n, line) in plan.iter().enumerate() {
        let step = line.trim().trim_start_matches("->").trim();
        let is_along_index = step.starts_with("Index ") && step.contains(" on ");
        let details = plan[n + 1..].iter().take_while(|line| !line.contains("->"));
        let is_bounded = details.into_iter().any(|line| line.contains("Index Cond:"));
        if step.contains("Seq Scan on") || is_along_index && !is_bounded {
            faults.push(step.to_owned());
        }
    }
    Ok(faults)
}

/// The type of a value, by how it is printed.
fn type_of(value: &str) -> &'static str {
    let first = value.trim_start_matches(['[', ' ', '-']);
    let is_number = first.starts_with(|c: char| c.is_ascii_digit());
    match (value.starts_with('['), first) {
        (false, "true" | "false") => "bool",
        (false, _) if is_number => "int8",
        (true, _) if is_number => "int8[]",
        (false, text) if text.starts_with('"') => "text",
        (true, text) if text.starts_with('"') => "text[]",
        // Nothing, or an empty list: PostgreSQL finds out.
        _ => "unknown",
    }
}

/// The values of a list, as they are printed.
fn parts(list: &str) -> Vec<String> {
    let list = list.trim();
    let inner = list
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'));
    let inner = inner.unwrap_or(list);
    let (mut parts, mut part) = (Vec::new(), String::new());
    let (mut depth, mut is_quoted, mut last) = (0, false, ' ');
    for c in inner.chars() {
        match c {
            '"' if last != '\\' => is_quoted = !is_quoted,
            '[' | '(' if !is_quoted => depth += 1,
            ']' | ')' if !is_quoted => depth -= 1,
            ',' if !is_quoted && depth == 0 => {
                parts.push(std::mem::take(&mut part));
                last = c;
                continue;
            }
            _ => {}
        }
        part.push(c);
        last = c;
    }
    parts.push(part);
    let parts = parts.iter().map(|part| part.trim().to_owned());
    parts.filter(|part| !part.is_empty()).collect()
}

/// The planner takes each table for a large one.
pub(super) const LARGE_TABLES: &str = "UPDATE pg_class SET reltuples = 1000000,
        relpages = CASE relkind WHEN 'i' THEN 2 ELSE 1 END
    WHERE relkind IN ('r', 'i') AND relnamespace = 'public'::regnamespace";

/// The functions that return a page, by the text of the store.
pub(super) fn lists_in(folder: &Path, found: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            if !path.ends_with("tests") {
                lists_in(&path, found);
            }
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        for part in text.split("    pub fn ").skip(1) {
            let head = part.split(" {\n").next().unwrap_or_default();
            if head.contains("-> Result<Page<") {
                let name = head.split(['(', '<']).next().unwrap_or_default();
                found.insert(name.to_owned());
            }
        }
    }
}
