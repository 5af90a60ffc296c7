//! Counters of the process. Counting is one relaxed atomic addition.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use strum::{EnumCount, EnumMessage, IntoStaticStr, VariantArray};

use super::Spans;

/// Something that is counted: its name on the metrics page, and its help text there.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, EnumCount, EnumMessage, IntoStaticStr, VariantArray,
)]
#[repr(usize)]
pub enum Counter {
    /// Frames written to sockets or to their queues.
    #[strum(serialize = "stream_frames_total")]
    FramesSent,
    /// Bytes of those frames.
    #[strum(serialize = "stream_bytes_total")]
    BytesSent,
    /// Write calls that carried frames; joined frames count once.
    #[strum(serialize = "stream_writes_total")]
    SocketWrites,
    /// Sockets that did not take all of a write and got a queue.
    #[strum(serialize = "stream_sockets_behind_total")]
    SocketsBehind,
    /// Connections opened.
    #[strum(serialize = "stream_connections_opened_total")]
    ConnectionsOpened,
    /// Of these, event streams.
    #[strum(serialize = "stream_event_streams_opened_total")]
    EventStreamsOpened,
    /// Of these, streams of JSON in the answer to a request.
    #[strum(serialize = "stream_json_streams_opened_total")]
    JsonStreamsOpened,
    /// Of these, requests that waited for events of an app stream.
    #[strum(serialize = "stream_long_polls_total")]
    LongPolls,
    /// Connections that ended, for any reason.
    #[strum(serialize = "stream_connections_gone_total")]
    ConnectionsGone,
    /// Connections with `control=1` that were told how full their queue is.
    #[strum(serialize = "stream_buffer_warnings_total")]
    BufferWarnings,
    /// Connections closed because they read too slowly.
    #[strum(serialize = "stream_slow_closes_total")]
    SlowCloses,
    /// Connections closed because they sent nothing for too long.
    #[strum(serialize = "stream_silent_closes_total")]
    SilentCloses,
    /// Deliveries of webhooks that their receivers took.
    #[strum(serialize = "webhook_deliveries_total")]
    WebhookDeliveries,
    /// Attempts to deliver that failed.
    #[strum(serialize = "webhook_failures_total")]
    WebhookFailures,
    /// Deliveries of webhooks that were given up and are kept as dead letters.
    #[strum(serialize = "webhook_dead_letters_total")]
    WebhookDeadLetters,
    /// Webhooks that were switched off.
    #[strum(serialize = "webhooks_switched_off_total")]
    WebhooksSwitchedOff,
    /// Streams refused, before the upgrade or the answer.
    #[strum(serialize = "stream_upgrades_refused_total")]
    UpgradesRefused,
    /// Requests that did not subscribe to posts because their user follows too many users.
    #[strum(serialize = "stream_homes_refused_total")]
    HomesRefused,
    /// Requests refused because a rate limit was reached.
    #[strum(serialize = "rate_limit_refused_total")]
    RateLimited,
    /// Passwords not checked because too many waited for it.
    #[strum(serialize = "password_checks_refused_total")]
    PasswordsRefused,
    /// Pictures not made because too many waited, or because it took too long.
    #[strum(serialize = "pictures_refused_total")]
    PicturesRefused,
    /// Connections refused because their address had as many as it may.
    #[strum(serialize = "http_connections_refused_total")]
    HttpRefused,
    /// Answers dropped because they were not read.
    #[strum(serialize = "http_answers_unread_total")]
    HttpUnread,
    /// Connections dropped because a request did not end in time.
    #[strum(serialize = "http_requests_overdue_total")]
    HttpOverdue,
    /// Panics in a shard; the connections that may have missed an event were closed.
    #[strum(serialize = "shard_panics_total")]
    ShardPanics,
    /// Mails refused because a mailbox was full.
    #[strum(serialize = "actor_mail_refused_total")]
    MailRefused,
    /// Events that the log delivered.
    #[strum(serialize = "log_events_delivered_total")]
    EventsDelivered,
    /// Ephemeral events dropped because the queue to the log's reader was full.
    #[strum(serialize = "log_ephemeral_dropped_total")]
    EphemeralDropped,
    /// Reads of the users that bookmarked or reposted posts, for streams that show them with posts.
    #[strum(serialize = "log_sample_reads_total")]
    SampleReads,
    /// Pages of the log's table that were read for streams that continue from a cursor.
    #[strum(serialize = "log_replay_reads_total")]
    ReplayReads,
    /// Streams that continued from a cursor.
    #[strum(serialize = "stream_resumes_total")]
    Resumes,
    /// Events that streams were sent because they had missed them.
    #[strum(serialize = "stream_replayed_events_total")]
    ReplayedEvents,
    /// Times that a stream was told that it lacks events which cannot be read any more.
    #[strum(serialize = "stream_gaps_total")]
    StreamGaps,
    /// Times that the log's reader fetched events from the table.
    #[strum(serialize = "log_catch_ups_total")]
    LogCatchUps,
    /// Logged events that this program could not read and stepped over.
    #[strum(serialize = "log_events_unreadable_total")]
    LogUnreadable,
    /// Logged events that retention removed before they were delivered; the streams were closed.
    #[strum(serialize = "log_events_missed_total")]
    LogMissed,
    /// Events whose channel or app did not load in time; the app streams concerned were closed.
    #[strum(serialize = "log_events_unanswered_total")]
    LogUnanswered,
    /// Times that events waited because the database or an actor did not answer.
    #[strum(serialize = "log_retries_total")]
    LogRetries,
    /// Batches of events sent over the bus to other servers.
    #[strum(serialize = "bus_batches_published_total")]
    BusPublished,
    /// Batches of events of other servers that the bus brought.
    #[strum(serialize = "bus_batches_received_total")]
    BusReceived,
    /// Batches of events that the bus was too slow for, or away; other servers read them in the table.
    #[strum(serialize = "bus_batches_dropped_total")]
    BusDropped,
    /// Messages on the bus that could not be read, or were not signed by a server of this database.
    #[strum(serialize = "bus_messages_unreadable_total")]
    BusUnreadable,
    /// Messages on the bus that servers of this database had sent before.
    #[strum(serialize = "bus_messages_repeated_total")]
    BusRepeated,
    /// Times that the bus was away after it had worked.
    #[strum(serialize = "bus_losses_total")]
    BusLosses,
    /// Calls and streams that were counted over all servers.
    #[strum(serialize = "counted_together_total")]
    CountedTogether,
    /// Calls and streams that this server counted by itself, although the settings name a bus.
    #[strum(serialize = "counted_alone_total")]
    CountedAlone,
    /// Panics during delivery; the streams were closed.
    #[strum(serialize = "log_tail_panics_total")]
    LogTailPanics,
    /// Streams that were closed because another node continued their session.
    #[strum(serialize = "node_sessions_moved_total")]
    SessionsMoved,
    /// Requests that named a connection of another node, and were answered by that node.
    #[strum(serialize = "node_requests_sent_on_total")]
    RequestsSentOn,
    /// Times that the lease of this node could not be renewed.
    #[strum(serialize = "node_leases_not_renewed_total")]
    LeasesNotRenewed,
    /// Lines of the program's own log that standard error did not take.
    #[strum(serialize = "log_lines_lost_total")]
    LogLinesLost,
}

impl Counter {
    /// Name on the metrics page, behind the prefix.
    pub fn name(self) -> &'static str {
        self.into()
    }

    /// Help text on the metrics page.
    pub fn help(self) -> &'static str {
        self.get_documentation().unwrap_or_default()
    }
}

/// All counters and distributions of a process.
#[derive(Debug)]
pub struct Metrics {
    values: [AtomicU64; Counter::COUNT],
    spans: Spans,
    log_position: AtomicI64,
}

impl Default for Metrics {
    fn default() -> Self {
        Self {
            values: std::array::from_fn(|_| AtomicU64::new(0)),
            spans: Spans::default(),
            log_position: AtomicI64::new(0),
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

    /// The event log was delivered up to here.
    pub fn note_log_position(&self, position: i64) {
        self.log_position.store(position, Ordering::Relaxed);
    }

    /// Up to where the event log was delivered.
    pub fn log_position(&self) -> i64 {
        self.log_position.load(Ordering::Relaxed)
    }

    /// Durations.
    pub fn spans(&self) -> &Spans {
        &self.spans
    }
}
