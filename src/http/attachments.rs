//! Objects that are attached to posts, messages and channels: what raw names by a placeholder, as its author may attach it.

use std::collections::HashMap;

use serde_json::{Map, Value};

use crate::actors::Engine;
use crate::http::ApiResult;
use crate::model::{Failure, PollId, Raw, Refusal, UserPrincipal};
use crate::protocol::draft::raw_in;
use crate::protocol::object::BriefPoll;
use crate::store::Db;
use crate::text::raw::{self, Attached, MOST, Placeholder, Replacements};

/// Looks up and fills in what checked raw names. Raw without placeholders needs no query.
///
/// # Errors
/// An object that is not there, or that the author may not attach.
pub(in crate::http) async fn attach(
    engine: &Engine,
    author: &UserPrincipal,
    raw: &mut Raw,
) -> ApiResult<()> {
    let found = replacements(engine, author, raw::placeholders(raw)).await?;
    Ok(raw::fill(raw, &found, engine.limits().raw_bytes)?)
}

/// Looks up and fills in what raw names in a body, before it is read: of objects whose raw is checked where it is written.
/// A body without placeholders needs no query.
///
/// # Errors
/// As [`attach`].
pub(in crate::http) async fn attach_sent(
    engine: &Engine,
    author: &UserPrincipal,
    body: &mut Value,
) -> ApiResult<()> {
    let Some(sent) = raw_in(body)? else {
        return Ok(());
    };
    let wanted = raw::placeholders_sent(sent).unwrap_or_default();
    if wanted.is_empty() {
        return Ok(());
    }
    // Each item may become much larger: what is too large already is not filled in.
    let most = engine.limits().raw_bytes + raw::files::MOST * raw::files::FILLED;
    if sent.to_string().len() > most {
        return Err(Refusal::RawTooLarge.at("raw").into());
    }
    let found = replacements(engine, author, wanted).await?;
    Ok(raw::fill_sent(sent, &found)?)
}

/// What is put in the place of these.
///
/// # Errors
/// Too many. One that is not found is left out.
pub(in crate::http) async fn replacements(
    engine: &Engine,
    author: &UserPrincipal,
    wanted: Vec<Placeholder>,
) -> ApiResult<Replacements> {
    if wanted.is_empty() {
        return Ok(Replacements::default());
    }
    if wanted.len() > MOST {
        return Err(Refusal::RawTooLarge.at("raw").into());
    }
    let author = author.clone();
    let read = engine.store().read(move |db| look_up(db, &author, wanted));
    Ok(read.await?)
}

fn look_up(
    db: &mut Db<'_>,
    author: &UserPrincipal,
    wanted: Vec<Placeholder>,
) -> Result<Replacements, Failure> {
    let ids: Vec<PollId> = wanted
        .iter()
        .filter(|one| one.what == Attached::Poll)
        .map(|one| PollId(one.id))
        .collect();
    let polls = match ids.is_empty() {
        true => HashMap::new(),
        false => db.polls(&ids)?,
    };
    let found = wanted.into_iter().filter_map(|one| {
        let data = match one.what {
            Attached::Poll => {
                let poll = polls.get(&PollId(one.id))?;
                poll.door(Some(&author.token), one.token.as_deref())?;
                fields(&BriefPoll::notice(poll))?
            }
        };
        Some((one, data))
    });
    Ok(found.collect())
}

fn fields(object: &impl serde::Serialize) -> Option<Map<String, Value>> {
    match serde_json::to_value(object) {
        Ok(Value::Object(fields)) => Some(fields),
        Ok(_) | Err(_) => None,
    }
}
