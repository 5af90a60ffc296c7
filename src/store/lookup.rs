//! Users and tokens, which every request needs: from the cache, else from the database.

use std::collections::HashMap;
use std::sync::Arc;

use super::cache::HeldToken;
use super::tokens::tokens_in_use;
use super::{Failure, Store, secret};
use crate::model::{Token, TokenId, User, UserId};

/// Writes that wait, a few commits' worth: behind them a note of a use would only add to the delay of others.
const BUSY: usize = 1024;

impl Store {
    /// A user.
    pub async fn user(&self, id: UserId) -> Result<Option<Arc<User>>, Failure> {
        let read = async { Ok(self.read(move |db| db.user(id)).await?.map(Arc::new)) };
        self.shared.caches.users.get_or_load(id, read).await
    }

    /// Those of these users that exist.
    pub async fn users(&self, ids: Vec<UserId>) -> Result<HashMap<UserId, Arc<User>>, Failure> {
        let cache = &self.shared.caches.users;
        let mut found = HashMap::with_capacity(ids.len());
        let mut missing = Vec::new();
        for id in ids {
            match cache.get(&id) {
                Some(user) => {
                    found.insert(id, user);
                }
                None => missing.push(id),
            }
        }
        if missing.is_empty() {
            return Ok(found);
        }
        let mut loading: HashMap<UserId, _> = missing
            .iter()
            .filter_map(|id| Some((*id, cache.missing(*id)?)))
            .collect();
        for (id, user) in self.read(move |db| db.users(&missing)).await? {
            let user = Arc::new(user);
            if let Some(loading) = loading.remove(&id) {
                cache.store(loading, Arc::clone(&user));
            }
            found.insert(id, user);
        }
        Ok(found)
    }

    /// The token with this secret.
    pub async fn token(&self, secret: &str) -> Result<Option<Arc<Token>>, Failure> {
        let hash = secret::hash_token(secret);
        let read = async {
            let (reading, tokens) = (&self.shared.reading, &self.shared.questions.tokens);
            let found = reading.ask(tokens, hash, tokens_in_use);
            let found = found.await??;
            Ok(found.map(|(token, used_at)| Arc::new(HeldToken::new(token, used_at))))
        };
        let held = self.shared.caches.tokens.get_or_load(hash, read).await?;
        Ok(held.map(|held| {
            if held.is_to_be_noted(self.now()) {
                self.note_use(held.token.id);
            }
            Arc::clone(&held.token)
        }))
    }

    /// Without waiting. While writes pile up it is left out: the next hour notes it.
    fn note_use(&self, id: TokenId) {
        if self.lane_depth() < BUSY {
            drop(self.submit(move |tx| tx.touch_token(id)));
        }
    }
}
