//! Follows, mutes and blocks.

use std::collections::{BTreeSet, HashMap};

use diesel::prelude::*;

use super::interactions::Deed;
use super::schema::relations;
use super::statements::{self, Between, InsertRelation};
use super::{Db, Failure, Tx};
use crate::event::{Payload, Pos};
use crate::model::visibility::Hidden;
use crate::model::{Page, PageRequest, Relation, Relationship, UserId};

/// The users from whom an author is hidden.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MutesAndBlocks {
    /// Users that muted the author.
    pub muted_by: Vec<UserId>,
    /// Users in a block with the author, in either direction.
    pub blocked: Vec<UserId>,
}

/// Blocks that concern a user.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Blocks {
    /// Users that the user blocks.
    pub own: Vec<UserId>,
    /// Users that block the user.
    pub of_others: Vec<UserId>,
}

/// The order of a list of relations. Pagination ids follow it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FollowOrder {
    /// Latest relation first.
    #[default]
    Time,
    /// Newest account first.
    Id,
    /// Last post first. Of follows only.
    LastPost,
}

impl Db<'_> {
    /// The relationship between a viewer and another user.
    pub fn relationship(&mut self, viewer: UserId, other: UserId) -> Result<Relationship, Failure> {
        let mut found = self.relationships(viewer, &[other])?;
        Ok(found.remove(&other).unwrap_or_default())
    }

    /// The relationships between a viewer and others. Users without any are omitted.
    pub fn relationships(
        &mut self,
        viewer: UserId,
        others: &[UserId],
    ) -> Result<HashMap<UserId, Relationship>, Failure> {
        let mut relationships: HashMap<UserId, Relationship> = HashMap::new();
        if others.is_empty() {
            return Ok(relationships);
        }
        let ids = serde_json::Value::from_iter(others.iter().map(|id| id.0)).to_string();
        let binds = [
            viewer.0.into(),
            ids.as_str().into(),
            viewer.0.into(),
            ids.as_str().into(),
        ];
        let between = statements::query::<Between>(&binds);
        for (other, kind, is_own) in between.load::<(i64, String, bool)>(self.sql)? {
            let relationship = relationships.entry(UserId(other)).or_default();
            match (relation_of(&kind), is_own) {
                (Some(Relation::Follow), true) => relationship.you_follow = true,
                (Some(Relation::Mute), true) => relationship.you_muted = true,
                (Some(Relation::Block), true) => relationship.you_blocked = true,
                (Some(Relation::Follow), false) => relationship.follows_you = true,
                (Some(Relation::Block), false) => relationship.blocks_you = true,
                (Some(Relation::Mute), false) | (None, _) => {}
            }
        }
        Ok(relationships)
    }

    /// The users from whom this author's events are hidden.
    pub fn mutes_and_blocks(&mut self, actor: UserId) -> Result<MutesAndBlocks, Failure> {
        let muted_by = self.others(actor, Relation::Mute, true)?;
        let blocked = self.blocked(actor)?;
        Ok(MutesAndBlocks { muted_by, blocked })
    }

    /// The same as of a position of the log: what was decided behind it, and is in the tables already, is taken back.
    pub fn mutes_and_blocks_at(
        &mut self,
        actor: UserId,
        pos: Pos,
    ) -> Result<MutesAndBlocks, Failure> {
        let mut muted_by = BTreeSet::from_iter(self.others(actor, Relation::Mute, true)?);
        let mut blocked_by = BTreeSet::from_iter(self.others(actor, Relation::Block, true)?);
        let mut blocks = BTreeSet::from_iter(self.others(actor, Relation::Block, false)?);
        for payload in self.related_behind(pos)? {
            let Payload::Related {
                relation,
                user,
                other,
                undone,
            } = payload
            else {
                continue;
            };
            let (set, one) = match relation {
                Relation::Mute if other.id == actor => (&mut muted_by, user.id),
                Relation::Block if other.id == actor => (&mut blocked_by, user.id),
                Relation::Block if user.id == actor => (&mut blocks, other.id),
                Relation::Follow | Relation::Mute | Relation::Block => continue,
            };
            match undone {
                true => set.insert(one),
                false => set.remove(&one),
            };
        }
        blocked_by.append(&mut blocks);
        Ok(MutesAndBlocks {
            muted_by: muted_by.into_iter().collect(),
            blocked: blocked_by.into_iter().collect(),
        })
    }

    /// Blocks of a user, by their directions.
    pub fn blocks(&mut self, user: UserId) -> Result<Blocks, Failure> {
        Ok(Blocks {
            own: self.others(user, Relation::Block, false)?,
            of_others: self.others(user, Relation::Block, true)?,
        })
    }

    /// Users that the user follows, so many at most.
    pub fn follows(&mut self, user: UserId, most: usize) -> Result<Vec<UserId>, Failure> {
        let ids = relations::table
            .filter(relations::kind.eq(Relation::Follow.name()))
            .filter(relations::user_id.eq(user.0))
            .limit(i64::try_from(most).unwrap_or(i64::MAX))
            .select(relations::other_id)
            .load::<i64>(self.sql)?;
        Ok(ids.into_iter().map(UserId).collect())
    }

    /// Users that the viewer muted, and users in a block with the viewer.
    pub fn hidden(&mut self, viewer: UserId) -> Result<Hidden, Failure> {
        let muted = self.others(viewer, Relation::Mute, false)?;
        let blocked = self.blocked(viewer)?;
        Ok(Hidden { muted, blocked })
    }

    /// Users in a block with this one, in either direction, rising ids.
    pub fn blocked(&mut self, user: UserId) -> Result<Vec<UserId>, Failure> {
        let mut blocked = self.others(user, Relation::Block, true)?;
        blocked.extend(self.others(user, Relation::Block, false)?);
        blocked.sort_unstable();
        blocked.dedup();
        Ok(blocked)
    }

    /// The users on one side of a relation, in an order; `incoming`: the users with this relation to `user`.
    pub fn relation_page(
        &mut self,
        user: UserId,
        relation: Relation,
        incoming: bool,
        order: FollowOrder,
        request: &PageRequest,
    ) -> Result<Page<UserId>, Failure> {
        match order {
            FollowOrder::Time => self.relations_by_time(user, relation, incoming, request),
            FollowOrder::Id => self.relations_by_id(user, relation, incoming, request),
            FollowOrder::LastPost => self.follows_by_last_post(user, incoming, request),
        }
    }

    fn relations_by_id(
        &mut self,
        user: UserId,
        relation: Relation,
        incoming: bool,
        request: &PageRequest,
    ) -> Result<Page<UserId>, Failure> {
        let of_kind = relations::table
            .filter(relations::kind.eq(relation.name()))
            .limit(request.limit());
        let (low, high) = (request.low(), request.high());
        // The two columns are of different types to diesel, and each has an index of its own.
        macro_rules! page {
            ($mine:ident, $theirs:ident) => {{
                let query = of_kind
                    .filter(relations::$mine.eq(user.0))
                    .filter(relations::$theirs.between(low, high))
                    .select(relations::$theirs)
                    .into_boxed();
                let query = if request.oldest {
                    query.order(relations::$theirs.asc())
                } else {
                    query.order(relations::$theirs.desc())
                };
                query.load::<i64>(self.sql)?
            }};
        }
        let ids = if incoming {
            page!(other_id, user_id)
        } else {
            page!(user_id, other_id)
        };
        let rows = ids.into_iter().map(|id| (id, UserId(id))).collect();
        Ok(Page::of(request, rows))
    }

    fn relations_by_time(
        &mut self,
        user: UserId,
        relation: Relation,
        incoming: bool,
        request: &PageRequest,
    ) -> Result<Page<UserId>, Failure> {
        let mut query = relations::table
            .filter(relations::kind.eq(relation.name()))
            .filter(relations::since.between(request.low(), request.high()))
            .limit(request.limit())
            .into_boxed();
        query = if request.oldest {
            query.order(relations::since.asc())
        } else {
            query.order(relations::since.desc())
        };
        let rows = if incoming {
            query
                .filter(relations::other_id.eq(user.0))
                .select((relations::since, relations::user_id))
                .load::<(i64, i64)>(self.sql)?
        } else {
            query
                .filter(relations::user_id.eq(user.0))
                .select((relations::since, relations::other_id))
                .load::<(i64, i64)>(self.sql)?
        };
        Ok(Page::of(request, rows).map(UserId))
    }

    // Rising ids.
    fn others(
        &mut self,
        user: UserId,
        relation: Relation,
        incoming: bool,
    ) -> Result<Vec<UserId>, Failure> {
        let of_kind = relations::table.filter(relations::kind.eq(relation.name()));
        let mut ids = if incoming {
            of_kind
                .filter(relations::other_id.eq(user.0))
                .select(relations::user_id)
                .load::<i64>(self.sql)?
        } else {
            of_kind
                .filter(relations::user_id.eq(user.0))
                .select(relations::other_id)
                .load::<i64>(self.sql)?
        };
        ids.sort_unstable();
        Ok(ids.into_iter().map(UserId).collect())
    }
}

