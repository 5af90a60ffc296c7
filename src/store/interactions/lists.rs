//! Pages of interactions. Each action has an order of its own in an index; a page takes from each no more than it shows.

use diesel::prelude::*;

use super::super::hidden::hiding;
use super::super::schema::interactions;
use super::super::statements::{self, UsersOfActs};
use super::super::{Db, Failure};
use crate::model::visibility::ListedFor;
use crate::model::{
    Action, Interaction, Page, PageRequest, PollId, PostId, Stamp, Subject, UserId,
};

/// Users of an interaction that are shown, the latest.
const SAMPLE: usize = 30;

/// Id, latest act, post, poll.
type Row = (i64, i64, Option<i64>, Option<i64>);

impl Db<'_> {
    /// What others did to a user, by these actions; latest first.
    pub fn interactions_of_user(
        &mut self,
        owner: UserId,
        actions: &[Action],
        listed_for: ListedFor,
        request: &PageRequest,
    ) -> Result<Page<Interaction>, Failure> {
        let mut rows = Vec::new();
        for action in actions {
            let of_user = page_of(*action, request)
                .filter(interactions::owner_id.eq(owner.0))
                .load::<Row>(self.sql)?;
            rows.extend(of_user.into_iter().map(|row| (*action, row)));
        }
        self.interactions(owner, rows, listed_for, request)
    }

    /// What was done to a post of this author, by these actions; latest first.
    pub fn interactions_with_post(
        &mut self,
        (author, post): (UserId, PostId),
        actions: &[Action],
        listed_for: ListedFor,
        request: &PageRequest,
    ) -> Result<Page<Interaction>, Failure> {
        let mut rows = Vec::new();
        for action in actions {
            let of_post = page_of(*action, request)
                .filter(interactions::post_id.eq(post.0))
                .load::<Row>(self.sql)?;
            rows.extend(of_post.into_iter().map(|row| (*action, row)));
        }
        self.interactions(author, rows, listed_for, request)
    }

    fn interactions(
        &mut self,
        owner: UserId,
        mut rows: Vec<(Action, Row)>,
        listed_for: ListedFor,
        request: &PageRequest,
    ) -> Result<Page<Interaction>, Failure> {
        let newest_first = |(_, (_, latest, ..)): &(Action, Row)| match request.oldest {
            true => *latest,
            false => -*latest,
        };
        rows.sort_unstable_by_key(newest_first);
        rows.truncate(usize::from(request.count) + 1);
        let keyed = rows.into_iter().map(|row| (row.1.1, row)).collect();
        let page = Page::of(request, keyed);
        let rows = page.items.iter().map(|(_, (_, row))| row);
        let posts: Vec<PostId> = rows.clone().filter_map(|row| row.2.map(PostId)).collect();
        let polls: Vec<PollId> = rows.filter_map(|row| row.3.map(PollId)).collect();
        let (posts, polls) = (self.posts(&posts)?, self.polls(&polls)?);
        let mut items = Vec::new();
        for (latest, (action, (id, _, post, poll))) in page.items {
            let subject = match (post.map(PostId), poll.map(PollId)) {
                (Some(post), _) => posts
                    .get(&post)
                    .map(|post| Subject::Post(post.clone().into())),
                (None, Some(poll)) => polls
                    .get(&poll)
                    .map(|poll| Subject::Poll(poll.clone().into())),
                (None, None) => Some(Subject::User(owner)),
            };
            let Some(subject) = subject else { continue };
            let interaction = Interaction {
                action,
                at: Stamp(latest),
                subject,
                users: self.actors(id, listed_for)?,
            };
            items.push((latest, interaction));
        }
        Ok(Page {
            items,
            more: page.more,
            edge: page.edge,
        })
    }

    /// The latest users of an interaction that the viewer may know of, each user once.
    fn actors(&mut self, id: i64, listed_for: ListedFor) -> Result<Vec<UserId>, Failure> {
        let [viewer, kind, again] = hiding(listed_for);
        let binds = [id.into(), viewer, kind, again];
        let mut users = Vec::new();
        for user in statements::query::<UsersOfActs>(&binds).load_iter::<i64, _>(self.sql)? {
            let user = UserId(user?);
            // Few: a set would cost more than it saves.
            if !users.contains(&user) {
                users.push(user);
            }
            if users.len() == SAMPLE {
                break;
            }
        }
        Ok(users)
    }
}

type Boxed<'q> = interactions::BoxedQuery<
    'q,
    crate::store::connect::Backend,
    (
        diesel::sql_types::BigInt,
        diesel::sql_types::BigInt,
        diesel::sql_types::Nullable<diesel::sql_types::BigInt>,
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
            interactions::poll_id,
        ))
        .into_boxed();
    match request.oldest {
        true => query.order(interactions::latest.asc()),
        false => query.order(interactions::latest.desc()),
    }
}
