//! What a user may hear now, read for streams that go on. After a server is gone thousands ask at once, so all that wait are
//! read together.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use diesel::RunQueryDsl as _;

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
#[derive(Clone, Debug, PartialEq)]
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

/// What hides words from a user.
#[derive(Clone, Default)]
struct Hiding {
    muted: Vec<UserId>,
    blocks: Blocks,
}

impl Store {
    /// What a user may hear, not before this is asked.
    ///
    /// # Errors
    /// The database is in trouble, or busy.
    pub async fn present(&self, of: PresentOf) -> Result<Present, Failure> {
        let (reading, presents) = (&self.shared.reading, &self.shared.questions.presents);
        let read = reading.ask(presents, of, presents_of);
        read.await?
    }
}

/// In the order of the questions. What is not readable of one user concerns that one alone.
fn presents_of(
    db: &mut Db<'_>,
    all: &[PresentOf],
) -> Result<Vec<Result<Present, Failure>>, Failure> {
    let head = Pos(db.log_position()?);
    let users: HashSet<UserId> = all.iter().map(|of| of.user).collect();
    let users: Vec<UserId> = users.into_iter().collect();
    let (tokens, hiding) = (db.tokens_of_each(&users)?, db.hiding_of_each(&users)?);
    let shared = all.iter().map(|of| {
        let tokens = tokens.get(&of.user).cloned().unwrap_or(Ok(Vec::new()));
        let hiding = hiding.get(&of.user).cloned().unwrap_or_default();
        (of, tokens, hiding)
    });
    let mut presents = Vec::with_capacity(all.len());
    for (of, tokens, Hiding { muted, blocks }) in shared {
        let inbox = match of.has_inbox {
            true => db.subscribed_channels(of.user)?,
            false => Vec::new(),
        };
        let followed = match of.has_home {
            true => db.follows(of.user)?,
            false => Vec::new(),
        };
        presents.push(tokens.map(|tokens| {
            Present {
                head,
                tokens: tokens
                    .into_iter()
                    .map(|token| (token.id, Arc::new(token)))
                    .collect(),
                muted,
                blocks,
                inbox: inbox.into_iter().collect(),
                followed: followed.into_iter().collect(),
            }
        }));
    }
    Ok(presents)
}

impl Db<'_> {
    fn hiding_of_each(&mut self, users: &[UserId]) -> Result<HashMap<UserId, Hiding>, Failure> {
        let ids: Vec<i64> = users.iter().map(|user| user.0).collect();
        let ids = to_json(&ids)?;
        let binds = [(&*ids).into(), (&*ids).into()];
        let rows = query::<HidingOf>(&binds).load::<(i64, i64, String, bool)>(self.sql)?;
        let mut all: HashMap<UserId, Hiding> = HashMap::new();
        for (user, other, kind, is_own) in rows {
            let Hiding { muted, blocks } = all.entry(UserId(user)).or_default();
            let list = match (is_own, kind == Relation::Block.name()) {
                (true, true) => &mut blocks.own,
                (true, false) => muted,
                (false, _) => &mut blocks.of_others,
            };
            list.push(UserId(other));
        }
        Ok(all)
    }
}
