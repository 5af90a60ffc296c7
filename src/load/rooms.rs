//! Rooms, subscriptions and the app stream of a run: made before it, removed after it.

use super::blocking::Blocking;
use super::engine::Room;
use super::made::Made;
use super::signals;
use super::target::{SetupError, Target};
use serde_json::{Value, json};
use std::thread::ScopedJoinHandle;
use std::time::{Duration, Instant};

/// Connections over which rooms are set up.
const SETTERS_UP: usize = 16;
/// Time for removing what was made; a server that is gone is not waited for.
const REMOVING: Duration = Duration::from_secs(60);

impl Target {
    /// Creates rooms that every account may read and write, owned by the accounts round robin.
    pub(super) fn rooms(&self, count: u32) -> Result<Vec<Room>, SetupError> {
        let body = json!({
            "type": "com.example.load",
            "acl": { "write": { "any_user": true }, "read": { "public": true } },
        });
        let body = body.to_string();
        self.each(count as usize, |caller, nth| {
            let token = self.person(nth);
            let room = caller.call("POST", "/v1/channels", &token, &body)?;
            let text = |path| {
                room.pointer(path)
                    .and_then(Value::as_str)
                    .map(str::to_owned)
            };
            let id =
                text("/data/id").ok_or(SetupError::Answer("no data.id in a created channel"))?;
            self.made.add(Made::room(&id, &token));
            let author = text("/data/user/id");
            Ok(Room { id, token, author })
        })
    }

    /// Makes every account a subscriber of the rooms, so that they are in its inbox.
    pub(super) fn subscribe_all(&self, rooms: &[Room]) -> Result<(), SetupError> {
        let all = self
            .people
            .iter()
            .flat_map(|token| rooms.iter().map(move |room| (token, room)));
        let all: Vec<(&String, &Room)> = all.collect();
        self.each(all.len(), |caller, nth| {
            let Some((token, room)) = all.get(nth) else {
                return Ok(());
            };
            let path = format!("/v1/channels/{}/subscribe", room.id);
            caller.call("PUT", &path, token, "{}")?;
            self.made.add(Made::subscription(&room.id, token));
            Ok(())
        })
        .map(drop)
    }

    /// Creates the app stream; path and query to connect to it. Its key is that of this process, so that two testers
    /// do not share one.
    pub(super) fn app_stream(&self) -> Result<String, SetupError> {
        let token = self.app_token.clone().unwrap_or_default();
        let key = format!("loadtest_{}", std::process::id());
        let body = json!({ "type": "long_poll", "object_types": ["message"], "key": key });
        Blocking::open(self)?.call("POST", "/v1/streams", &token, &body.to_string())?;
        self.made.add(Made::app_stream(&key, &token));
        Ok(format!("/v1/app?access_token={token}&key={key}"))
    }

    /// Removes what the run made; in words what is left. A server of our own takes everything with it.
    pub(super) fn remove_made(&self) -> Option<String> {
        let (first, rooms) = self.made.take();
        let all = first.len() + rooms.len();
        if self.process.is_some() || all == 0 {
            return None;
        }
        let until = Instant::now() + REMOVING;
        let mut why = None;
        let mut left = 0;
        for made in [first, rooms] {
            let removed = self.each(made.len(), |caller, nth| {
                let Some(Made { path, token, .. }) = made.get(nth) else {
                    return Ok(None);
                };
                if Instant::now() > until {
                    return Ok(Some("it took too long".to_owned()));
                }
                // One that is refused does not keep the others.
                Ok(match caller.call("DELETE", path, token, "") {
                    Ok(_) => None,
                    Err(refused @ SetupError::Refused { .. }) => Some(refused.to_string()),
                    Err(other) => return Err(other),
                })
            });
            match removed {
                Ok(each) => {
                    let refused: Vec<String> = each.into_iter().flatten().collect();
                    left += refused.len();
                    why = why.or(refused.into_iter().next());
                }
                Err(trouble) => {
                    left += made.len();
                    why = why.or(Some(trouble.to_string()));
                }
            }
        }
        let why = why?;
        Some(format!(
            "up to {left} of the {all} rooms, subscriptions and app streams that the run made are left: {why}"
        ))
    }

    /// Does something `count` times over a few connections, so that the writes share their commits.
    fn each<T: Send>(
        &self,
        count: usize,
        one: impl Fn(&mut Blocking<'_>, usize) -> Result<T, SetupError> + Sync,
    ) -> Result<Vec<T>, SetupError> {
        let pressed = signals::Pressed::watch()?;
        let share = |first: usize| {
            let mut caller = Blocking::open(self)?;
            let mine = (first..count).step_by(SETTERS_UP);
            mine.map(|nth| {
                if pressed.now() {
                    return Err(SetupError::Interrupted);
                }
                Ok((nth, one(&mut caller, nth)?))
            })
            .collect::<Result<Vec<_>, SetupError>>()
        };
        let shares = std::thread::scope(|scope| {
            let share = &share;
            let threads: Vec<_> = (0..SETTERS_UP.min(count))
                .map(|first| scope.spawn(move || share(first)))
                .collect();
            threads
                .into_iter()
                .map(ScopedJoinHandle::join)
                .collect::<Vec<_>>()
        });
        let mut all = Vec::with_capacity(count);
        for share in shares {
            let gone = |_| SetupError::Answer("a thread of the set-up broke off");
            all.extend(share.map_err(gone)??);
        }
        all.sort_by_key(|(nth, _)| *nth);
        Ok(all.into_iter().map(|(_, made)| made).collect())
    }
}

impl Drop for Target {
    /// Whatever ended the run early.
    fn drop(&mut self) {
        // The words are in the report if there is one.
        drop(self.remove_made());
    }
}
