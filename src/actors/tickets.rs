//! Tickets: what a browser opens a stream with instead of a token, which would stay in its history and in the logs of proxies.
//!
//! A ticket stands for the token that it was got with, for half a minute and once. Kept in memory: after a restart a client
//! gets another.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::model::{ClientId, Failure, Token, UserId};
use crate::store::secret::random_id;

/// How long a ticket holds.
pub const LIFETIME: Duration = Duration::from_secs(30);

/// Tickets of a user with an app, or of an app, over all of their tokens; with one more the oldest ends.
const OF_OWNER: usize = 16;

/// Tickets in all, a few hundred bytes each; beyond that none is given out.
const MOST: usize = 10_000;

/// The tickets that were not used yet.
#[derive(Debug, Default)]
pub struct Tickets(Mutex<Waiting>);

#[derive(Debug, Default)]
struct Waiting {
    /// Oldest first: all of them hold equally long.
    by_age: BTreeMap<u64, Ticket>,
    by_secret: HashMap<String, u64>,
    given_out: u64,
}

#[derive(Debug)]
struct Ticket {
    secret: String,
    token: Arc<Token>,
    ends: Instant,
}

type Owner = (ClientId, Option<UserId>);

fn owner_of(token: &Token) -> Owner {
    (token.client.id.clone(), token.user)
}

impl Tickets {
    /// A new ticket.
    ///
    /// # Errors
    /// Too many wait to be used.
    pub fn give_out(&self, token: Arc<Token>, now: Instant) -> Result<String, Failure> {
        self.give_out_as(random_id(), token, now)
    }

    /// The same, with a secret that is as random.
    ///
    /// # Errors
    /// Too many wait to be used.
    pub fn give_out_as(
        &self,
        secret: String,
        token: Arc<Token>,
        now: Instant,
    ) -> Result<String, Failure> {
        let mut waiting = self.lock();
        waiting.drop_ended(now);
        waiting.drop_oldest_of(&owner_of(&token));
        if waiting.by_age.len() >= MOST {
            return Err(Failure::Busy);
        }
        let number = waiting.given_out;
        waiting.given_out += 1;
        waiting.by_secret.insert(secret.clone(), number);
        let ticket = Ticket {
            secret: secret.clone(),
            token,
            ends: now + LIFETIME,
        };
        waiting.by_age.insert(number, ticket);
        Ok(secret)
    }

    /// Uses a ticket up. `None`: it was used before, has ended, or never was. Whether its token is still good is not known
    /// here.
    pub fn redeem(&self, secret: &str, now: Instant) -> Option<Arc<Token>> {
        let mut waiting = self.lock();
        let number = waiting.by_secret.remove(secret)?;
        let ticket = waiting.by_age.remove(&number)?;
        (now < ticket.ends).then_some(ticket.token)
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting {
    fn drop_ended(&mut self, now: Instant) {
        while let Some(oldest) = self.by_age.first_entry() {
            if now < oldest.get().ends {
                return;
            }
            let ended = oldest.remove();
            self.by_secret.remove(&ended.secret);
        }
    }

    fn drop_oldest_of(&mut self, owner: &Owner) {
        let waiting = self.by_age.iter();
        let of_owner = waiting.filter(|(_, one)| owner_of(&one.token) == *owner);
        let numbers: Vec<u64> = of_owner.map(|(number, _)| *number).collect();
        if numbers.len() < OF_OWNER {
            return;
        }
        let oldest = numbers
            .first()
            .and_then(|number| self.by_age.remove(number));
        if let Some(oldest) = oldest {
            self.by_secret.remove(&oldest.secret);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::samples::token;
    use crate::model::TokenId;

    fn of(number: i64) -> Arc<Token> {
        Arc::new(token(number, Some(UserId(number)), "messages"))
    }

    #[test]
    fn a_ticket_is_good_once_and_for_its_time() {
        let (tickets, now) = (Tickets::default(), Instant::now());
        let give = |number| tickets.give_out(of(number), now).unwrap();
        let (first, second, third) = (give(1), give(2), give(3));
        assert_ne!(first, second);
        let almost = now + LIFETIME - Duration::from_millis(1);
        assert_eq!(tickets.redeem(&first, almost).unwrap().id, TokenId(1));
        assert!(tickets.redeem(&first, now).is_none());
        assert!(tickets.redeem(&second, now + LIFETIME).is_none());
        assert!(tickets.redeem("never", now).is_none());
        let later = now + LIFETIME;
        let fourth = tickets.give_out(of(4), later).unwrap();
        assert!(tickets.redeem(&third, now).is_none(), "ended and forgotten");
        assert!(tickets.redeem(&fourth, later).is_some());
        let waiting = tickets.lock();
        assert!(waiting.by_age.is_empty() && waiting.by_secret.is_empty());
    }

    #[test]
    fn an_owner_has_a_few_and_all_together_are_bounded() {
        let (tickets, now) = (Tickets::default(), Instant::now());
        let first = tickets.give_out(of(0), now).unwrap();
        let next: Vec<String> = (0..OF_OWNER)
            .map(|_| tickets.give_out(of(0), now).unwrap())
            .collect();
        assert!(tickets.redeem(&first, now).is_none(), "the oldest went");
        assert!(tickets.redeem(&next[0], now).is_some());
        let mut number = 0;
        while tickets.lock().by_age.len() < MOST {
            number += 1;
            tickets.give_out(of(number), now).unwrap();
        }
        let refused = tickets.give_out(of(number + 1), now);
        assert!(matches!(refused, Err(Failure::Busy)));
        assert!(tickets.give_out(of(number + 1), now + LIFETIME).is_ok());
    }
}
