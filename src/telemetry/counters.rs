//! One table: name, help. Counting is one relaxed atomic addition.

use std::sync::atomic::{AtomicU64, Ordering};

use super::Spans;

macro_rules! counters {
    ($($(#[doc = $help:literal])* $variant:ident $name:literal;)*) => {
        /// Something that is counted.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(usize)]
        pub enum Counter { $($(#[doc = $help])* $variant,)* }

        impl Counter {
            /// All of them, in the order of the page.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];
            /// Name on the metrics page.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }
            /// Help text on the metrics page.
            pub fn help(self) -> &'static str {
                match self { $(Self::$variant => concat!($($help),*),)* }
            }
        }
    };
}

counters! {
    /// Frames handed to sockets or to their queues.
    FramesSent "stream_frames_total";
    /// Bytes of those frames.
    BytesSent "stream_bytes_total";
    /// Write calls that carried frames; joined frames count once.
    SocketWrites "stream_writes_total";
    /// Sockets that did not take all of a write and got a queue.
    SocketsBehind "stream_sockets_behind_total";
    /// Connections opened.
    ConnectionsOpened "stream_connections_opened_total";
    /// Connections gone, for whatever reason.
    ConnectionsGone "stream_connections_gone_total";
    /// Connections closed because they read too slowly.
    SlowCloses "stream_slow_closes_total";
    /// Connections closed because nothing was heard of them.
    SilentCloses "stream_silent_closes_total";
    /// Upgrades refused.
    UpgradesRefused "stream_upgrades_refused_total";
    /// Mails refused because a mailbox was full.
    MailRefused "actor_mail_refused_total";
    /// Events that went down from the log.
    EventsDelivered "log_events_delivered_total";
    /// Ephemeral events dropped because the way down was full.
    EphemeralDropped "log_ephemeral_dropped_total";
    /// Times that the log's reader fetched events from the table.
    LogCatchUps "log_catch_ups_total";
    /// Logged events that this program could not read and stepped over.
    LogUnreadable "log_events_unreadable_total";
    /// Logged events that retention removed before they went down; the streams were closed.
    LogMissed "log_events_missed_total";
    /// Events that went down without an answer of their channel or firehose, which did not load; app streams were closed.
    LogUnanswered "log_events_unanswered_total";
    /// Times that events waited because the database or an actor did not answer.
    LogRetries "log_retries_total";
    /// Panics while events went down; the streams were closed.
    LogTailPanics "log_tail_panics_total";
}

/// All counters and distributions of a process.
#[derive(Debug)]
pub struct Metrics {
    values: [AtomicU64; Counter::ALL.len()],
    spans: Spans,
}

impl Default for Metrics {
    fn default() -> Self {
        Self {
            values: std::array::from_fn(|_| AtomicU64::new(0)),
            spans: Spans::default(),
        }
    }
}

impl Metrics {
    /// Counts.
    #[expect(
        clippy::indexing_slicing,
        reason = "the array has one place per variant"
    )]
    pub fn add(&self, counter: Counter, by: u64) {
        self.values[counter as usize].fetch_add(by, Ordering::Relaxed);
    }

    /// Reads.
    #[expect(
        clippy::indexing_slicing,
        reason = "the array has one place per variant"
    )]
    pub fn get(&self, counter: Counter) -> u64 {
        self.values[counter as usize].load(Ordering::Relaxed)
    }

    /// How long things took.
    pub fn spans(&self) -> &Spans {
        &self.spans
    }

    /// The page in Prometheus' text format.
    pub fn page(&self) -> String {
        let mut page = String::new();
        for counter in Counter::ALL {
            let (name, help) = (counter.name(), counter.help().trim());
            page.push_str(&format!(
                "# HELP groundnut_{name} {help}\n# TYPE groundnut_{name} counter\n"
            ));
            page.push_str(&format!("groundnut_{name} {}\n", self.get(*counter)));
        }
        self.spans.page(&mut page);
        page
    }
}
