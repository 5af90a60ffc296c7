//! OAuth scopes and what each opens.

use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr, VariantArray};

use super::channel::kind_named;
use super::{Channel, FileKind};

/// A base scope. Its name on the wire is the variant's in snake case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum Scope {
    /// Identity of the user; part of every user token.
    Basic,
    /// The user's e-mail address; none is kept here.
    Email,
    /// The user's files.
    Files,
    /// Following, muting, blocking.
    Follow,
    /// All channels that the user may read or write.
    Messages,
    /// The user's polls.
    Polls,
    /// The user's presence.
    Presence,
    /// Public channels.
    PublicMessages,
    /// Streams of posts; none exist here.
    Stream,
    /// The user's profile.
    UpdateProfile,
    /// Posts; none exist here.
    WritePost,
}

impl Scope {
    /// All base scopes.
    pub const ALL: &'static [Self] = Self::VARIANTS;

    /// The name on the wire.
    pub fn name(self) -> &'static str {
        self.into()
    }

    /// Whether `name:type` narrows it.
    pub fn is_extendable(self) -> bool {
        match self {
            Self::Files | Self::Messages | Self::Polls | Self::PublicMessages => true,
            Self::Basic
            | Self::Email
            | Self::Follow
            | Self::Presence
            | Self::Stream
            | Self::UpdateProfile
            | Self::WritePost => false,
        }
    }
}

/// The scopes of a token: exactly the granted texts, never renamed (clients decode them as a closed list).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Scopes(pub Vec<String>);

/// Scopes of one token, far more than there are names; the lists are compared word by word.
const MOST: usize = 64;
/// Bytes of a scope; a type of channels or files has 128 at most.
const LONGEST: usize = 192;

