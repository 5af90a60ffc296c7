//! Every setting, with its default. The doc comment of a field is its reference text.
//!
//! The layers of a setting, of which the later wins: default, file, environment, command line. [`source`] reads
//! them, [`mod@reference`] prints the commented defaults.

mod database_url;
mod flags;
mod live;
mod networks;
mod pauses;
pub mod reference;
mod servable;
mod sign_up;
pub mod source;
mod text;
mod value;

pub use database_url::DatabaseUrl;
pub use live::Live;
pub use networks::Networks;
pub use pauses::Pauses;
pub use sign_up::SignUp;
pub use text::{BindAddress, InternalAddress, LogFilter, NodeName, PublicUrl, Secret};
pub(crate) use value::Value;
use value::{read, read_within};

/// One setting, for the reference and for error messages.
#[derive(Clone, Debug)]
pub struct Key {
    /// Table in the file.
    pub section: &'static str,
    /// Name in the table.
    pub name: &'static str,
    /// Its reference text.
    pub doc: &'static str,
    /// Its default as it is written in the file.
    pub default: String,
    /// Whether it has a least and a greatest value.
    pub has_range: bool,
    /// Whether a file holds a list.
    pub is_list: bool,
}

macro_rules! read_as {
    ($type:ty, $text:expr) => {
        read::<$type>($text)
    };
    ($type:ty, $text:expr, $range:expr) => {
        read_within::<$type>($text, &($range))
    };
}

macro_rules! has {
    () => {
        false
    };
    ($something:expr) => {
        true
    };
}

