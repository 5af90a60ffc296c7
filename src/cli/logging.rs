//! Log lines on standard error. Standard output belongs to what a command prints.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

/// Starts logging at a level or filter; one that cannot be read falls back to `info`, and says so.
pub(super) fn start(filter: &str) {
    let parsed = EnvFilter::try_new(filter);
    let wrong = parsed.as_ref().err().map(ToString::to_string);
    // Whatever strangers send is theirs to get wrong: the HTTP parser would log each of it as an error.
    let quiet = "actix_http=off,actix_server=warn,mio=warn";
    let parsed = parsed.and_then(|_| EnvFilter::try_new(format!("{quiet},{filter}")));
    let filter = parsed.unwrap_or_else(|_| EnvFilter::new("info"));
    // Colours are for people; a file or a journal gets none.
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
