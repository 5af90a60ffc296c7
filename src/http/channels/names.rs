//! Looks up, in one query, the users and rooms that a body names.

use std::collections::{HashMap, HashSet};

use crate::actors::Engine;
use crate::http::attachments::attach;
use crate::http::extract::{Caller, UserCaller};
use crate::http::pipeline::rate_limit::bucket::{Class, of_token};
use crate::http::{ApiResult, App};
use crate::model::{Access, ChannelId, Raw, Refusal, UserId, UserPrincipal};
use crate::protocol::draft::{Directory, PersonRef};
use crate::text::raw;

/// The existing users that a body names. No call names more than a channel may have.
pub(super) async fn directory(engine: &Engine, people: Vec<PersonRef>) -> ApiResult<Directory> {
    if people.is_empty() {
        return Ok(Directory::default());
    }
    let people: HashSet<PersonRef> = people.into_iter().collect();
    // The owner may be named too.
    if people.len() > engine.limits().channel_members.saturating_add(1) {
        return Err(Refusal::TooManyMembers.into());
    }
    let mut ids = Vec::new();
    let mut names = Vec::new();
    for person in people {
        match person {
            PersonRef::Id(id) => ids.push(id),
            PersonRef::Name(name) => names.push(name),
        }
    }
    let by_name = ids_by_name(engine, names).await?;
    let known = if ids.is_empty() {
        HashMap::new()
    } else {
        engine.store().users(ids).await?
    };
    Ok(Directory::new(by_name, known.into_keys()))
}

/// The other users of a private channel that names these people.
///
/// # Errors
/// An unknown one, none but the caller, or too many.
pub(super) async fn others(
    app: &App,
    caller: &UserCaller,
    people: &[PersonRef],
    field: &'static str,
) -> ApiResult<Vec<UserId>> {
    let directory = directory(&app.engine, people.to_vec()).await?;
    let mut others: Vec<UserId> = directory.all(people, field)?;
    others.sort_unstable();
    others.dedup();
    others.retain(|user| *user != caller.id());
    if others.is_empty() {
        return Err(Refusal::OnlyYourself.at(field).into());
    }
    if others.len() + 1 > app.engine.limits().channel_members {
        return Err(Refusal::TooManyMembers.at(field).into());
    }
    Ok(others)
}

/// The existing users among these names. No names need no query.
pub(in crate::http) async fn ids_by_name(
    engine: &Engine,
    names: Vec<String>,
) -> ApiResult<HashMap<String, UserId>> {
    if names.is_empty() {
        return Ok(HashMap::new());
    }
    let read = engine.store().read(move |db| db.ids_by_name(&names));
    Ok(read.await?)
}

/// Each person that a write names counts against the limit of writes: it may write a row and an event for each. The
/// first one is what the call itself counts.
pub(super) fn charge(app: &App, caller: &Caller, people: &[PersonRef]) {
    let more = people.len().saturating_sub(1);
    let cost = u32::try_from(more).unwrap_or(u32::MAX);
    let buckets = of_token(&caller.token, Class::Write);
    app.rate.charge(&buckets, cost);
}

/// The existing users among the mentioned names. Invites in the raw get the names of their rooms, if the
/// author may read them, since ids are easy to guess; what is attached is filled in. A text without names needs no query.
pub(in crate::http) async fn mentioned(
    engine: &Engine,
    author: &UserPrincipal,
    names: Vec<String>,
    raw: &mut Raw,
) -> ApiResult<HashMap<String, UserId>> {
    attach(engine, author, raw).await?;
    let invited = raw::invited_channels(raw);
    if names.is_empty() && invited.is_empty() {
        return Ok(HashMap::new());
    }
    let author = author.clone();
    let read = engine.store().read(move |db| {
        let people = db.ids_by_name(&names)?;
        let rooms = db.channels(&invited)?;
        let rooms: HashMap<ChannelId, Option<String>> = rooms
            .into_iter()
            .map(|(id, channel)| {
                let may_read = author.may(&channel, Access::Read).is_granted();
                let name = channel.chat_name().filter(|_| may_read);
                (id, name.map(str::to_owned))
            })
            .collect();
        Ok((people, rooms))
    });
    let (people, rooms) = read.await?;
    raw::name_invites(raw, &rooms)?;
    Ok(people)
}
