//! What every request asks: users and tokens, from the cache when it can be.

use std::collections::HashMap;
use std::sync::Arc;

use super::{Failure, Store, secret};
use crate::model::{Token, User, UserId};

impl Store {
    /// A user.
    pub async fn user(&self, id: UserId) -> Result<Option<Arc<User>>, Failure> {
        let users = &self.shared.caches.users;
        if let Some(user) = users.get(&id) {
            return Ok(Some(user));
        }
        let generation = users.generation();
        let user = self.read(move |db| db.user(id)).await?.map(Arc::new);
        if let Some(user) = &user {
            users.fill(generation, id, Arc::clone(user));
        }
        Ok(user)
    }

    /// Those of these users who exist.
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
        let generation = cache.generation();
        for (id, user) in self.read(move |db| db.users(&missing)).await? {
            let user = Arc::new(user);
            cache.fill(generation, id, Arc::clone(&user));
            found.insert(id, user);
        }
        Ok(found)
    }

    /// The token with this secret.
    pub async fn token(&self, secret: &str) -> Result<Option<Arc<Token>>, Failure> {
        let tokens = &self.shared.caches.tokens;
        let hash = secret::hash_token(secret);
        if let Some(token) = tokens.get(&hash) {
            return Ok(Some(token));
        }
        let generation = tokens.generation();
        let token = self
            .read(move |db| db.token_by_hash(&hash))
            .await?
            .map(Arc::new);
        if let Some(token) = &token {
            tokens.fill(generation, hash, Arc::clone(token));
        }
        Ok(token)
    }
}
