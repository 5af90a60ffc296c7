//! `report …`: what users reported to the operator.

use clap::Subcommand;
use serde_json::json;

use super::table::List;
use super::{Database, Done, PAGE, counted, print, sentence};
use crate::config::Config;
use crate::model::Report;
use crate::model::Stamp;

/// Characters of a reported text that a table shows.
const EXCERPT: usize = 60;

/// Commands about reports.
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum ReportCommand {
    /// List the open reports, oldest first. Who reported is shown here only, and never to the author.
    List {
        /// Closed ones too.
        #[arg(long)]
        all: bool,
        /// Print one JSON array, with the whole texts.
        #[arg(long)]
        json: bool,
    },
    /// Close a report, and all others about the same post or message.
    Close {
        /// Its number.
        id: i64,
        /// Print one JSON object.
        #[arg(long)]
        json: bool,
    },
}

/// Runs a command about reports.
pub(in crate::cli) fn run(config: &Config, command: &ReportCommand) -> Done {
    match *command {
        ReportCommand::List { all, json } => list(config, all, json),
        ReportCommand::Close { id, json } => close(config, id, json),
    }
}

fn list(config: &Config, all: bool, json: bool) -> Done {
    let database = Database::open(config)?;
    let headings = [
        "ID", "ABOUT", "AUTHOR", "REASON", "BY", "AT", "STATE", "TEXT",
    ];
    let mut list = List::new(headings);
    let mut after = 0;
    loop {
        let page = database.read(move |db| db.reports(all, after, PAGE))?;
        let Some(last) = page.last() else { break };
        after = last.id;
        page.iter().for_each(|report| push(&mut list, report));
    }
    list.print(json)
}

fn push(list: &mut List, report: &Report) {
    let state = match report.closed_at {
        Some(at) => format!("closed {}", at.iso()),
        None => String::from("open"),
    };
    list.push(
        [
            report.id.to_string(),
            format!("{} {}", report.kind, report.object_id),
            report.author.clone(),
            report.reason.clone(),
            report.reporter.clone(),
            report.created_at.iso(),
            state,
            excerpt(&report.text),
        ],
        json!({
            "id": report.id.to_string(),
            "about": {"type": report.kind, "id": report.object_id.to_string()},
            "author": report.author,
            "reason": report.reason,
            "reporter": report.reporter,
            "created_at": report.created_at.iso(),
            "closed_at": report.closed_at.map(Stamp::iso),
            "text": report.text,
        }),
    );
}

/// The beginning of a text on one line. Nothing in it steers the terminal.
fn excerpt(text: &str) -> String {
    // Marks that turn the direction of writing too.
    let steers =
        |c: char| c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let plain = |c: char| if steers(c) { ' ' } else { c };
    let mut shown: String = text.chars().take(EXCERPT).map(plain).collect();
    if text.chars().nth(EXCERPT).is_some() {
        shown.push('…');
    }
    shown
}

fn close(config: &Config, id: i64, json: bool) -> Done {
    let closed = Database::open(config)?.write(move |tx| {
        let closed = tx.close_reports(id)?;
        closed.ok_or_else(|| {
            sentence(format!(
                "no report has the number {id}; `groundnut report list --all` shows all"
            ))
        })
    })?;
    let words = match closed {
        0 => format!("report {id} was closed already"),
        _ => format!("{} closed", counted(closed, "report")),
    };
    print(
        json,
        &json!({"id": id.to_string(), "closed": closed}),
        &words,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_excerpt_is_one_line_and_steers_no_terminal() {
        assert_eq!(excerpt("a\nb\u{1b}[31mc\u{9b}d"), "a b [31mc d");
        let long = "ä".repeat(EXCERPT + 1);
        assert_eq!(excerpt(&long), "ä".repeat(EXCERPT) + "…");
        assert_eq!(excerpt(&"x".repeat(EXCERPT)).len(), EXCERPT);
    }
}
