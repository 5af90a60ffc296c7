//! Lists of polls: of a user, and the search. Each reads along an index that holds nothing that the viewer may not see.

use std::collections::{HashMap, HashSet};

use diesel::prelude::*;

use super::super::pages::gather;
use super::super::schema::clients;
use super::super::search::{has_raw_type, names_object};
use super::super::statements::{self, LastPollId};
use super::super::{Db, Failure};
use super::schema::polls;
use super::{Found, Rows, into_model, selection};
use crate::model::visibility::ListedFor;
use crate::model::{Bound, Chosen, Page, PageRequest, Poll, PollId, Scopes, Stamp, UserId};

/// Types whose polls are looked up each in their index; with more, all public polls are examined.
const KINDS_MAX: usize = 8;

/// Which polls are looked for; empty lists and `None` do not narrow. Deleted ones are never found.
#[derive(Clone, Debug, Default)]
pub struct PollSearch {
    /// By whom.
    pub creator: Option<UserId>,
    /// The user that looks, who finds polls of their own that are not public, if these scopes open them.
    pub viewer: Option<(UserId, Scopes)>,
    /// The one that closes last first, rather than the newest.
    pub by_closing: bool,
    /// Only what some user answered.
    pub is_answered: bool,
    /// Only these types.
    pub kinds: Vec<String>,
    /// Not these types; ignored if `kinds` says something.
    pub exclude_kinds: Vec<String>,
    /// With a raw item of any of these types.
    pub raw_types: Vec<String>,
    /// With this file attached.
    pub file_id: Option<String>,
    /// Anonymous, or not.
    pub is_anonymous: Option<bool>,
    /// Closed, or open.
    pub is_closed: Option<bool>,
    /// Public, or not.
    pub is_public: Option<bool>,
    /// Answered by the viewer, or not.
    pub you_responded: Option<bool>,
    /// Made later than this.
    pub created_after: Option<Stamp>,
    /// Made earlier than this.
    pub created_before: Option<Stamp>,
    /// Nothing by users hidden from its viewer.
    pub listed_for: ListedFor,
    /// Only these.
    pub ids: HashSet<PollId>,
}

/// A part of the polls that an index leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::store) enum Reach<'s> {
    /// Public ones.
    Public,
    /// Public ones of a type.
    PublicOfKind(&'s str),
    /// Public ones of a user.
    PublicOf(UserId),
    /// All of a user.
    Of(UserId),
    /// Those of a user that some user answered.
    AnsweredOf(UserId),
}

/// A poll.
struct Known {
    poll: Poll,
    /// The viewer answered it.
    is_answered: bool,
    /// Its creator is hidden from the viewer.
    is_hidden: bool,
}

impl<'s> Reach<'s> {
    /// The rows of a step.
    pub(in crate::store) fn rows(self, by_closing: bool, step: &PageRequest) -> Rows<'s> {
        let rows = polls::table
            .inner_join(clients::table)
            .select(selection())
            .into_boxed()
            .filter(polls::deleted_at.is_null())
            .limit(i64::from(step.count));
        let rows = match self {
            Self::Public => rows.filter(polls::is_public),
            Self::PublicOfKind(kind) => rows.filter(polls::is_public).filter(polls::kind.eq(kind)),
            Self::PublicOf(user) => rows
                .filter(polls::is_public)
                .filter(polls::user_id.eq(user.0)),
            Self::Of(user) => rows.filter(polls::user_id.eq(user.0)),
            Self::AnsweredOf(user) => rows
                .filter(polls::user_id.eq(user.0))
                .filter(polls::is_answered),
        };
        let (low, high) = (step.low(), step.high());
        match (by_closing, step.oldest) {
            (false, false) => rows
                .filter(polls::id.between(low, high))
                .order(polls::id.desc()),
            (false, true) => rows
                .filter(polls::id.between(low, high))
                .order(polls::id.asc()),
            (true, false) => rows
                .filter(polls::closes_at.between(low, high))
                .order(polls::closes_at.desc()),
            (true, true) => rows
                .filter(polls::closes_at.between(low, high))
                .order(polls::closes_at.asc()),
        }
    }
}

