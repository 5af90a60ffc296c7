//! Users that a user may want to follow.

use std::collections::{HashMap, HashSet};

use diesel::prelude::*;

use super::among::among;
use super::schema::{channels, messages, relations, users};
use super::{Db, Failure};
use crate::model::visibility::{Occasion, shows_words};
use crate::model::{Page, PageRequest, Relation, UserId};

/// Follows that are looked at: of the viewer, and of each user that the viewer follows. The latest of either.
const MOST_FOLLOWS: i64 = 100;
/// Newest messages whose authors count as active.
const MOST_MESSAGES: i64 = 2000;
/// Numbers of followers in common are above the ids, which order users with the same number.
const COMMON: u32 = 48;

impl Db<'_> {
    /// Users that are followed by those whom the viewer follows, most of these first; without any, the authors of the
    /// newest messages in public channels, latest first. Never the viewer, nor users that the viewer follows or muted,
    /// nor users in a block with the viewer, nor disabled accounts.
    pub fn suggested_users(
        &mut self,
        viewer: UserId,
        request: &PageRequest,
    ) -> Result<Page<UserId>, Failure> {
        let found = self.followed_by_followed(viewer)?;
        let mut found = self.strangers(viewer, found)?;
        if found.is_empty() {
            let active = self.active_users()?;
            found = self.strangers(viewer, active)?;
        }
        self.drop_disabled(&mut found)?;
        found.retain(|(key, _)| (request.low()..=request.high()).contains(key));
        found.sort_unstable_by_key(|(key, _)| if request.oldest { *key } else { -*key });
        Ok(Page::of(request, found))
    }

    /// Those that the viewer neither follows nor hides, without the viewer: the cost is that of the candidates, however
    /// many users the viewer follows or blocks.
    fn strangers(
        &mut self,
        viewer: UserId,
        mut found: Vec<(i64, UserId)>,
    ) -> Result<Vec<(i64, UserId)>, Failure> {
        let ids: Vec<UserId> = found.iter().map(|(_, user)| *user).collect();
        let known = self.relationships(viewer, &ids)?;
        found.retain(|(_, user)| {
            let relation = known.get(user).copied().unwrap_or_default();
            *user != viewer
                && !relation.you_follow
                && shows_words(relation, Occasion::Listed, false)
        });
        Ok(found)
    }

    fn followed_by_followed(&mut self, viewer: UserId) -> Result<Vec<(i64, UserId)>, Failure> {
        let mut common: HashMap<UserId, i64> = HashMap::new();
        for followed in self.latest_follows(viewer)? {
            for user in self.latest_follows(followed)? {
                *common.entry(user).or_default() += 1;
            }
        }
        Ok(common
            .into_iter()
            .map(|(user, count)| ((count << COMMON) + user.0, user))
            .collect())
    }

    fn latest_follows(&mut self, user: UserId) -> Result<Vec<UserId>, Failure> {
        let ids = relations::table
            .filter(relations::user_id.eq(user.0))
            .filter(relations::kind.eq(Relation::Follow.name()))
            .order(relations::since.desc())
            .limit(MOST_FOLLOWS)
            .select(relations::other_id)
            .load::<i64>(self.sql)?;
        Ok(ids.into_iter().map(UserId).collect())
    }

    fn active_users(&mut self) -> Result<Vec<(i64, UserId)>, Failure> {
        // Two questions, since one would look for public channels through all messages there are.
        // Deleted ones are among the newest: passing over them could take any number of rows.
        let mut newest = messages::table
            .order(messages::id.desc())
            .limit(MOST_MESSAGES)
            .select((
                messages::id,
                messages::user_id,
                messages::channel_id,
                messages::deleted_at.is_null(),
            ))
            .load::<(i64, i64, i64, bool)>(self.sql)?;
        newest.retain(|(.., is_there)| *is_there);
        let places: HashSet<i64> = newest.iter().map(|(_, _, channel, _)| *channel).collect();
        let public: HashSet<i64> = channels::table
            .filter(among("channels.id", places))
            .filter(channels::is_active.eq(true))
            .filter(channels::read_public.eq(true))
            .select(channels::id)
            .load(self.sql)?
            .into_iter()
            .collect();
        let mut seen = HashSet::new();
        Ok(newest
            .into_iter()
            .filter(|(_, _, channel, _)| public.contains(channel))
            .map(|(id, user, ..)| (id, UserId(user)))
            .filter(|(_, user)| seen.insert(*user))
            .collect())
    }

    fn drop_disabled(&mut self, found: &mut Vec<(i64, UserId)>) -> Result<(), Failure> {
        let ids = users::table
            .filter(among("users.id", found.iter().map(|(_, user)| user.0)))
            .filter(users::disabled_at.is_not_null())
            .select(users::id)
            .load::<i64>(self.sql)?;
        let disabled: HashSet<UserId> = ids.into_iter().map(UserId).collect();
        found.retain(|(_, user)| !disabled.contains(user));
        Ok(())
    }
}
