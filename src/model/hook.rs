//! Webhooks: app streams whose events are posted to an address.

use std::fmt;

use strum::{EnumString, IntoStaticStr};

use super::{ClientId, Stamp, StreamKey, TokenId};

/// What signs the deliveries of a hook. Never shown, in no log.
#[derive(Clone, PartialEq, Eq)]
pub struct HookSecret(String);

impl HookSecret {
    /// Made of what the app chose.
    pub fn new(text: String) -> Self {
        Self(text)
    }

    /// For signing, and for its row.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for HookSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HookSecret")
    }
}

/// Where the events of a stream are posted to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hook {
    /// The address of the receiver.
    pub url: String,
    /// What signs each delivery.
    pub secret: HookSecret,
    /// What a live stream would have in its address: `channel_ids=1,2&include_raw=1`.
    pub parameters: String,
    /// The app token that switched it on: it ends with that.
    pub token: TokenId,
    /// Why it is off. `None`: it is on.
    pub off: Option<HookOff>,
    /// Since when no delivery has succeeded, if the last one failed.
    pub failing_since: Option<Stamp>,
}

/// Why a hook is off. The names are those of the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumString, IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub enum HookOff {
    /// The app switched it off.
    Paused,
    /// No delivery succeeded for too long.
    Failing,
    /// It has as many dead letters as it may.
    DeadLettersFull,
    /// The token that switched it on was revoked.
    TokenRevoked,
}

impl HookOff {
    /// The name on the wire and in its row.
    pub fn name(self) -> &'static str {
        self.into()
    }
}

/// Why an attempt to deliver failed. The names are those of the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumString, IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub enum HookFault {
    /// The receiver answered with another status than 2xx; redirects are not followed.
    Status,
    /// It did not answer in time.
    Timeout,
    /// No connection, or one that broke.
    Unreachable,
    /// Its name leads to an address that is not public.
    AddressRefused,
    /// Of a replay: the log no longer has the event.
    Trimmed,
    /// Of a replay: the app may no longer see the event.
    NotVisible,
}

impl HookFault {
    /// The name on the wire and in a row.
    pub fn name(self) -> &'static str {
        self.into()
    }
}

/// A delivery that was given up. What it held is read from the log again, with the rights of then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadLetter {
    /// Its number, rising.
    pub id: i64,
    /// The app.
    pub client: ClientId,
    /// The stream.
    pub key: StreamKey,
    /// The log that its positions belong to.
    pub epoch: String,
    /// Its first position; of an event the same as the last.
    pub first: i64,
    /// Its last position.
    pub last: i64,
    /// It said what the log lacked.
    pub is_gap: bool,
    /// Attempts so far.
    pub attempts: u32,
    /// Why the last one failed.
    pub fault: HookFault,
    /// The status of the last answer, if there was one.
    pub status: Option<u16>,
    /// When it was given up.
    pub died_at: Stamp,
    /// It is to be delivered again.
    pub is_replaying: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_in_no_debug_text_and_names_are_read_as_written() {
        let secret = HookSecret::new("hunter2".to_owned());
        assert!(!format!("{secret:?}").contains("hunter2"));
        assert_eq!(HookOff::DeadLettersFull.name(), "dead-letters-full");
        assert_eq!("token-revoked".parse(), Ok(HookOff::TokenRevoked));
        assert_eq!("address-refused".parse(), Ok(HookFault::AddressRefused));
    }
}
