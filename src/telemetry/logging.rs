//! Log lines on standard error. Standard output is for the output of commands.

use std::fmt;
use std::io::IsTerminal;
use std::sync::Arc;
use std::time::Duration;

use tracing_subscriber::EnvFilter;

use super::Metrics;
use super::log_lines::LogLines;

/// Malformed requests are the clients' errors; the HTTP parser would log each of them as ours.
const QUIET: &str = "actix_http=off,actix_server=warn,mio=warn";
/// How long the last lines of a process may take.
const LAST_LINES: Duration = Duration::from_secs(1);

/// The log of this process.
pub struct Log {
    lines: LogLines,
    replace: Box<dyn Fn(EnvFilter) -> Result<(), String> + Send + Sync>,
}

impl fmt::Debug for Log {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Log")
    }
}

impl Log {
    /// Starts logging at a level or filter; panics are logged too. A filter that cannot be read counts as `info`: the
    /// settings have refused it before.
    pub fn start(filter: &str, metrics: Arc<Metrics>) -> Self {
        let lines = LogLines::start(std::io::stderr(), metrics);
        let parsed = parse(filter).unwrap_or_else(|_| EnvFilter::new("info"));
        // Colours on a terminal only: not in files, not in a journal.
        let colours = std::io::stderr().is_terminal();
        let writer = lines.clone();
        let builder = tracing_subscriber::fmt()
            .with_env_filter(parsed)
            .with_ansi(colours)
            // It would use `eprintln!`, which panics when standard error takes nothing.
            .log_internal_errors(false)
            .with_writer(move || writer.clone())
            .with_filter_reloading();
        let handle = builder.reload_handle();
        builder.init();
        let hook = lines.clone();
        // The standard hook writes to standard error itself, and would wait for a full pipe.
        std::panic::set_hook(Box::new(move |panic| {
            let thread = std::thread::current();
            let name = thread.name().unwrap_or("unnamed");
            hook.put(format!("thread '{name}' {panic}\n").as_bytes());
        }));
        Self {
            lines,
            replace: Box::new(move |filter| handle.reload(filter).map_err(|e| e.to_string())),
        }
    }

    /// Goes on with another filter.
    ///
    /// # Errors
    /// The text is no filter.
    pub fn set_filter(&self, filter: &str) -> Result<(), String> {
        (self.replace)(parse(filter)?)
    }

    /// A line of its own, as the last word of a process.
    pub fn say(&self, text: &str) {
        self.lines.put(format!("{text}\n").as_bytes());
    }

    /// Waits for the lines that are not written yet; not long.
    pub fn flush(&self) {
        self.lines.flush(LAST_LINES);
    }
}

fn parse(filter: &str) -> Result<EnvFilter, String> {
    EnvFilter::try_new(format!("{QUIET},{filter}")).map_err(|error| error.to_string())
}
