//! OAuth scopes and what each opens.

use serde::{Deserialize, Serialize};

use super::Channel;

macro_rules! scopes {
    ($($variant:ident $name:literal $extendable:literal;)*) => {
        /// A base scope.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Scope { $(#[doc = $name] $variant,)* }

        impl Scope {
            /// All base scopes.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];
            /// The name on the wire.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }
            /// Whether `name:type` narrows it.
            pub fn is_extendable(self) -> bool {
                match self { $(Self::$variant => $extendable,)* }
            }
        }
    };
}

scopes! {
    Basic "basic" false;
    Email "email" false;
    Files "files" true;
    Follow "follow" false;
    Messages "messages" true;
    Polls "polls" true;
    Presence "presence" false;
    PublicMessages "public_messages" true;
    Stream "stream" false;
    UpdateProfile "update_profile" false;
    WritePost "write_post" false;
}

/// The scopes of a token: exactly the granted texts, never renamed (clients decode them as a closed list).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Scopes(pub Vec<String>);

impl Scopes {
    /// Reads a list separated by commas or blanks. Unknown names are given back as the error.
    /// `basic` is always added; what a wider grant already covers is dropped.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut granted: Vec<String> = vec![String::from("basic")];
        for word in text
            .split([',', ' '])
            .map(str::trim)
            .filter(|w| !w.is_empty())
        {
            let (base, narrow) = word
                .split_once(':')
                .map_or((word, None), |(b, n)| (b, Some(n)));
            let known = Scope::ALL.iter().find(|scope| scope.name() == base);
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
            let fits = narrow.is_none_or(|n| n == kind);
            fits && (base == "messages" || (base == "public_messages" && public))
        })
    }

    /// As [`Self::open_channel`], for a whole channel.
    pub fn open(&self, channel: &Channel) -> bool {
        self.open_channel(&channel.kind, channel.acl.is_public())
    }

    /// Whether any channel at all may be opened.
    pub fn open_some_channel(&self) -> bool {
        self.has_any(Scope::Messages) || self.has_any(Scope::PublicMessages)
    }
}
