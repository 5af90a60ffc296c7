//! Tokens whose revocation passed lately.

use std::collections::{HashSet, VecDeque};

use crate::model::TokenId;

/// Bound of the list. A request in flight is overtaken by a few thousand revocations at most.
const REMEMBERED: usize = 4096;

/// Recently revoked tokens: a request in flight with one of them must not subscribe any more.
#[derive(Debug, Default)]
pub struct RevokedTokens {
    known: HashSet<TokenId>,
    order: VecDeque<TokenId>,
}

impl RevokedTokens {
    /// The revocation of a token passed. The oldest one is forgotten when there are too many.
    pub fn insert(&mut self, token: TokenId) {
        if !self.known.insert(token) {
            return;
        }
        self.order.push_back(token);
        if self.order.len() > REMEMBERED
            && let Some(oldest) = self.order.pop_front()
        {
            self.known.remove(&oldest);
        }
    }

    /// Whether the revocation of this token passed lately.
    pub fn contains(&self, token: TokenId) -> bool {
        self.known.contains(&token)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_revocations_are_remembered() {
        let mut revoked = RevokedTokens::default();
        let last = 2 * i64::try_from(REMEMBERED).unwrap();
        for number in 0..=last {
            revoked.insert(TokenId(number));
            revoked.insert(TokenId(number));
        }
        assert!(revoked.contains(TokenId(last)));
        assert!(revoked.contains(TokenId(last + 1 - i64::try_from(REMEMBERED).unwrap())));
        assert!(!revoked.contains(TokenId(last - i64::try_from(REMEMBERED).unwrap())));
        assert_eq!(revoked.known.len(), REMEMBERED);
        assert_eq!(revoked.order.len(), REMEMBERED);
    }
}
