//! Users that a user may want to follow.

use std::collections::{HashMap, HashSet};

use diesel::prelude::*;

use super::among::among;
use super::schema::{channels, messages, relations, users};
use super::{Db, Failure};
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
        let hidden = self.hidden(viewer)?;
        let mut not: HashSet<UserId> = self.follows(viewer)?.into_iter().collect();
        not.extend(hidden.muted);
        not.extend(hidden.blocked);
        not.insert(viewer);
        let mut found = self.followed_by_followed(viewer, &not)?;
        if found.is_empty() {
            found = self.active_users(&not)?;
        }
        self.drop_disabled(&mut found)?;
        found.retain(|(key, _)| (request.low()..=request.high()).contains(key));
        found.sort_unstable_by_key(|(key, _)| if request.oldest { *key } else { -*key });
        Ok(Page::of(request, found))
    }

    fn followed_by_followed(
        &mut self,
        viewer: UserId,
        not: &HashSet<UserId>,
    ) -> Result<Vec<(i64, UserId)>, Failure> {
        let mut common: HashMap<UserId, i64> = HashMap::new();
        for followed in self.latest_follows(viewer)? {
            for user in self.latest_follows(followed)? {
                if !not.contains(&user) {
                    *common.entry(user).or_default() += 1;
                }
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

    fn active_users(&mut self, not: &HashSet<UserId>) -> Result<Vec<(i64, UserId)>, Failure> {
        // Two questions, since one would look for public channels through all messages there are.
        let newest = messages::table
            .filter(messages::deleted_at.is_null())
            .order(messages::id.desc())
            .limit(MOST_MESSAGES)
            .select((messages::id, messages::user_id, messages::channel_id))
            .load::<(i64, i64, i64)>(self.sql)?;
        let places: HashSet<i64> = newest.iter().map(|(.., channel)| *channel).collect();
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
            .filter(|(.., channel)| public.contains(channel))
            .map(|(id, user, _)| (id, UserId(user)))
            .filter(|(_, user)| !not.contains(user) && seen.insert(*user))
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
