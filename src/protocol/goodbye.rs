//! Every reason to hang up: close code, text, and whether coming back makes sense.

macro_rules! goodbyes {
    ($($(#[$doc:meta])* $variant:ident $code:literal $again:literal $text:literal;)*) => {
        /// Why the server closes a websocket.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Goodbye { $($(#[$doc])* $variant,)* }

        impl Goodbye {
            /// All of them, for documents and metrics.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];
            /// Close code on the wire.
            pub fn code(self) -> u16 {
                match self { $(Self::$variant => $code,)* }
            }
            /// Close text on the wire.
            pub fn text(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }
            /// Whether a client should connect again.
            pub fn come_again(self) -> bool {
                match self { $(Self::$variant => $again,)* }
            }
            /// Label in metrics.
            pub fn label(self) -> &'static str {
                match self { $(Self::$variant => stringify!($variant),)* }
            }
        }
    };
}

goodbyes! {
    /// The client asked for it, by a close frame or by deleting its user stream.
    Asked           1000 false "closed as asked";
    /// The process stops.
    GoingAway       1001 true  "server going away";
    /// The client broke RFC 6455.
    ProtocolFault   1002 false "protocol error";
    /// A text frame was not UTF-8.
    NotUtf8         1007 false "text was not UTF-8";
    /// An inbound message was larger than allowed.
    TooBig          1009 false "message too big";
    /// Nothing came from the client for too long.
    Silent          4000 true  "nothing heard for too long";
    /// The token of the connection is gone.
    TokenRevoked    4001 false "token revoked";
    /// Nobody claimed the connection with a subscription.
    Unclaimed       4003 true  "not claimed in time";
    /// The app stream was deleted.
    StreamDeleted   4004 false "stream deleted";
    /// The client reads too slowly.
    Slow            4008 true  "too slow";
}

impl Goodbye {
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
