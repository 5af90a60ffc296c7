//! What a user may hear now, read for streams that go on. After a server is gone thousands ask at once, so all that wait are
//! read together.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use diesel::RunQueryDsl as _;

use super::connect::Sql;
use super::db::to_json;
use super::relations::Blocks;
use super::statements::{HidingOf, query};
use super::{Db, Failure, Store};
use crate::event::Pos;
use crate::model::{ChannelId, Relation, Token, TokenId, UserId};

/// A user whose stream goes on.
#[derive(Clone, Copy, Debug)]
pub struct PresentOf {
    /// Which.
    pub user: UserId,
    /// Whether the channels of the user are wanted.
    pub has_inbox: bool,
    /// Whether the followed users are.
    pub has_home: bool,
}

/// One state of the database.
#[derive(Clone, Debug)]
pub struct Present {
    /// The last event of it.
    pub head: Pos,
    /// The live tokens of the user.
    pub tokens: HashMap<TokenId, Arc<Token>>,
    /// Users that the user muted.
    pub muted: Vec<UserId>,
    /// Blocks in either direction.
    pub blocks: Blocks,
    /// Channels that the user is subscribed to.
    pub inbox: HashSet<ChannelId>,
    /// Users that the user follows.
    pub followed: HashSet<UserId>,
}

/// What is read for all users at once.
#[derive(Clone, Default)]
struct Shares {
    tokens: HashMap<TokenId, Arc<Token>>,
    muted: Vec<UserId>,
    blocks: Blocks,
}

impl Store {
    /// What a user may hear, not before this is asked.
    ///
    /// # Errors
    /// The database is in trouble, or busy.
    pub async fn present(&self, of: PresentOf) -> Result<Present, Failure> {
        let (reading, presents) = (&self.shared.reading, &self.shared.presents);
        reading.ask(presents, of, |db, all| db.presents(all)).await
    }
}

impl Db<'_> {
    fn presents(&mut self, all: &[PresentOf]) -> Result<Vec<Present>, Failure> {
        let head = Pos(self.log_position()?);
        let users: HashSet<UserId> = all.iter().map(|of| of.user).collect();
        let shares = self.shares(&users.into_iter().collect::<Vec<_>>())?;
        let mut presents = Vec::with_capacity(all.len());
        for of in all {
            let inbox = match of.has_inbox {
                true => self.subscribed_channels(of.user)?,
                false => Vec::new(),
            };
            let followed = match of.has_home {
                true => self.follows(of.user)?,
                false => Vec::new(),
            };
            let Shares {
                tokens,
                muted,
                blocks,
            } = shares.get(&of.user).cloned().unwrap_or_default();
            presents.push(Present {
                head,
                tokens,
                muted,
                blocks,
                inbox: inbox.into_iter().collect(),
                followed: followed.into_iter().collect(),
            });
        }
        Ok(presents)
    }

    fn shares(&mut self, users: &[UserId]) -> Result<HashMap<UserId, Shares>, Failure> {
        let mut all: HashMap<UserId, Shares> = HashMap::with_capacity(users.len());
        for token in self.tokens_of_all(users)? {
            if let Some(user) = token.user {
                let tokens = &mut all.entry(user).or_default().tokens;
                tokens.insert(token.id, Arc::new(token));
            }
        }
        let ids = to_json(&users.iter().map(|user| user.0).collect::<Vec<_>>())?;
        let rows = query::<HidingOf>(&[(&*ids).into(), (&*ids).into()])
            .load::<(i64, i64, String, bool)>(self.sql)?;
        for (user, other, kind, is_own) in rows {
            let shares = all.entry(UserId(user)).or_default();
            let list = match (is_own, kind == Relation::Block.name()) {
                (true, true) => &mut shares.blocks.own,
                (true, false) => &mut shares.muted,
                (false, _) => &mut shares.blocks.of_others,
            };
            list.push(UserId(other));
        }
        Ok(all)
    }

    fn tokens_of_all(&mut self, users: &[UserId]) -> Result<Vec<Token>, Failure> {
        match self.sql {
            Sql::Postgres(_) => self.tokens_of_some(users),
            // A list of another length is another statement there.
            Sql::Sqlite(_) => {
                let mut all = Vec::new();
                for user in users {
                    all.append(&mut self.tokens_of(*user)?);
                }
                Ok(all)
            }
        }
    }
}