macro_rules! settings {
    ($($(#[doc = $section_doc:literal])* $section:ident: $Section:ident {
        $($(#[doc = $doc:literal])* $name:ident: $type:ty = $default:expr $(=> $range:expr)?,)*
    })*) => {
        $($(#[doc = $section_doc])*
        #[derive(Clone, Debug)]
        pub struct $Section {
            $($(#[doc = $doc])* pub $name: $type,)*
        }
        impl Default for $Section {
            fn default() -> Self {
                Self { $($name: $default.into(),)* }
            }
        })*

        /// All settings.
        #[derive(Clone, Debug, Default)]
        pub struct Config {
            $($(#[doc = $section_doc])* pub $section: $Section,)*
        }

        impl Config {
            /// Every setting in the order of the reference.
            pub fn keys() -> Vec<Key> {
                let defaults = Self::default();
                vec![$($(Key {
                    section: stringify!($section),
                    name: stringify!($name),
                    doc: concat!($($doc, "\n"),*),
                    default: Value::show(&defaults.$section.$name),
                    has_range: has!($($range)?),
                    is_list: <$type as Value>::IS_LIST,
                },)*)*]
            }

            /// Every setting as it is now, in the same order.
            pub fn values(&self) -> Vec<String> {
                vec![$($(Value::show(&self.$section.$name),)*)*]
            }

            /// Changes one setting. `Err(None)`: no such key. `Err(Some(expected))`: the value does not fit.
            pub(crate) fn set(&mut self, section: &str, name: &str, text: &str) -> Result<(), Option<String>> {
                match (section, name) {
                    $($((stringify!($section), stringify!($name)) => {
                        self.$section.$name = read_as!($type, text $(, $range)?).map_err(Some)?;
                        Ok(())
                    })*)*
                    _ => Err(None),
                }
            }
        }
    };
}

settings! {
    /// Process and listener.
    server: Server {
        /// Address to listen on. Port 0 takes a free one.
        bind: BindAddress = "127.0.0.1:8080",
        /// Name among the servers of a PostgreSQL database. Empty: that of the machine and the port, such as host-8080.
        node_name: NodeName = "",
        /// Address and port for requests of the other servers of a PostgreSQL database; port 0 takes a free one. Empty: the
        /// address of bind, or 127.0.0.1 if that means all addresses, with a free port.
        internal_bind: InternalAddress = "",
        /// Milliseconds after which a server of a PostgreSQL database that does not answer any more holds nothing.
        node_lease_ms: u64 = 30_000u64 => 3000..=600_000,
        /// Address that clients see, such as `https://chat.example.org`. Empty: http:// and the bound address.
        public_url: PublicUrl = "",
        /// Fill an empty database with a few users and rooms, and print their names and passwords.
        demo: bool = false,
        /// Let a demo, whose passwords its page shows, listen on an address that other machines can reach.
        demo_on_network: bool = false,
        /// Addresses or networks of your own proxies, such as ["127.0.0.1", "10.0.0.0/8"]. A request from one of them
        /// comes from the last address in X-Forwarded-For that is not in this list.
        trusted_proxies: Networks = Networks::default(),
        /// Threads that serve HTTP and websockets. 0: one per core.
        workers: usize = 0usize => 0..=512,
        /// Threads that run channel and user actors.
        actor_threads: usize = 1usize => 1..=64,
        /// Connections that may wait to be accepted.
        backlog: u32 = 4096u32 => 1..=65_535,
        /// Connections per client address. Streams that come through a trusted proxy count for the address that it
        /// names, its other connections do not count. 0: no bound.
        connections_per_address: usize = 1000usize => 0..=1_000_000,
        /// Milliseconds from the first byte of a request to the first byte of its answer; then the connection is dropped.
        request_ms: u64 = 60_000u64 => 1000..=3_600_000,
        /// Milliseconds in which a client takes nothing of its answer; then the connection is dropped.
        answer_stalled_ms: u64 = 30_000u64 => 100..=3_600_000,
        /// Bytes of answers that may wait for the clients of one address; beyond it a connection whose answer has to
        /// wait is dropped. 0: no bound.
        unread_bytes_per_address: usize = 16_777_216usize => 0..=1_099_511_627_776,
        /// The same for all clients, those behind proxies included.
        unread_bytes_total: usize = 268_435_456usize => 0..=1_099_511_627_776,
        /// Largest request body in bytes.
        body_bytes: usize = 1_048_576usize => 1024..=1_073_741_824,
        /// Milliseconds that an orderly stop may take before it is forced.
        drain_ms: u64 = 10_000u64 => 0..=600_000,
        /// Milliseconds in which a stop leaves connections open that wait for a request. The answer to the next one says
        /// that they end, so that a balancer sends no request on a connection at the moment at which it is closed.
        notice_ms: u64 = 1000u64 => 0..=60_000,
        /// Log level: error, warn, info, debug, or a filter such as groundnut=debug.
        log: LogFilter = "info",
    }
    /// Database and event log.
    store: StoreConfig {
        /// Database: sqlite://path, relative to the working directory, sqlite:///absolute/path, or
        /// postgres://USER:PASSWORD@HOST:PORT/DATABASE.
        database_url: DatabaseUrl = "sqlite://data/groundnut.db",
        /// Connections for reading.
        read_connections: u32 = 4u32 => 1..=64,
        /// Writes that may be queued. A write beyond that is answered with 503 and Retry-After.
        lane_capacity: usize = 4096usize => 1..=1_000_000,
        /// Most writes of one commit.
        lane_batch: usize = 512usize => 1..=65_536,
        /// Hours that events stay in the log.
        log_retention_hours: u64 = 36u64 => 1..=87_600,
        /// Megabytes of events that stay in the log.
        log_max_megabytes: u64 = 4096u64 => 1..=1_048_576,
        /// Hours for which a call with the header Idempotency-Key may be repeated.
        idempotency_key_hours: u64 = 24u64 => 1..=720,
        /// Megabytes that have to be free on the disk of the database, else `/readyz` answers 503.
        min_free_megabytes: u64 = 64u64 => 0..=1_048_576,
    }
    /// Several servers on one PostgreSQL database.
    cluster: Cluster {
        /// Redis, over which the servers tell each other what happens: redis://HOST:PORT/0, or rediss:// with TLS. Empty:
        /// they find it in the database. Never shown, since it may hold a password.
        redis_url: Secret = "",
        /// Password of Redis, if it is not in the URL. Better in the environment than in a file; it is never shown.
        redis_password: Secret = "",
    }
    /// Accounts and browsers that are signed in.
    accounts: Accounts {
        /// Who may make an account on the sign-up page: "closed" (the operator makes all accounts with
        /// `groundnut user create`), "invite" (with a code of `groundnut invite create`), "open" (all who reach it).
        sign_up: SignUp = SignUp::Closed,
        /// Days for which a browser stays signed in.
        session_days: u64 = 30u64 => 1..=3_650,
    }
    /// Apps that act for users.
    oauth: OAuth {
        /// Seconds in which an app has to exchange an authorization code.
        code_seconds: u64 = 600u64 => 1..=3_600,
    }
    /// User streams and app streams.
    streams: Streams {
        /// Milliseconds of silence after which a connection is closed (4000).
        silence_ms: u64 = 60_000u64 => 100..=86_400_000,
        /// Milliseconds added to silence_ms for a heartbeat in transit.
        grace_ms: u64 = 5_000u64 => 0..=3_600_000,
        /// Milliseconds between signs of life on a stream that leaves as the answer to a request.
        heartbeat_ms: u64 = 25_000u64 => 100..=3_600_000,
        /// Milliseconds after which a browser that lost its event stream comes back.
        retry_ms: u64 = 3_000u64 => 0..=3_600_000,
        /// Subscriptions per user stream.
        subscriptions: usize = 16usize => 1..=1024,
        /// Followed users up to which a user may subscribe to posts of all of them.
        followed: usize = 50_000usize => 0..=10_000_000,
        /// Open user streams per user.
        user_connections: usize = 64usize => 1..=1_000_000_000,
        /// Open app streams per client.
        app_connections: usize = 2usize => 1..=1_000_000,
        /// Stored app streams per client.
        app_streams: usize = 5usize => 1..=1_000_000,
        /// Milliseconds in which a connection without a token must be claimed by a subscription (4003).
        unclaimed_ms: u64 = 30_000u64 => 100..=3_600_000,
        /// Unclaimed connections per client address.
        unclaimed_per_address: usize = 16usize => 0..=1_000_000,
        /// Unclaimed connections in all.
        unclaimed_total: usize = 1000usize => 0..=1_000_000,
        /// Largest inbound message in bytes (1009).
        inbound_bytes: usize = 4096usize => 128..=1_048_576,
        /// Bytes that may be queued for a slow connection before it is closed (4008).
        queue_bytes: usize = 1_048_576usize => 16_384..=1_073_741_824,
        /// Milliseconds without progress after which a connection with queued bytes is closed (4008).
        stalled_ms: u64 = 30_000u64 => 100..=3_600_000,
        /// Bytes of the newest events that are kept in memory with their frames, for streams that continue from a cursor.
        ring_bytes: usize = 67_108_864usize => 65_536..=17_179_869_184,
        /// Milliseconds for which the session of a user stream with auto_delete=0 is kept without a connection.
        session_ms: u64 = 600_000u64 => 0..=86_400_000,
        /// Sessions per user; with one more the oldest ends.
        sessions_per_user: usize = 16usize => 1..=10_000,
        /// Milliseconds that a closing connection waits for the client's close frame.
        linger_ms: u64 = 2_000u64 => 0..=60_000,
        /// Milliseconds over which a stop closes the streams (1001), within the time of server.drain_ms. Fewer than 500
        /// streams for each of its seconds take less.
        drain_spread_ms: u64 = 5_000u64 => 0..=600_000,
    }
    /// App streams that are posted to an address.
    webhooks: Webhooks {
        /// Let webhooks post to private addresses, and without TLS: for receivers in your own network, and for tests.
        allow_private: bool = false,
        /// Milliseconds between the attempts of a delivery, as a list, such as [1000, 60000]. After the attempt that
        /// follows the last pause the delivery is a dead letter.
        retry_ms: Pauses = Pauses::default(),
        /// Milliseconds that an attempt may take.
        timeout_ms: u64 = 10_000u64 => 100..=300_000,
        /// Milliseconds for which a webhook may fail without one success before it is switched off.
        failing_ms: u64 = 86_400_000u64 => 1000..=31_536_000_000,
        /// Dead letters of a webhook; with one more it is switched off.
        dead_letters: u32 = 1000u32 => 1..=10_000,
    }
    /// Posts.
    posts: Posts {
        /// Milliseconds for which the same text of the same person or feed is refused.
        duplicate_window_ms: u64 = 60_000u64 => 0..=604_800_000,
        /// Milliseconds for which a post can be revised.
        revision_window_ms: u64 = 300_000u64 => 0..=604_800_000,
    }
    /// Files.
    files: Files {
        /// Where contents, avatars and covers are kept: file:///absolute/path, or s3://bucket/prefix. Empty: the directories
        /// `files` and `pictures` beside the database.
        store_url: String = "",
        /// Address of a service that speaks the S3 protocol, such as `https://s3.example.org`. Empty: that of Amazon.
        s3_endpoint: String = "",
        /// Region of the bucket.
        s3_region: String = "us-east-1",
        /// Access key of the service.
        s3_access_key: String = "",
        /// Secret key of the service. Better in the environment than in a file; it is never shown.
        s3_secret_key: Secret = "",
        /// Bytes of a file.
        max_bytes: u64 = 104_857_600u64 => 1024..=1_099_511_627_776,
        /// Bytes of a file with sound.
        audio_max_bytes: u64 = 52_428_800u64 => 1024..=1_099_511_627_776,
        /// Bytes that the files of a user may hold in all.
        quota_bytes: u64 = 1_073_741_824u64 => 0..=1_125_899_906_842_624,
        /// Seconds for which the address of contents is valid; GET /files/{file_id} gives a new one.
        url_seconds: u64 = 86_400u64 => 1..=31_536_000,
        /// Seconds after which a file without contents is deleted.
        incomplete_seconds: u64 = 86_400u64 => 60..=31_536_000,
        /// Seconds that an upload may take, as long as it makes progress (server.answer_stalled_ms).
        upload_seconds: u64 = 3600u64 => 1..=604_800,
        /// Uploads of a user at one time.
        user_uploads: usize = 4usize => 1..=1_000_000,
        /// Uploads at one time.
        uploads: usize = 64usize => 1..=1_000_000,
    }
    /// Lengths and sizes.
    limits: Limits {
        /// Code points in a post.
        post_length: usize = 256usize => 1..=100_000,
        /// Code points in a message.
        message_length: usize = 2048usize => 1..=1_000_000,
        /// Bytes of raw on one object.
        raw_bytes: usize = 8192usize => 256..=1_048_576,
        /// Code points in a presence text.
        presence_length: usize = 100usize => 1..=10_000,
        /// Code points in a profile text.
        description_length: usize = 256usize => 1..=100_000,
        /// Code points in a display name.
        name_length: usize = 50usize => 1..=1_000,
        /// Characters in a user name.
        // A mention in a text has 20 characters at most.
        username_length: usize = 20usize => 1..=20,
        /// Least characters in a new password.
        password_length: usize = 8usize => 1..=1_000,
        /// Users in a channel's ACL, owner included.
        channel_members: usize = 200usize => 1..=100_000,
        /// Writes with the header Idempotency-Key that are remembered of a user with an app, or of an app.
        idempotency_keys: u32 = 10_000u32 => 1..=1_000_000,
    }
    /// Presence.
    presence: PresenceConfig {
        /// Lifetime of a presence in seconds, if the request sets none.
        default_seconds: u64 = 900u64 => 1..=31_536_000,
        /// Longest lifetime of a presence in seconds.
        max_seconds: u64 = 604_800u64 => 1..=31_536_000,
    }
    /// Channels.
    channels: Channels {
        /// Subscribe users to a channel when they are added to its ACL, as pnut.io does.
        subscribe_listed: bool = false,
        /// Seconds after which the actor of an unused channel or user is stopped.
        idle_seconds: u64 = 600u64 => 1..=86_400,
    }
    /// Requests per client.
    rate_limits: RateLimitConfig {
        /// Whether requests are counted at all.
        enabled: bool = true,
        /// Reads without a token, per client address.
        anonymous_reads: u32 = 40u32 => 1..=1_000_000_000,
        /// Seconds after which the count of anonymous reads restarts.
        anonymous_read_reset_seconds: u64 = 60u64 => 1..=86_400,
        /// Reads with a token, per token.
        authorized_reads: u32 = 5000u32 => 1..=1_000_000_000,
        /// Reads of a user, over all tokens.
        user_reads: u32 = 20_000u32 => 1..=1_000_000_000,
        /// Seconds after which the counts of authorized reads restart.
        authorized_read_reset_seconds: u64 = 3600u64 => 1..=86_400,
        /// Writes, per token or client address.
        writes: u32 = 20u32 => 1..=1_000_000_000,
        /// Writes of a user, over all tokens.
        user_writes: u32 = 120u32 => 1..=1_000_000_000,
        /// Seconds after which the counts of writes restart.
        write_reset_seconds: u64 = 60u64 => 1..=86_400,
        /// Markers, presence and ended subscriptions, per token or client address.
        markers: u32 = 120u32 => 1..=1_000_000_000,
        /// Markers, presence and ended subscriptions of a user, over all tokens.
        user_markers: u32 = 480u32 => 1..=1_000_000_000,
        /// Seconds after which the counts of markers restart.
        marker_reset_seconds: u64 = 60u64 => 1..=86_400,
        /// Attempts to sign in, per client address.
        sign_ins: u32 = 20u32 => 1..=1_000_000_000,
        /// Attempts to sign in, per account, from all addresses.
        account_sign_ins: u32 = 10u32 => 1..=1_000_000_000,
        /// Seconds after which the counts of attempts to sign in restart.
        sign_in_reset_seconds: u64 = 60u64 => 1..=86_400,
        /// Seconds for which a client that exceeded a limit is refused at least. 0: until the count restarts.
        ban_seconds: u64 = 0u64 => 0..=604_800,
    }
}

impl Config {
    /// What no setting shows by itself.
    fn contradiction(&self) -> Option<String> {
        let (server, presence) = (&self.server, &self.presence);
        if server.demo && !server.demo_on_network && !server.bind.is_loopback() {
            return Some(format!(
                "a demo shows its passwords to all who can reach {}; listen on 127.0.0.1, or add --demo-on-network",
                server.bind
            ));
        }
        if presence.default_seconds > presence.max_seconds {
            return Some(format!(
                "presence.default_seconds is {}, more than presence.max_seconds, which is {}",
                presence.default_seconds, presence.max_seconds
            ));
        }
        None
    }
}

#[cfg(test)]
mod tests;
