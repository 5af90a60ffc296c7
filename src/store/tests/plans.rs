//! How SQLite runs what a list asks: every statement is recorded, and its plan judged.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Arc, Mutex};

use diesel::connection::{Instrumentation, InstrumentationEvent};
use diesel::prelude::*;
use diesel::sql_types::Text;

use crate::store::{Db, Failure};

#[derive(QueryableByName)]
struct Step {
    #[diesel(sql_type = Text)]
    detail: String,
}

/// The statements of a connection, each once.
#[derive(Clone, Default)]
struct Recorder(Arc<Mutex<BTreeSet<String>>>);

impl Instrumentation for Recorder {
    fn on_connection_event(&mut self, event: InstrumentationEvent<'_>) {
        if let InstrumentationEvent::StartQuery { query, .. } = event {
            let text = query.to_string();
            let text = text.split(" -- binds").next().unwrap_or_default();
            if text.starts_with("SELECT") || text.starts_with("WITH") {
                self.0.lock().unwrap().insert(text.to_owned());
            }
        }
    }
}

/// The statements that a job runs.
pub(super) fn recorded(
    db: &mut Db<'_>,
    job: impl FnOnce(&mut Db<'_>) -> Result<(), Failure>,
) -> Result<BTreeSet<String>, Failure> {
    let recorder = Recorder::default();
    db.sql.set_instrumentation(recorder.clone());
    job(db)?;
    db.sql.set_instrumentation(|_: InstrumentationEvent<'_>| ());
    let statements = std::mem::take(&mut *recorder.0.lock().unwrap());
    Ok(statements)
}

/// What is wrong with the plan of a statement: tables that are read whole, rows that are sorted.
pub(super) fn faults(db: &mut Db<'_>, statement: &str) -> Result<Vec<String>, Failure> {
    let explain = diesel::sql_query(format!("EXPLAIN QUERY PLAN {statement}"));
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
