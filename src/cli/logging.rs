//! Log lines on standard error. Standard output is for the output of commands.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

/// Starts logging at a level or filter. An invalid one falls back to `info` with a warning.
pub(super) fn start(filter: &str) {
    let parsed = EnvFilter::try_new(filter);
    let wrong = parsed.as_ref().err().map(ToString::to_string);
    // Malformed requests are the clients' errors; the HTTP parser would log each of them as ours.
    let quiet = "actix_http=off,actix_server=warn,mio=warn";
    let parsed = parsed.and_then(|_| EnvFilter::try_new(format!("{quiet},{filter}")));
    let filter = parsed.unwrap_or_else(|_| EnvFilter::new("info"));
    // Colours on a terminal only: not in files, not in a journal.
    let colours = std::io::stderr().is_terminal();
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(colours)
        .with_writer(std::io::stderr)
        .init();
    if let Some(wrong) = wrong {
        tracing::warn!(%wrong, "the log filter could not be read; using info");
    }
}
