//! The reasons for which the server closes a stream: close code, slug and text.

macro_rules! goodbyes {
    ($($(#[$doc:meta])* $variant:ident $code:literal $slug:literal $text:literal;)*) => {
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
            /// Name for programs.
            pub fn slug(self) -> &'static str {
                match self { $(Self::$variant => $slug,)* }
            }
            /// Close text on the wire.
            pub fn text(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }
        }
    };
}

goodbyes! {
    /// The client asked for it, by a close frame or by deleting its user stream.
    Asked           1000 "closed-as-asked" "closed as asked";
    /// The process stops.
    GoingAway       1001 "going-away" "server going away";
    /// The client broke RFC 6455.
    ProtocolFault   1002 "protocol-error" "protocol error";
    /// A text frame was not UTF-8.
    NotUtf8         1007 "not-utf8" "text was not UTF-8";
    /// An inbound message was larger than allowed.
    TooBig          1009 "message-too-big" "message too big";
    /// The client sent nothing for too long.
    Silent          4000 "silent" "nothing heard for too long";
    /// The token of the connection was revoked.
    TokenRevoked    4001 "token-revoked" "token revoked";
    /// No subscription claimed the connection in time.
    Unclaimed       4003 "not-claimed" "not claimed in time";
    /// The app stream was deleted.
    StreamDeleted   4004 "stream-deleted" "stream deleted";
    /// The account of the connection was disabled.
    Disabled        4005 "account-disabled" "account disabled";
    /// The client reads too slowly.
    Slow            4008 "too-slow" "too slow";
    /// The server lost events of the stream.
    Incomplete      4009 "events-missed" "events were missed, catch up and reconnect";
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