impl Tx<'_> {
    /// `user` follows, mutes or blocks `other`. False: already the case.
    pub fn relate(
        &mut self,
        user: UserId,
        other: UserId,
        relation: Relation,
    ) -> Result<bool, Failure> {
        let now = self.now();
        let row = [
            user.0.into(),
            relation.name().into(),
            other.0.into(),
            now.0.into(),
        ];
        let changed = statements::execute::<InsertRelation>(self.sql, &row)?;
        if changed > 0 && relation == Relation::Follow {
            self.count_follow(user, other, 1)?;
            self.note_deed(other, user, Deed::Follow(other))?;
        }
        Ok(changed > 0)
    }

    /// Undoes it. False: there was nothing to undo.
    pub fn unrelate(
        &mut self,
        user: UserId,
        other: UserId,
        relation: Relation,
    ) -> Result<bool, Failure> {
        let row = relations::table.find((user.0, relation.name(), other.0));
        let changed = diesel::delete(row).execute(self.sql)?;
        if changed > 0 && relation == Relation::Follow {
            self.count_follow(user, other, -1)?;
            self.undo_deed(user, Deed::Follow(other))?;
        }
        Ok(changed > 0)
    }
}

fn relation_of(name: &str) -> Option<Relation> {
    [Relation::Follow, Relation::Mute, Relation::Block]
        .into_iter()
        .find(|relation| relation.name() == name)
}
