//! The reasons for which the server closes a stream: close code, text, slug, and when its client may come back.

use std::ops::RangeInclusive;

/// When the client of a closed stream may connect again, in milliseconds. Each client gets a time of its own within the
/// span, so that those that were closed together do not come back together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Again {
    /// It would be closed or refused again.
    Never,
    /// After a time within this span.
    After(RangeInclusive<u32>),
}

macro_rules! goodbyes {
    ($($(#[$doc:meta])* $variant:ident $code:literal $slug:literal $text:literal $again:expr;)*) => {
        /// The reason for which the server closes a websocket.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Goodbye { $($(#[$doc])* $variant,)* }

        impl Goodbye {
            /// All of them, for documents and metrics.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];
            /// Close code on the wire.
            pub fn code(self) -> u16 {
                match self { $(Self::$variant => $code,)* }
            }
            /// Name for programs, in the last frame and in the log of closed streams.
            pub fn slug(self) -> &'static str {
                match self { $(Self::$variant => $slug,)* }
            }
            /// Close text on the wire.
            pub fn text(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }
            /// When the client may connect again.
            pub fn again(self) -> Again {
                match self { $(Self::$variant => $again,)* }
            }
        }
    };
}

use Again::{After, Never};

goodbyes! {
    /// The client asked for it, by a close frame or by deleting its user stream.
    Asked           1000 "closed-as-asked"  "closed as asked"             Never;
    /// The process stops. All streams end within a short time, and a start takes about a second.
    GoingAway       1001 "going-away"       "server going away"           After(1000..=10_000);
    /// The client broke RFC 6455.
    ProtocolFault   1002 "protocol-error"   "protocol error"              Never;
    /// A text frame was not UTF-8.
    NotUtf8         1007 "not-utf8"         "text was not UTF-8"          Never;
    /// An inbound message was larger than allowed.
    TooBig          1009 "message-too-big"  "message too big"             Never;
    /// The client sent nothing for too long.
    Silent          4000 "silent"           "nothing heard for too long"  After(0..=2000);
    /// The token of the connection was revoked.
    TokenRevoked    4001 "token-revoked"    "token revoked"               Never;
    /// No subscription claimed the connection in time.
    Unclaimed       4003 "not-claimed"      "not claimed in time"         After(1000..=5000);
    /// The app stream was deleted.
    StreamDeleted   4004 "stream-deleted"   "stream deleted"              Never;
    /// The account of the connection was disabled.
    Disabled        4005 "account-disabled" "account disabled"            Never;
    /// Another connection continues the session.
    TakenOver       4006 "taken-over"       "taken over by a newer connection" Never;
    /// The client reads too slowly.
    Slow            4008 "too-slow"         "too slow"                    After(1000..=5000);
    /// The server lost events of the stream; all streams may be concerned.
    Incomplete      4009 "events-missed"    "events were missed, catch up and reconnect" After(500..=10_000);
}

impl Goodbye {
    /// The client broke the protocol, so its own close frame is not waited for: the TCP connection ends (RFC 6455
    /// §7.1.7).
    pub fn ends_connection(self) -> bool {
        matches!(self, Self::ProtocolFault | Self::NotUtf8 | Self::TooBig)
    }

    /// The close frame, unmasked, as a server sends it.
    pub fn frame(self) -> Vec<u8> {
        let text = self.text().as_bytes();
        let mut frame = Vec::with_capacity(4 + text.len());
        frame.push(0x88);
        // Our own texts are far below the 123 bytes that a close frame may carry.
        frame.push(u8::try_from(2 + text.len()).unwrap_or(2));
        frame.extend_from_slice(&self.code().to_be_bytes());
        frame.extend_from_slice(text);
        frame
    }
}

/// How a stream ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// The server sent a close frame.
    Told(Goodbye),
    /// The client or the network was gone, or the socket failed.
    Lost,
}

impl Ended {
    /// The close code; without a close frame the one that RFC 6455 §7.1.5 reserves for this and that is never sent.
    pub fn code(self) -> u16 {
        match self {
            Self::Told(goodbye) => goodbye.code(),
            Self::Lost => 1006,
        }
    }

    /// Name for programs.
    pub fn slug(self) -> &'static str {
        match self {
            Self::Told(goodbye) => goodbye.slug(),
            Self::Lost => "connection-lost",
        }
    }

    /// Text for people.
    pub fn text(self) -> &'static str {
        match self {
            Self::Told(goodbye) => goodbye.text(),
            Self::Lost => "ended without a close frame",
        }
    }
}
