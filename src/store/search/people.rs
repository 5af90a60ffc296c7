//! Users by words of their names and their profiles.
//!
//! Both are in one table: words of profiles behind a mark, so that the names that a word is looked up in stay few however
//! many profiles hold it, and names are found first.

use std::collections::HashSet;

use diesel::prelude::*;

use super::super::pages::gather;
use super::super::schema::{user_words, users};
use super::super::{Db, Failure};
use super::user_words::{OF_PROFILE, words_of_names};
use crate::model::visibility::{Occasion, shows_profile};
use crate::model::{Page, PageRequest, Relationship, Stamp, UserId, UserKind};
use crate::text::words;

/// Names that one search for words looks at, those closest to the word in the alphabet; and as many profiles.
const MOST_FOUND: i64 = 2000;
/// Users per step; each step is two or three queries.
const STEP: usize = 200;
/// Above every character of a word.
const BEYOND: char = char::MAX;
/// Ranks are above the ids, which order users of the same rank.
const RANK: u32 = 48;

/// Which users are looked for; empty lists and `None` do not narrow.
#[derive(Clone, Debug, Default)]
pub struct UserSearch {
    /// Words of username, display name or profile, or how they begin; all must be there.
    pub q: Option<String>,
    /// Best first rather than newest first; only with `q`.
    pub by_relevance: bool,
    /// Only these kinds.
    pub kinds: Vec<UserKind>,
    /// Exactly this language.
    pub locale: Option<String>,
    /// Exactly this time zone.
    pub timezone: Option<String>,
    /// Registered later than this.
    pub created_after: Option<Stamp>,
    /// Registered earlier than this.
    pub created_before: Option<Stamp>,
    /// The user follows the viewer, or not.
    pub is_follower: Option<bool>,
    /// The viewer follows the user, or not.
    pub is_following: Option<bool>,
}

#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = users, check_for_backend(crate::store::connect::Backend))]
struct Row {
    id: i64,
    username: String,
    username_key: String,
    name: Option<String>,
    kind: String,
    locale: String,
    timezone: String,
    created_at: i64,
}

/// A user that may be found, as the viewer knows them.
type Known = (Row, Relationship);

impl Db<'_> {
    /// Finds users whose profile the viewer may see in a list. Disabled accounts are not found.
    pub fn search_users(
        &mut self,
        search: &UserSearch,
        viewer: Option<UserId>,
        request: &PageRequest,
    ) -> Result<Page<UserId>, Failure> {
        let Some(q) = search.q.as_deref().filter(|q| !q.trim().is_empty()) else {
            let newest = gather(
                request,
                |step| {
                    let rows = self.newest_users(step)?;
                    let known = self.known(rows, viewer)?;
                    Ok(known.into_iter().map(|known| (known.0.id, known)).collect())
                },
                |known| Ok(search.fits(known)),
            )?;
            return Ok(newest.map(|(row, _)| UserId(row.id)));
        };
        let Some(asked) = Asked::read(q) else {
            return Ok(Page::of(request, Vec::new()));
        };
        let mut found = Vec::new();
        for ids in self.users_with_word(&asked.rarest())?.chunks(STEP) {
            let with_all = self.with_all_words(ids, &asked)?;
            let rows = enabled()
                .filter(users::id.eq_any(&with_all))
                .load::<Row>(self.sql)?;
            for known in self.known(rows, viewer)? {
                if search.fits(&known) {
                    let rank = match search.by_relevance {
                        true => asked.rank(&known.0) << RANK,
                        false => 0,
                    };
                    found.push((rank + known.0.id, UserId(known.0.id)));
                }
            }
        }
        found.retain(|(key, _)| (request.low()..=request.high()).contains(key));
        found.sort_unstable_by_key(|(key, _)| if request.oldest { *key } else { -*key });
        Ok(Page::of(request, found))
    }

    fn newest_users(&mut self, step: &PageRequest) -> Result<Vec<Row>, Failure> {
        let mut query = enabled()
            .filter(users::id.between(step.low(), step.high()))
            .limit(i64::from(step.count))
            .into_boxed();
        query = if step.oldest {
            query.order(users::id.asc())
        } else {
            query.order(users::id.desc())
        };
        Ok(query.load(self.sql)?)
    }

    fn known(&mut self, rows: Vec<Row>, viewer: Option<UserId>) -> Result<Vec<Known>, Failure> {
        let ids: Vec<UserId> = rows.iter().map(|row| UserId(row.id)).collect();
        let relationships = match viewer {
            Some(viewer) => self.relationships(viewer, &ids)?,
            None => Default::default(),
        };
        let between = |row: &Row| relationships.get(&UserId(row.id)).copied();
        Ok(rows
            .into_iter()
            .map(|row| {
                let relationship = between(&row).unwrap_or_default();
                (row, relationship)
            })
            .collect())
    }

    /// Users with a word that begins like this, in their names or in their profile, each once.
    fn users_with_word(&mut self, word: &str) -> Result<Vec<i64>, Failure> {
        let mut found = Vec::new();
        for (first, last) in ranges(word) {
            let ids = user_words::table
                .filter(user_words::word.between(first, last))
                .order((user_words::word.asc(), user_words::user_id.asc()))
                .limit(MOST_FOUND)
                .select(user_words::user_id)
                .load::<i64>(self.sql)?;
            found.extend(ids);
        }
        found.sort_unstable();
        found.dedup();
        Ok(found)
    }

    /// Those of these users that have a word for each that is asked for.
    fn with_all_words(&mut self, ids: &[i64], asked: &Asked) -> Result<Vec<i64>, Failure> {
        let mut left = ids.to_vec();
        let rarest = asked.rarest();
        for word in asked.words.iter().filter(|word| **word != rarest) {
            let mut have = HashSet::new();
            for (first, last) in ranges(word) {
                let ids = user_words::table
                    .filter(user_words::user_id.eq_any(&left))
                    .filter(user_words::word.between(first, last))
                    .select(user_words::user_id)
                    .load::<i64>(self.sql)?;
                have.extend(ids);
            }
            left.retain(|id| have.contains(id));
        }
        Ok(left)
    }
}

