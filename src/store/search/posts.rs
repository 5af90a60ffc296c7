//! Posts by words, people, tags, links, attachments: by whatever a search combines, one walk through the index.

use std::collections::{HashMap, HashSet};

use diesel::prelude::*;

use super::super::among::among;
use super::super::pages::{Candidate, gather, gather_found};
use super::super::posts::{Judged, PostList};
use super::super::schema::posts;
use super::super::statements::{self, NewestPosts, OldestPosts};
use super::super::{Db, Failure, PostFilter};
use super::period::{Period, first_since};
use super::post_question::PostSearch;
use super::ranking::{newest_hits, ranked};
use super::wanted::Wanted;
use crate::model::{Page, PageRequest, Post, Stamp, UserId, UserKind};
use crate::text::words::{Phrase, question};

impl Db<'_> {
    /// Finds posts.
    pub fn search_posts(
        &mut self,
        search: &PostSearch,
        filter: &PostFilter,
        request: &PageRequest,
    ) -> Result<Page<Post>, Failure> {
        let phrases = search.typed().map(question);
        if phrases.as_ref().is_some_and(Vec::is_empty) {
            return Ok(Page::of(request, Vec::new()));
        }
        let phrases = phrases.unwrap_or_default();
        let wanted = search.wanted(&phrases);
        let (after, before) = (search.created_after, search.created_before);
        let written = Period::between(after, before, |at| self.first_post_since(at))?;
        let page = match &wanted {
            Some(wanted) if search.by_relevance && !phrases.is_empty() => {
                let found = self.best(wanted, &phrases, &written, request)?;
                let load = |step: &[Candidate]| {
                    let ids: Vec<i64> = step.iter().map(|one| one.id).collect();
                    let judged = self.judge(search, filter, &ids)?;
                    let keys = step.iter().map(|one| one.key);
                    Ok(keys
                        .zip(judged)
                        .map(|(key, (_, post))| (key, post))
                        .collect())
                };
                gather_found(request, &found, load, |(_, fits)| Ok(*fits))?
            }
            Some(_) | None => {
                let fetch = |step: &PageRequest| {
                    let ids = match &wanted {
                        Some(wanted) => self.marked(wanted, step)?,
                        None => self.newest_posts(step)?,
                    };
                    self.judge(search, filter, &ids)
                };
                gather(&written.narrowed(request), fetch, |(_, fits)| Ok(*fits))?
            }
        };
        Ok(page.map(|(post, _)| post))
    }

    /// Each post under its id, with whether it is shown.
    fn judge(
        &mut self,
        search: &PostSearch,
        filter: &PostFilter,
        ids: &[i64],
    ) -> Result<Vec<Judged>, Failure> {
        let rows = self.posts_in_order(ids)?;
        let kinds = self.kinds_of(search, &rows)?;
        let mut judged = self.keep_posts(filter, &PostList::Global, rows)?;
        for (_, (post, is_kept)) in &mut judged {
            *is_kept = *is_kept && search.fits(post, &kinds);
        }
        Ok(judged)
    }

    fn kinds_of(
        &mut self,
        search: &PostSearch,
        rows: &[Post],
    ) -> Result<HashMap<UserId, UserKind>, Failure> {
        if !search.asks_kinds() {
            return Ok(HashMap::new());
        }
        let authors: HashSet<UserId> = rows.iter().map(|post| post.user_id).collect();
        let authors = self.users(&Vec::from_iter(authors))?.into_iter();
        Ok(authors.map(|(id, author)| (id, author.kind)).collect())
    }

    /// Ids of posts that the index finds, in the order of the request.
    fn marked(&mut self, wanted: &Wanted, request: &PageRequest) -> Result<Vec<i64>, Failure> {
        let wanted = wanted.text(self.sql);
        let binds = [
            (&*wanted).into(),
            request.low().into(),
            request.high().into(),
            i64::from(request.count).into(),
        ];
        Ok(match request.oldest {
            true => statements::query::<OldestPosts>(&binds).load(self.sql)?,
            false => statements::query::<NewestPosts>(&binds).load(self.sql)?,
        })
    }

    /// Ids of all posts, in the order of the request.
    fn newest_posts(&mut self, request: &PageRequest) -> Result<Vec<i64>, Failure> {
        let mut query = posts::table
            .filter(posts::repost_of.is_null())
            .filter(posts::deleted_at.is_null())
            .filter(posts::id.between(request.low(), request.high()))
            .limit(i64::from(request.count))
            .select(posts::id)
            .into_boxed();
        query = match request.oldest {
            true => query.order(posts::id.asc()),
            false => query.order(posts::id.desc()),
        };
        Ok(query.load(self.sql)?)
    }

    /// The newest hits, best first, those in the range of the request.
    fn best(
        &mut self,
        wanted: &Wanted,
        phrases: &[Phrase],
        written: &Period,
        request: &PageRequest,
    ) -> Result<Vec<Candidate>, Failure> {
        let ids = newest_hits(*written, |step| self.marked(wanted, step))?;
        let texts = posts::table
            .filter(among("posts.id", ids))
            .select((posts::id, posts::text))
            .load::<(i64, String)>(self.sql)?;
        ranked(&texts, phrases, request)
    }

    /// The id of the first post written at a moment or later; above all ids if there is none.
    pub(in super::super) fn first_post_since(&mut self, at: Stamp) -> Result<i64, Failure> {
        let newest: Option<i64> = posts::table
            .select(diesel::dsl::max(posts::id))
            .first(self.sql)?;
        first_since(newest.unwrap_or(0), at, |from| {
            let row = posts::table
                .filter(posts::id.ge(from))
                .order(posts::id.asc())
                .select((posts::id, posts::created_at))
                .first::<(i64, i64)>(self.sql);
            Ok(row.optional()?)
        })
    }
}
