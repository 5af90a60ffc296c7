//! Proof key for code exchange (RFC 7636): what an app says when it asks, and proves when it fetches.

/// How a challenge is made of its verifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChallengeMethod {
    /// base64url of SHA-256.
    S256,
    /// The verifier itself.
    Plain,
}

impl ChallengeMethod {
    /// The name on the wire and in the store.
    pub fn name(self) -> &'static str {
        match self {
            Self::S256 => "S256",
            Self::Plain => "plain",
        }
    }

    /// From its name.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::S256, Self::Plain]
            .into_iter()
            .find(|method| method.name() == name)
    }
}

/// What an app has to prove.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Challenge {
    /// As it was sent.
    pub value: String,
    /// How it is made.
    pub method: ChallengeMethod,
}

/// Whether a text has the form of challenges and verifiers (RFC 7636 §4.1, §4.2).
pub fn is_proof(text: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-._~".contains(c);
    (43..=128).contains(&text.len()) && text.chars().all(is_plain)
}