/// The first and the last word that begin like this: of names, and of profiles.
fn ranges(word: &str) -> [(String, String); 2] {
    let of_profile = format!("{OF_PROFILE}{word}");
    [
        (word.to_owned(), format!("{word}{BEYOND}")),
        (of_profile.clone(), format!("{of_profile}{BEYOND}")),
    ]
}

#[diesel::dsl::auto_type]
fn enabled() -> _ {
    let row: diesel::dsl::AsSelect<Row, crate::store::connect::Backend> = Row::as_select();
    users::table
        .filter(users::disabled_at.is_null())
        .select(row)
}

impl UserSearch {
    fn fits(&self, (row, between): &Known) -> bool {
        let is = |wanted: &Option<String>, has: &str| {
            wanted.as_deref().is_none_or(|wanted| wanted == has)
        };
        shows_profile(*between, Occasion::Listed)
            && (self.kinds.is_empty() || self.kinds.iter().any(|kind| kind.name() == row.kind))
            && is(&self.locale, &row.locale)
            && is(&self.timezone, &row.timezone)
            && self.created_after.is_none_or(|at| row.created_at > at.0)
            && self.created_before.is_none_or(|at| row.created_at < at.0)
            && self.is_follower.is_none_or(|is| between.follows_you == is)
            && self.is_following.is_none_or(|is| between.you_follow == is)
    }
}

/// What was typed, and its words.
struct Asked {
    name: String,
    words: Vec<String>,
}

impl Asked {
    fn read(q: &str) -> Option<Self> {
        let phrases = words::question(q).into_iter();
        let mut words: Vec<String> = phrases.flat_map(|phrase| phrase.words).collect();
        words.sort_unstable();
        words.dedup();
        (!words.is_empty()).then(|| Self {
            name: q.trim().trim_start_matches('@').to_lowercase(),
            words,
        })
    }

    /// The longest word, which the fewest users have.
    fn rarest(&self) -> String {
        let longest = self.words.iter().max_by_key(|word| word.chars().count());
        longest.cloned().unwrap_or_default()
    }

    /// How well a user's names answer; the least, if it takes the profile to find all words.
    fn rank(&self, row: &Row) -> i64 {
        let theirs = words_of_names(&row.username, row.name.as_deref());
        let begins = |word: &String| theirs.iter().any(|own| own.starts_with(word));
        if !self.words.iter().all(begins) {
            return 0;
        }
        if row.username_key == self.name {
            4
        } else if row.username_key.starts_with(&self.name) {
            3
        } else if self.words.iter().all(|word| theirs.contains(word)) {
            2
        } else {
            1
        }
    }
}