impl Scopes {
    /// Reads a list separated by commas or blanks. Unknown names are given back as the error, as is what is beyond the
    /// bounds, or holds anything but visible ASCII: people read it on the page that asks for their consent.
    /// `basic` is always added; what a wider grant already covers is dropped.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut granted: Vec<String> = vec![String::from("basic")];
        for word in text
            .split([',', ' '])
            .map(str::trim)
            .filter(|w| !w.is_empty())
        {
            let is_plain =
                word.len() <= LONGEST && word.bytes().all(|byte| byte.is_ascii_graphic());
            if granted.len() >= MOST || !is_plain {
                return Err(word.chars().take(LONGEST).collect());
            }
            let (base, narrow) = word
                .split_once(':')
                .map_or((word, None), |(b, n)| (b, Some(n)));
            let known = base.parse::<Scope>().ok();
            let valid = known
                .is_some_and(|scope| narrow.is_none_or(|n| scope.is_extendable() && !n.is_empty()));
            if !valid {
                return Err(word.to_owned());
            }
            if !granted.iter().any(|g| g == word) {
                granted.push(word.to_owned());
            }
        }
        let all = granted.clone();
        let has = |name: &str| all.iter().any(|g| g == name);
        granted.retain(|word| {
            let base = word.split(':').next().unwrap_or(word);
            let narrowed_away = word.contains(':') && has(base);
            let covered = base == "public_messages" && has("messages");
            !(narrowed_away || covered)
        });
        Ok(Self(granted))
    }

    /// Without a base scope and its narrowed forms.
    #[must_use]
    pub fn without(mut self, scope: Scope) -> Self {
        let name = scope.name();
        self.0.retain(|word| word.split(':').next() != Some(name));
        self
    }

    /// These scopes and others, normalised as [`Self::parse`] does.
    #[must_use]
    pub fn and(&self, others: &Self) -> Self {
        let both = format!("{},{}", self.joined(), others.joined());
        // Both were parsed before; a scope that this program does not know any more is left out.
        Self::parse(&both).unwrap_or_else(|_unknown| self.clone())
    }

    /// Whether everything that others allow is allowed here.
    pub fn cover(&self, others: &Self) -> bool {
        others.0.iter().all(|word| self.covers(word))
    }

    fn covers(&self, word: &str) -> bool {
        let has = |name: &str| self.0.iter().any(|granted| granted == name);
        let base = word.split(':').next().unwrap_or(word);
        let narrow = word.strip_prefix("public_messages");
        let wider = narrow.map(|narrow| format!("messages{narrow}"));
        has(word) || has(base) || wider.is_some_and(|wider| has(&wider) || has("messages"))
    }

    /// What both allow.
    #[must_use]
    pub fn common(&self, others: &Self) -> Self {
        let both = [(self, others), (others, self)].map(|(these, those)| {
            let covered = these.0.iter().filter(|word| those.covers(word));
            Self(covered.cloned().collect())
        });
        let [these, those] = both;
        these.and(&those)
    }

    /// Without what allows one of these, or a part of it. `basic` stays.
    #[must_use]
    pub fn apart_from(&self, taken: &Self) -> Self {
        let is_taken = |word: &String| {
            let alone = Self(vec![word.clone()]);
            taken.covers(word) || taken.0.iter().any(|taken| alone.covers(taken))
        };
        let left = self.0.iter();
        let left = left.filter(|word| *word == Scope::Basic.name() || !is_taken(word));
        Self(left.cloned().collect())
    }

    /// As the store keeps it and as `X-OAuth-Scopes` shows it.
    pub fn joined(&self) -> String {
        self.0.join(",")
    }

    /// Whether the base scope itself was granted, not only a narrowed form of it.
    pub fn has(&self, scope: Scope) -> bool {
        self.0.iter().any(|g| g == scope.name())
    }

    /// Whether the scope was granted, whole or narrowed.
    pub fn has_any(&self, scope: Scope) -> bool {
        let name = scope.name();
        self.0.iter().any(|g| {
            g.strip_prefix(name)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(':'))
        })
    }

    /// Whether these scopes open a channel of this type; `public` as [`super::Acl::is_public`] says it.
    pub fn open_channel(&self, kind: &str, public: bool) -> bool {
        self.0.iter().any(|granted| {
            let (base, narrow) = granted
                .split_once(':')
                .map_or((granted.as_str(), None), |(b, n)| (b, Some(n)));
            let fits = narrow.is_none_or(|n| kind_named(n) == kind);
            fits && (base == "messages" || (base == "public_messages" && public))
        })
    }

    /// As [`Self::open_channel`], for a whole channel.
    pub fn open(&self, channel: &Channel) -> bool {
        self.open_channel(&channel.kind, channel.acl.is_public())
    }

    /// Whether these scopes open the user's polls of this type.
    pub fn open_poll(&self, kind: &str) -> bool {
        let mut granted = self.0.iter().filter_map(|g| g.strip_prefix("polls"));
        granted.any(|rest| rest.is_empty() || rest.strip_prefix(':') == Some(kind))
    }

    /// Whether these scopes open files of this type, by `files` or `files:type`.
    pub fn open_file_type(&self, file_type: &str) -> bool {
        self.has(Scope::Files)
            || self
                .narrowed(Scope::Files)
                .any(|narrow| narrow == file_type)
    }

    /// The same, or by a grant for all files of its kind: `files:core_image`, `files:core_audio`.
    pub fn open_file(&self, file_type: &str, kind: FileKind) -> bool {
        self.open_file_type(file_type)
            || self.narrowed(Scope::Files).any(|narrow| match narrow {
                "core_image" => kind == FileKind::Image,
                "core_audio" => kind == FileKind::Audio,
                _ => false,
            })
    }

    /// Whether a file of some type may be uploaded: for a post, for a message, or by itself.
    pub fn open_upload(&self) -> bool {
        self.has_any(Scope::Files) || self.has(Scope::WritePost) || self.open_some_channel()
    }

    /// What a scope was narrowed to.
    pub fn narrowed(&self, scope: Scope) -> impl Iterator<Item = &str> {
        let name = scope.name();
        self.0
            .iter()
            .filter_map(move |granted| granted.strip_prefix(name)?.strip_prefix(':'))
    }

    /// Whether any channel at all may be opened.
    pub fn open_some_channel(&self) -> bool {
        self.has_any(Scope::Messages) || self.has_any(Scope::PublicMessages)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_two_grants_have_in_common_and_what_is_left_of_one() {
        let scopes = |text: &str| Scopes::parse(text).unwrap();
        for (one, other, common) in [
            ("stream", "email", "basic"),
            ("stream,email", "email,follow", "email"),
            ("messages", "messages:a.b,stream", "messages:a.b"),
            ("messages:a.b", "public_messages", "basic"),
            ("messages", "public_messages", "public_messages"),
        ] {
            assert_eq!(scopes(one).common(&scopes(other)), scopes(common), "{one}");
            assert_eq!(scopes(other).common(&scopes(one)), scopes(common), "{one}");
        }
        for (granted, taken, left) in [
            ("stream,email", "email", "stream"),
            ("stream,messages", "messages:a.b", "stream"),
            (
                "stream,messages:a.b,messages:c.d",
                "messages:c.d",
                "stream,messages:a.b",
            ),
            ("messages:a.b,public_messages:c.d", "messages", "basic"),
            ("messages", "public_messages", "basic"),
            ("stream", "basic", "stream"),
        ] {
            let taken = Scopes(taken.split(',').map(str::to_owned).collect());
            assert_eq!(
                scopes(granted).apart_from(&taken),
                scopes(left),
                "{granted}"
            );
        }
    }

    #[test]
    fn a_list_of_scopes_is_short_and_plain() {
        let many = |count: usize| {
            let words: Vec<String> = (0..count).map(|n| format!("polls:a.{n}")).collect();
            Scopes::parse(&words.join(","))
        };
        assert!(many(60).is_ok());
        assert!(many(MOST).is_err());
        assert!(Scopes::parse(&format!("polls:{}", "a".repeat(LONGEST))).is_err());
        assert!(Scopes::parse("polls:a\u{a0}b").is_err());
        assert!(Scopes::parse("polls:\u{202e}a").is_err());
    }
}
