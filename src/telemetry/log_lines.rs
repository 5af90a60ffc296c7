//! The way of a log line to standard error: a bounded queue and a thread of its own.
//!
//! The threads that log never wait for the terminal, the pipe or the disk at the other end, and never fail because of
//! it: a line that finds no room, or that cannot be written, is dropped and counted.

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::time::{Duration, Instant};

use super::{Counter, Metrics};

/// Lines that may wait. With the longest line, 8 MiB.
const WAITING: usize = 1024;
/// Bytes of a line; the rest of a longer one is cut off.
const LONGEST: usize = 8 * 1024;
/// Before the next try to append to a full queue, at the end of the process only.
const PAUSE: Duration = Duration::from_millis(5);

enum Entry {
    Line(Vec<u8>),
    /// All before it is written.
    Mark(SyncSender<()>),
}

/// Where lines are handed in.
#[derive(Clone)]
pub(super) struct LogLines {
    queue: SyncSender<Entry>,
    metrics: Arc<Metrics>,
}

impl LogLines {
    /// Starts the thread. Without one (the system refuses it) all lines are lost, and counted.
    pub(super) fn start(out: impl Write + Send + 'static, metrics: Arc<Metrics>) -> Self {
        Self::with_room(out, metrics, WAITING)
    }

    fn with_room(out: impl Write + Send + 'static, metrics: Arc<Metrics>, room: usize) -> Self {
        let (queue, entries) = sync_channel(room);
        let counted = metrics.clone();
        let started = std::thread::Builder::new()
            .name(String::from("log"))
            .spawn(move || write_all(out, &entries, &counted));
        // The receiver is gone then: each line is counted as lost.
        drop(started);
        Self { queue, metrics }
    }

    /// Takes a line; never waits.
    pub(super) fn put(&self, line: &[u8]) {
        let mut kept = line.get(..LONGEST).unwrap_or(line).to_vec();
        if kept.len() < line.len() {
            kept.push(b'\n');
        }
        if self.queue.try_send(Entry::Line(kept)).is_err() {
            self.metrics.add(Counter::LogLinesLost, 1);
        }
    }

    /// Waits until all lines are written, but not longer than this.
    pub(super) fn flush(&self, patience: Duration) {
        let until = Instant::now() + patience;
        let (written, done) = sync_channel(1);
        let mut mark = Entry::Mark(written);
        loop {
            match self.queue.try_send(mark) {
                Ok(()) => break,
                Err(TrySendError::Full(back)) if Instant::now() < until => {
                    mark = back;
                    std::thread::sleep(PAUSE);
                }
                Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => return,
            }
        }
        // Not written in time: the process ends without its last lines.
        done.recv_timeout(until.saturating_duration_since(Instant::now()))
            .unwrap_or_default();
    }
}

/// One log entry's writer.
impl Write for LogLines {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.put(line);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn write_all(mut out: impl Write, entries: &Receiver<Entry>, metrics: &Metrics) {
    let mut told = 0;
    for entry in entries {
        match entry {
            Entry::Line(line) => {
                if out.write_all(&line).is_err() {
                    metrics.add(Counter::LogLinesLost, 1);
                    continue;
                }
                let lost = metrics.get(Counter::LogLinesLost);
                if lost > told {
                    let note = format!("{} log lines were lost here\n", lost - told);
                    told = if out.write_all(note.as_bytes()).is_ok() {
                        lost
                    } else {
                        told
                    };
                }
            }
            // The waiting thread may have given up.
            Entry::Mark(written) => drop(written.try_send(())),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::sync::{Condvar, Mutex};

    use super::*;

    /// An end that takes nothing until it is opened, and fails while it is broken.
    #[derive(Default)]
    struct Gate {
        state: Mutex<(bool, bool, Vec<u8>)>,
        changed: Condvar,
        asked: AtomicBool,
    }

    #[derive(Clone, Default)]
    struct End(Arc<Gate>);

    impl End {
        fn set(&self, open: bool, broken: bool) {
            let mut state = self.0.state.lock().unwrap();
            (state.0, state.1) = (open, broken);
            self.0.changed.notify_all();
        }

        /// Waits until something is to be written.
        fn is_asked(&self) {
            let is_quiet = |_: &mut (bool, bool, Vec<u8>)| !self.0.asked.load(Ordering::SeqCst);
            let state = self.0.state.lock().unwrap();
            drop(self.0.changed.wait_while(state, is_quiet).unwrap());
        }

        fn text(&self) -> String {
            String::from_utf8(self.0.state.lock().unwrap().2.clone()).unwrap()
        }
    }

    impl Write for End {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let state = self.0.state.lock().unwrap();
            self.0.asked.store(true, Ordering::SeqCst);
            self.0.changed.notify_all();
            let mut state = self.0.changed.wait_while(state, |state| !state.0).unwrap();
            if state.1 {
                return Err(io::ErrorKind::StorageFull.into());
            }
            state.2.extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    const LONG: Duration = Duration::from_secs(30);

    #[test]
    fn an_end_that_takes_nothing_makes_no_thread_wait_and_each_lost_line_is_counted() {
        let (end, metrics) = (End::default(), Arc::new(Metrics::default()));
        let lines = LogLines::with_room(end.clone(), metrics.clone(), 4);
        lines.put(b"line 0\n");
        end.is_asked();
        // The thread has that one in its hands.
        (1..100).for_each(|n| lines.put(format!("line {n}\n").as_bytes()));
        assert_eq!(metrics.get(Counter::LogLinesLost), 95);
        end.set(true, false);
        lines.flush(LONG);
        let text = end.text();
        assert_eq!(
            text,
            "line 0\n95 log lines were lost here\nline 1\nline 2\nline 3\nline 4\n"
        );
    }

    #[test]
    fn an_end_that_fails_costs_its_lines_and_says_so_once_it_is_well() {
        let (end, metrics) = (End::default(), Arc::new(Metrics::default()));
        let lines = LogLines::start(end.clone(), metrics.clone());
        end.set(true, true);
        lines.put(b"gone\n");
        lines.put(b"gone too\n");
        lines.flush(LONG);
        assert_eq!(metrics.get(Counter::LogLinesLost), 2);
        end.set(true, false);
        lines.put(b"back\n");
        lines.flush(LONG);
        assert_eq!(end.text(), "back\n2 log lines were lost here\n");
    }

    #[test]
    fn a_line_without_end_is_cut() {
        let end = End::default();
        end.set(true, false);
        let lines = LogLines::start(end.clone(), Arc::default());
        lines.put(&[b'x'; LONGEST * 3]);
        lines.flush(LONG);
        assert_eq!(end.text().len(), LONGEST + 1);
    }
}
