//! `move`: everything from one database into another of the other kind.

use std::io::{IsTerminal as _, Write as _};

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};

use super::accounts::explain;
use crate::config::{Config, DatabaseUrl};
use crate::store::{MovedRows, StoreOptions, move_database};

/// From where to where.
#[derive(Args, Clone, Debug)]
pub(super) struct MoveArgs {
    /// The database that has the data. No server may write to it meanwhile.
    #[arg(long, value_name = "URL")]
    from: DatabaseUrl,

    /// The empty database that shall have it.
    #[arg(long, value_name = "URL")]
    to: DatabaseUrl,

    /// Print the rows of each table as one JSON object.
    #[arg(long)]
    json: bool,
}

/// Copies, with a progress bar for each table.
pub(super) fn run(config: &Config, args: &MoveArgs) -> Result<(), Box<dyn std::error::Error>> {
    let options = |url: &DatabaseUrl| StoreOptions {
        url: url.reveal().to_owned(),
        ..StoreOptions::from(&config.store)
    };
    let mut bars = Bars::default();
    let (from, to) = (options(&args.from), options(&args.to));
    let moved = move_database(&from, &to, |rows| {
        bars.show(rows);
    });
    bars.end();
    let moved = moved.map_err(explain)?;
    let mut out = std::io::stdout().lock();
    if args.json {
        let tables: serde_json::Map<String, serde_json::Value> = moved
            .iter()
            .map(|rows| (rows.table.to_owned(), rows.done.into()))
            .collect();
        writeln!(out, "{}", serde_json::Value::Object(tables))?;
        return Ok(());
    }
    let rows: i64 = moved.iter().map(|rows| rows.done).sum();
    writeln!(
        out,
        "{rows} rows in {} tables are the same on both sides. Start `groundnut serve` with the new database; its first start makes the search indexes.",
        moved.len()
    )?;
    writeln!(out, "{}", about_files(config, &from, &to)?)?;
    Ok(())
}

/// Contents are beside the database unless a setting names a place: a server on the new database looks for them elsewhere.
fn about_files(
    config: &Config,
    from: &StoreOptions,
    to: &StoreOptions,
) -> Result<String, Box<dyn std::error::Error>> {
    let url = &config.files.store_url;
    if !url.is_empty() {
        return Ok(format!(
            "Contents of files are not in the database: they stay in {url} (files.store_url), which the new server needs too."
        ));
    }
    let (from, to) = (from.folder()?, to.folder()?);
    let same = std::path::absolute(&from)? == std::path::absolute(&to)?;
    let (from, to) = (from.display(), to.display());
    Ok(match same {
        true => format!(
            "Contents of files and pictures are not in the database: they stay in {from}/files and {from}/pictures, where the new server looks for them if it works in the same directory."
        ),
        false => format!(
            "Contents of files and pictures are not in the database: they are in {from}/files and {from}/pictures. The new server looks for them in {to}/files and {to}/pictures, of its working directory if that is no absolute path. Copy them before it starts: mkdir -p {to} && cp -a {from}/files {from}/pictures {to}/"
        ),
    })
}

/// One bar at a time.
#[derive(Default)]
struct Bars {
    shown: Option<(&'static str, ProgressBar)>,
}

impl Bars {
    fn show(&mut self, rows: MovedRows) {
        if !std::io::stderr().is_terminal() {
            return;
        }
        let is_new = self
            .shown
            .as_ref()
            .is_none_or(|(table, _)| *table != rows.table);
        if is_new {
            self.end();
            let style = ProgressStyle::with_template(
                "{prefix:>30} {wide_bar} {human_pos}/{human_len} {eta}",
            );
            let bar = ProgressBar::new(u64::try_from(rows.all).unwrap_or(0));
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
            bar.set_prefix(rows.table);
            self.shown = Some((rows.table, bar));
        }
        if let Some((_, bar)) = &self.shown {
            bar.set_position(u64::try_from(rows.done).unwrap_or(0));
        }
    }

    fn end(&mut self) {
        if let Some((_, bar)) = self.shown.take() {
            bar.finish();
        }
    }
}
