//! A poll: a question with two to ten options, which closes at a moment.

use std::fmt;

use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq as _;

use super::{ClientBrief, PollId, Raw, Stamp, Token, UserId};

/// Fewest and most options.
pub const OPTIONS: std::ops::RangeInclusive<usize> = 2..=10;

/// The secret that lets users read and answer a poll that is not public.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct PollToken(pub String);

impl PollToken {
    /// Whether a caller sent it. Compared in constant time.
    fn is(&self, sent: &str) -> bool {
        !self.0.is_empty() && self.0.as_bytes().ct_eq(sent.as_bytes()).into()
    }
}

impl fmt::Debug for PollToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PollToken")
    }
}

/// The result of an option.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// Users that chose it.
    pub respondents: i64,
    /// Some of them; none of an anonymous poll.
    pub sample: Vec<UserId>,
}

/// A poll. Its words never change; deletion takes them away.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Poll {
    /// Assigned by the store.
    pub id: PollId,
    /// Creator.
    pub user_id: UserId,
    /// The app it was made with.
    pub client: ClientBrief,
    /// `type` on the wire.
    pub kind: String,
    /// The question; empty after deletion.
    pub prompt: String,
    /// Texts, in the order of their positions; none after deletion.
    pub options: Vec<String>,
    /// That one answer may choose.
    pub max_options: i32,
    /// Who answered is told to nobody.
    pub is_anonymous: bool,
    /// Every user may read and answer it.
    pub is_public: bool,
    /// Lets others in. Not in events, which apps receive that were not given it.
    #[serde(skip)]
    pub token: PollToken,
    /// Immutable.
    pub raw: Raw,
    /// When it was made.
    pub created_at: Stamp,
    /// From here on it takes no answers.
    pub closes_at: Stamp,
    /// By option, once it has closed.
    pub results: Option<Vec<Tally>>,
    /// Set on a deleted poll.
    pub deleted_at: Option<Stamp>,
}

/// Why a caller may read a poll.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PollDoor {
    /// It is the caller's own, and a scope opens it.
    Own,
    /// The caller sent its token.
    Token,
    /// It is public.
    Public,
}

impl PollDoor {
    /// Whether the caller is shown the token: it has it, or may have it.
    pub fn shows_token(self) -> bool {
        match self {
            Self::Own | Self::Token => true,
            Self::Public => false,
        }
    }
}

impl Poll {
    /// Whether it was deleted.
    pub fn is_deleted(&self) -> bool {
        self.deleted_at.is_some()
    }

    /// Whether its results are known.
    pub fn is_closed(&self) -> bool {
        self.results.is_some()
    }

    /// Whether it still takes answers. It closes on time, however late its results are counted.
    pub fn takes_answers(&self, now: Stamp) -> bool {
        !self.is_closed() && now < self.closes_at
    }

    /// Why the caller may read it; `None`: it may not. `sent` is the token that came with the call.
    pub fn door(&self, caller: Option<&Token>, sent: Option<&str>) -> Option<PollDoor> {
        let is_own = caller.is_some_and(|caller| {
            caller.user == Some(self.user_id) && caller.scopes.open_poll(&self.kind)
        });
        if is_own {
            Some(PollDoor::Own)
        } else if sent.is_some_and(|sent| self.token.is(sent)) {
            Some(PollDoor::Token)
        } else {
            self.is_public.then_some(PollDoor::Public)
        }
    }
}

/// A checked poll that has no id yet.
#[derive(Clone, Debug)]
pub struct NewPoll {
    /// Creator.
    pub user_id: UserId,
    /// The app it is made with.
    pub client: ClientBrief,
    /// `type` on the wire.
    pub kind: String,
    /// The question.
    pub prompt: String,
    /// Texts, in the order of their positions.
    pub options: Vec<String>,
    /// That one answer may choose.
    pub max_options: i32,
    /// Who answered is told to nobody.
    pub is_anonymous: bool,
    /// Every user may read and answer it.
    pub is_public: bool,
    /// Checked.
    pub raw: Raw,
    /// When it closes; the write checks that this is not too soon.
    pub closing: Closing,
}