impl Db<'_> {
    /// A page of polls that the viewer may see in a list. Its cost grows with the page, and with what the filters leave
    /// out of it.
    pub fn poll_page(
        &mut self,
        search: &PollSearch,
        request: &PageRequest,
    ) -> Result<Page<Poll>, Failure> {
        let narrowed = self.narrowed(search, request)?;
        let page = gather(
            &narrowed,
            |step| {
                let found = self.poll_step(search, step)?;
                self.polls_judged(search, found)
            },
            |known| Ok(search.fits(known)),
        )?;
        Ok(page.map(|known| known.poll))
    }

    /// The request within the times that are asked for, as far as these order the list. Ids and the times at which polls
    /// are made rise together.
    fn narrowed(
        &mut self,
        search: &PollSearch,
        request: &PageRequest,
    ) -> Result<PageRequest, Failure> {
        let (mut low, mut high) = (request.low(), request.high());
        if search.by_closing {
            if search.is_closed == Some(false) {
                // No poll before it is open.
                low = low.max(self.next_closing()?.map_or(i64::MAX, |next| next.0));
            }
        } else {
            if let Some(after) = search.created_after {
                low = low.max(self.first_poll_since(after)?);
            }
            if let Some(before) = search.created_before {
                high = high.min(self.first_poll_since(before)?);
            }
        }
        let at = |id| {
            Some(Bound {
                id,
                inclusive: true,
            })
        };
        Ok(PageRequest {
            since: at(low),
            before: at(high),
            ..*request
        })
    }

    /// The id of the first poll made at a moment or later; above all ids if there is none.
    fn first_poll_since(&mut self, at: Stamp) -> Result<i64, Failure> {
        let newest: i64 = statements::query::<LastPollId>(&[]).get_result(self.sql)?;
        let (mut low, mut high) = (1, newest.saturating_add(1));
        while low < high {
            let middle = low + (high - low) / 2;
            let row = polls::table
                .filter(polls::id.ge(middle))
                .order(polls::id.asc())
                .select((polls::id, polls::created_at))
                .first::<(i64, i64)>(self.sql)
                .optional()?;
            match row {
                Some((id, made)) if made < at.0 => low = id + 1,
                Some(_) | None => high = middle,
            }
        }
        Ok(low)
    }

    fn poll_step(
        &mut self,
        search: &PollSearch,
        step: &PageRequest,
    ) -> Result<Vec<(i64, Poll)>, Failure> {
        let mut found = Vec::new();
        for reach in search.reaches() {
            for row in reach
                .rows(search.by_closing, step)
                .load::<Found>(self.sql)?
            {
                let poll = into_model(row)?;
                found.push((search.key(&poll), poll));
            }
        }
        // A poll of one's own that is public is there twice.
        found.sort_unstable_by_key(|(key, poll)| match step.oldest {
            true => (*key, poll.id),
            false => (-*key, poll.id),
        });
        found.dedup_by_key(|(_, poll)| poll.id);
        found.truncate(usize::from(step.count));
        Ok(found)
    }

    fn polls_judged(
        &mut self,
        search: &PollSearch,
        found: Vec<(i64, Poll)>,
    ) -> Result<Vec<(i64, Known)>, Failure> {
        let answered = match (&search.viewer, search.you_responded) {
            (Some((viewer, _)), Some(_)) => {
                let ids: Vec<PollId> = found.iter().map(|(_, poll)| poll.id).collect();
                self.chosen_by(*viewer, &ids)?
            }
            (None, _) | (_, None) => HashMap::new(),
        };
        let creators = found.iter().map(|(_, poll)| poll.user_id);
        let hidden = self.hidden_among(search.listed_for, creators)?;
        let has_answered = |poll: &Poll| {
            let chosen = answered.get(&poll.id).copied();
            !chosen.is_none_or(Chosen::is_empty)
        };
        let known = found.into_iter().map(|(key, poll)| {
            let known = Known {
                is_answered: has_answered(&poll),
                is_hidden: hidden.contains(&poll.user_id),
                poll,
            };
            (key, known)
        });
        Ok(known.collect())
    }
}

impl PollSearch {
    fn viewer_id(&self) -> Option<UserId> {
        self.viewer.as_ref().map(|(viewer, _)| *viewer)
    }

    /// Where to look: parts that hold all that may be found.
    fn reaches(&self) -> Vec<Reach<'_>> {
        let viewer = self.viewer_id();
        match (self.creator, viewer) {
            (Some(creator), Some(viewer)) if creator == viewer => {
                vec![match self.is_answered {
                    true => Reach::AnsweredOf(creator),
                    false => Reach::Of(creator),
                }]
            }
            (Some(creator), _) => vec![Reach::PublicOf(creator)],
            (None, Some(viewer)) if self.is_public == Some(false) => vec![Reach::Of(viewer)],
            (None, viewer) => {
                let own = viewer.map(Reach::Of);
                self.public().into_iter().chain(own).collect()
            }
        }
    }

    /// The public ones of all creators: each type has an index of its own.
    fn public(&self) -> Vec<Reach<'_>> {
        let mut kinds: Vec<&str> = self.kinds.iter().map(String::as_str).collect();
        kinds.sort_unstable();
        kinds.dedup();
        match kinds.len() {
            1..=KINDS_MAX => kinds.into_iter().map(Reach::PublicOfKind).collect(),
            _ => vec![Reach::Public],
        }
    }

    /// The pagination id.
    fn key(&self, poll: &Poll) -> i64 {
        match self.by_closing {
            true => poll.closes_at.0,
            false => poll.id.0,
        }
    }

    fn fits(&self, known: &Known) -> bool {
        let poll = &known.poll;
        let is = |wanted: Option<bool>, has: bool| wanted.is_none_or(|wanted| wanted == has);
        self.may_see(poll)
            && !known.is_hidden
            && self.fits_kind(&poll.kind)
            && has_raw_type(&poll.raw, &self.raw_types)
            && self
                .file_id
                .as_ref()
                .is_none_or(|id| names_object(&poll.raw, "file_id", id))
            && is(self.is_anonymous, poll.is_anonymous)
            && is(self.is_closed, poll.is_closed())
            && is(self.is_public, poll.is_public)
            && is(self.you_responded, known.is_answered)
            && self.created_after.is_none_or(|at| poll.created_at > at)
            && self.created_before.is_none_or(|at| poll.created_at < at)
            && (self.ids.is_empty() || self.ids.contains(&poll.id))
    }

    fn fits_kind(&self, kind: &str) -> bool {
        let is_among = |kinds: &[String]| kinds.iter().any(|known| known == kind);
        match self.kinds.is_empty() {
            true => !is_among(&self.exclude_kinds),
            false => is_among(&self.kinds),
        }
    }

    fn may_see(&self, poll: &Poll) -> bool {
        let opens = |(viewer, scopes): &(UserId, Scopes)| {
            *viewer == poll.user_id && scopes.open_poll(&poll.kind)
        };
        poll.is_public || self.viewer.as_ref().is_some_and(opens)
    }
}
