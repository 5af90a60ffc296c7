//! Pages of interactions. Each action has an order of its own in an index; a page takes from each no more than it shows.

use std::collections::HashMap;

use diesel::prelude::*;

use super::super::schema::interactions;
use super::super::statements::{self, SampleActs};
use super::super::{Db, Failure};
use crate::model::{Action, Interaction, Page, PageRequest, PostId, Stamp, Subject, UserId};

/// Users of an interaction that are shown, the latest.
const SAMPLE: i64 = 30;

type Row = (i64, i64, Option<i64>);

impl Db<'_> {
    /// What others did to a user, by these actions; latest first.
    pub fn interactions_of_user(
        &mut self,
        owner: UserId,
        actions: &[Action],
        request: &PageRequest,
    ) -> Result<Page<Interaction>, Failure> {
        let mut rows = Vec::new();
        for action in actions {
            let of_user = page_of(*action, request)
                .filter(interactions::owner_id.eq(owner.0))
                .load::<Row>(self.sql)?;
            rows.extend(of_user.into_iter().map(|row| (*action, row)));
        }
        self.interactions(owner, rows, request)
    }

    /// What was done to a post of this author, by these actions; latest first.
    pub fn interactions_with_post(
        &mut self,
        (author, post): (UserId, PostId),
        actions: &[Action],
        request: &PageRequest,
    ) -> Result<Page<Interaction>, Failure> {
        let mut rows = Vec::new();
        for action in actions {
            let of_post = page_of(*action, request)
                .filter(interactions::post_id.eq(post.0))
                .load::<Row>(self.sql)?;
            rows.extend(of_post.into_iter().map(|row| (*action, row)));
        }
        self.interactions(author, rows, request)
    }

    fn interactions(
        &mut self,
        owner: UserId,
        mut rows: Vec<(Action, Row)>,
        request: &PageRequest,
    ) -> Result<Page<Interaction>, Failure> {
        let newest_first = |(_, (_, latest, _)): &(Action, Row)| match request.oldest {
            true => *latest,
            false => -*latest,
        };
        rows.sort_unstable_by_key(newest_first);
        rows.truncate(usize::from(request.count) + 1);
        let keyed = rows.into_iter().map(|row| (row.1.1, row)).collect();
        let page = Page::of(request, keyed);
        let ids = page.items.iter().map(|(_, (_, (id, ..)))| *id);
        let mut users = self.actors(ids.collect())?;
        let posts: Vec<PostId> = page
            .items
            .iter()
            .filter_map(|(_, row)| row.1.2.map(PostId))
            .collect();
        let posts = self.posts(&posts)?;
        let shown = page
            .items
            .into_iter()
            .filter_map(|(latest, (action, (id, _, post)))| {
                let subject = match post {
                    Some(post) => Subject::Post(Box::new(posts.get(&PostId(post))?.clone())),
                    None => Subject::User(owner),
                };
                let interaction = Interaction {
                    action,
                    at: Stamp(latest),
                    subject,
                    users: users.remove(&id).unwrap_or_default(),
                };
                Some((latest, interaction))
            });
        Ok(Page {
            items: shown.collect(),
            more: page.more,
        })
    }

    /// The latest users of each of these interactions, each user once.
    fn actors(&mut self, ids: Vec<i64>) -> Result<HashMap<i64, Vec<UserId>>, Failure> {
        let ids = serde_json::Value::from_iter(ids).to_string();
        let binds = [ids.as_str().into(), SAMPLE.into()];
        let rows = statements::query::<SampleActs>(&binds).load::<(i64, i64)>(self.sql)?;
        let mut users: HashMap<i64, Vec<UserId>> = HashMap::new();
        for (id, user) in rows {
            let users = users.entry(id).or_default();
            if !users.contains(&UserId(user)) {
                users.push(UserId(user));
            }
        }
        Ok(users)
    }
}

type Boxed<'q> = interactions::BoxedQuery<
    'q,
    diesel::sqlite::Sqlite,
    (
        diesel::sql_types::BigInt,
        diesel::sql_types::BigInt,
        diesel::sql_types::Nullable<diesel::sql_types::BigInt>,
    ),
>;

fn page_of<'q>(action: Action, request: &PageRequest) -> Boxed<'q> {
    let query = interactions::table
        .filter(interactions::action.eq(action.name()))
        .filter(interactions::latest.between(request.low(), request.high()))
        .limit(request.limit())
        .select((
            interactions::id,
            interactions::latest,
            interactions::post_id,
        ))
        .into_boxed();
    match request.oldest {
        true => query.order(interactions::latest.asc()),
        false => query.order(interactions::latest.desc()),
    }
}