/// When a poll closes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Closing {
    /// So many minutes after it is made.
    After(i64),
    /// At this moment.
    At(Stamp),
}

/// Options by their positions: what one answer chooses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Chosen(i32);

impl Chosen {
    /// These positions, which begin at 1. `None`: there is no such position.
    pub fn of(positions: &[i64], options: usize) -> Option<Self> {
        let mut chosen = 0;
        for position in positions {
            let index = usize::try_from(*position).ok()?.checked_sub(1)?;
            if index >= options {
                return None;
            }
            chosen |= 1 << index;
        }
        Some(Self(chosen))
    }

    /// As the store keeps it.
    pub fn bits(self) -> i32 {
        self.0
    }

    /// As the store kept it.
    pub fn from_bits(bits: i32) -> Self {
        Self(bits)
    }

    /// Whether it chooses nothing.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// How many it chooses.
    pub fn count(self) -> u32 {
        self.0.count_ones()
    }

    /// Whether it chooses the option with this index, which begins at 0.
    pub fn has(self, index: usize) -> bool {
        index < 31 && self.0 & (1 << index) != 0
    }
}

/// An open poll of the user 1, anonymous and not public, as events hold it.
#[cfg(test)]
pub(crate) fn sample() -> Poll {
    Poll {
        id: PollId(5),
        user_id: UserId(1),
        client: ClientBrief {
            id: "cl1".into(),
            name: String::from("Web"),
            url: String::from("https://x.example"),
        },
        kind: String::from("org.example.lunch"),
        prompt: String::from("Where to?"),
        options: ["Here", "There"].map(String::from).to_vec(),
        max_options: 1,
        is_anonymous: true,
        is_public: false,
        token: PollToken::default(),
        raw: Raw::default(),
        created_at: Stamp(1_714_550_400_000_000),
        closes_at: Stamp(1_714_636_800_000_005),
        results: None,
        deleted_at: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Scopes, TokenId};

    fn token(user: UserId, scopes: &str) -> Token {
        Token {
            id: TokenId(1),
            client: sample().client,
            user: Some(user),
            scopes: Scopes::parse(scopes).unwrap(),
        }
    }

    #[test]
    fn a_private_poll_is_opened_by_its_token_and_by_its_creators_scope() {
        let poll = Poll {
            token: PollToken(String::from("secret")),
            ..sample()
        };
        let ada = |scopes: &str| token(poll.user_id, scopes);
        let door = |token: &Token, sent| poll.door(Some(token), sent);
        assert_eq!(door(&ada("polls"), None), Some(PollDoor::Own));
        let narrow = format!("polls:{}", poll.kind);
        assert_eq!(door(&ada(&narrow), None), Some(PollDoor::Own));
        assert_eq!(door(&ada("polls:org.example.other"), None), None);
        assert_eq!(door(&ada("write_post"), None), None);
        let sent = Some("secret");
        assert_eq!(door(&ada("write_post"), sent), Some(PollDoor::Token));
        let bob = token(UserId(2), "polls");
        assert_eq!(door(&bob, None), None);
        assert_eq!(door(&bob, Some("secre")), None);
        assert_eq!(door(&bob, sent), Some(PollDoor::Token));
        assert_eq!(poll.door(None, sent), Some(PollDoor::Token));
        let public = Poll {
            is_public: true,
            ..poll.clone()
        };
        assert_eq!(public.door(Some(&bob), None), Some(PollDoor::Public));
    }

    #[test]
    fn a_poll_out_of_the_log_has_no_token_that_opens_it() {
        assert_eq!(sample().door(None, Some("")), None);
    }

    #[test]
    fn an_answer_is_made_of_positions() {
        let chosen = Chosen::of(&[3, 1, 3], 3).unwrap();
        assert_eq!((chosen.count(), chosen.bits()), (2, 0b101));
        assert!(chosen.has(0) && !chosen.has(1) && chosen.has(2));
        assert!(Chosen::of(&[], 2).unwrap().is_empty());
        for wrong in [0, 4, -1, i64::MAX] {
            assert_eq!(Chosen::of(&[1, wrong], 3), None, "{wrong}");
        }
    }
}
