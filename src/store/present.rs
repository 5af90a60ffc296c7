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
    /// How many of these at most.
    pub most_followed: usize,
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
    pub inbox: Arc<HashSet<ChannelId>>,
    /// Users that the user follows.
    pub followed: Arc<HashSet<UserId>>,
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
pub(super) fn presents_of(
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
    let mut lists = Lists::default();
    for (of, tokens, Hiding { muted, blocks }) in shared {
        let inbox = lists.inbox(db, of)?;
        let followed = lists.followed(db, of)?;
        presents.push(tokens.map(|tokens| {
            Present {
                head,
                tokens: tokens
                    .into_iter()
                    .map(|token| (token.id, Arc::new(token)))
                    .collect(),
                muted,
                blocks,
                inbox,
                followed,
            }
        }));
    }
    Ok(presents)
}

/// What may be long, and is read once for all streams of a user.
#[derive(Default)]
struct Lists {
    inboxes: HashMap<UserId, Arc<HashSet<ChannelId>>>,
    homes: HashMap<UserId, Arc<HashSet<UserId>>>,
}

impl Lists {
    fn inbox(
        &mut self,
        db: &mut Db<'_>,
        of: &PresentOf,
    ) -> Result<Arc<HashSet<ChannelId>>, Failure> {
        if !of.has_inbox {
            return Ok(Arc::default());
        }
        if let Some(known) = self.inboxes.get(&of.user) {
            return Ok(Arc::clone(known));
        }
        let channels = db.subscribed_channels(of.user)?.into_iter();
        let inbox = Arc::new(channels.collect());
        self.inboxes.insert(of.user, Arc::clone(&inbox));
        Ok(inbox)
    }

    fn followed(
        &mut self,
        db: &mut Db<'_>,
        of: &PresentOf,
    ) -> Result<Arc<HashSet<UserId>>, Failure> {
        if !of.has_home {
            return Ok(Arc::default());
        }
        if let Some(known) = self.homes.get(&of.user) {
            return Ok(Arc::clone(known));
        }
        let followed = db.follows(of.user, of.most_followed)?.into_iter();
        let home = Arc::new(followed.collect());
        self.homes.insert(of.user, Arc::clone(&home));
        Ok(home)
    }
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
