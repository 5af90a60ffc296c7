//! Tokens that a writer knows to be live. A call was let in by what its server held; another one may just have revoked its
//! token. So a write asks again in its own transaction, and no write of a revoked token is committed behind the revocation.
//!
//! A lane remembers the tokens that it found live, as of a number in the row of the log's head which it reads anyway: each
//! end of a token, an app or an account raises it. So a write costs no question, unless its token is new to the lane.

use std::collections::HashSet;

use super::Failure;
use crate::fault::{Seeded, seeded};
use crate::model::TokenId;

/// Above it a lane forgets all of them.
const KNOWN: usize = 50_000;

/// The tokens that a lane found live.
#[derive(Debug, Default)]
pub(super) struct LiveTokens {
    /// How often tokens had ended when they were found.
    as_of: i64,
    known: HashSet<TokenId>,
}

impl LiveTokens {
    /// A transaction begins, and tokens have ended so often.
    pub(super) fn at(mut self, ended: i64) -> Self {
        if self.as_of != ended {
            self.known.clear();
            self.as_of = ended;
        }
        self
    }

    /// A token ended in this transaction.
    pub(super) fn forget(&mut self) {
        self.known.clear();
    }

    /// Those of these tokens that have ended; `live_among` asks the database which are live.
    pub(super) fn ended_of(
        &mut self,
        tokens: impl Iterator<Item = TokenId>,
        live_among: impl FnOnce(&HashSet<TokenId>) -> Result<Vec<TokenId>, Failure>,
    ) -> Result<HashSet<TokenId>, Failure> {
        if seeded(Seeded::OldTokenTrusted) {
            return Ok(HashSet::new());
        }
        let mut asked: HashSet<TokenId> = tokens.filter(|id| !self.known.contains(id)).collect();
        if asked.is_empty() {
            return Ok(asked);
        }
        if self.known.len() > KNOWN {
            self.known.clear();
        }
        for id in live_among(&asked)? {
            asked.remove(&id);
            self.known.insert(id);
        }
        Ok(asked)
    }
}
