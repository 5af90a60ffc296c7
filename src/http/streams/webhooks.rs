//! Streams of type `webhook`: what their bodies say, and their dead letters.

use actix_web::web::{Data, Path};

use crate::actors::firehose::streams::HookChange;
use crate::http::extract::{AppCaller, Body, path};
use crate::http::{ApiResult, App, Reply};
use crate::model::{DeadLetter, Hook, HookOff, HookSecret, Refusal, Refused, StreamKey};
use crate::protocol::app_filter::AppFilter;
use crate::protocol::object::DeadLetterObject;
use crate::protocol::query::{Query, boolean};

/// Bytes of a secret.
const SECRET_MIN: usize = 16;
const SECRET_MAX: usize = 256;

/// Bytes of the parameters.
const PARAMETERS_MAX: usize = 4096;

/// What is about a connection, and has no meaning for a hook: its frames are plain JSON and always have their cursor. The
/// filter is a field of the stream.
const NOT_PARAMETERS: &[&str] = &[
    "access_token",
    "ticket",
    "key",
    "cursor",
    "backfill",
    "filter_id",
    "compress",
    "control",
    "include_cursor",
    "wait",
    "connection_id",
    "auto_delete",
];

/// The hook of a new stream.
///
/// # Errors
/// A field is missing, or not allowed.
pub(super) async fn new_hook(body: &Body, caller: &AppCaller, app: &App) -> Result<Hook, Refused> {
    let change = changed_hook(body, caller, app).await?;
    Ok(Hook {
        url: change.url.ok_or(Refusal::Missing.at("url"))?,
        secret: change.secret.ok_or(Refusal::Missing.at("secret"))?,
        parameters: change.parameters.unwrap_or_default(),
        token: caller.token.id,
        off: change.is_on.and_then(Result::err),
        failing_since: None,
    })
}

/// What a body changes of a hook.
///
/// # Errors
/// A field is not allowed.
pub(super) async fn changed_hook(
    body: &Body,
    caller: &AppCaller,
    app: &App,
) -> Result<HookChange, Refused> {
    let secret = body.text("secret")?.map(secret).transpose()?;
    let parameters = body.text("parameters")?.map(parameters).transpose()?;
    let is_on = match body.text("is_enabled")? {
        None => None,
        Some(text) => match boolean(&text) {
            Some(true) => Some(Ok(caller.token.id)),
            Some(false) => Some(Err(HookOff::Paused)),
            None => return Err(Refusal::WrongType.at("is_enabled")),
        },
    };
    // Last: it asks the resolver.
    let url = match body.text("url")? {
        Some(url) => Some(app.engine.demand_receiver(&url).await?),
        None => None,
    };
    Ok(HookChange {
        url,
        secret,
        parameters,
        is_on,
    })
}

fn secret(text: String) -> Result<HookSecret, Refused> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_graphic());
    match is_plain && (SECRET_MIN..=SECRET_MAX).contains(&text.len()) {
        true => Ok(HookSecret::new(text)),
        false => Err(Refusal::Invalid.at("secret")),
    }
}

fn parameters(text: String) -> Result<String, Refused> {
    const FIELD: &str = "parameters";
    if text.len() > PARAMETERS_MAX {
        return Err(Refusal::TooLong.at(FIELD));
    }
    let query = Query::parse(&text);
    if NOT_PARAMETERS.iter().any(|name| query.has(name)) {
        return Err(Refusal::Invalid.at(FIELD));
    }
    AppFilter::from_query(&query)?;
    Ok(text)
}

/// `GET /streams/{stream_key}/dead_letters`
pub async fn list(caller: AppCaller, key: Path<String>, app: Data<App>) -> ApiResult {
    let client = caller.token.client.id.clone();
    let letters = app.engine.dead_letters(client, key.into_inner().into());
    shown(&letters.await?)
}

/// `POST /streams/{stream_key}/dead_letters/replay`: all of them.
pub async fn replay_all(caller: AppCaller, key: Path<String>, app: Data<App>) -> ApiResult {
    let named = (caller.token.client.id.clone(), key.into_inner().into());
    shown(&app.engine.replay_dead_letters(named, None).await?)
}

/// `POST /streams/{stream_key}/dead_letters/{dead_letter_id}/replay`
pub async fn replay(caller: AppCaller, ids: Path<(String, String)>, app: Data<App>) -> ApiResult {
    let (named, id) = one_of(&caller, ids.into_inner())?;
    let letters = app.engine.replay_dead_letters(named, Some(id)).await?;
    let letter = letters.first().ok_or(Refusal::DeadLetterNotFound)?;
    Reply::one(&DeadLetterObject::new(letter))
}

/// `DELETE /streams/{stream_key}/dead_letters`: all of them; none is no error.
pub async fn delete_all(caller: AppCaller, key: Path<String>, app: Data<App>) -> ApiResult {
    let named = (caller.token.client.id.clone(), key.into_inner().into());
    shown(&app.engine.delete_dead_letters(named, None).await?)
}

/// `DELETE /streams/{stream_key}/dead_letters/{dead_letter_id}`
pub async fn delete(caller: AppCaller, ids: Path<(String, String)>, app: Data<App>) -> ApiResult {
    let (named, id) = one_of(&caller, ids.into_inner())?;
    let letters = app.engine.delete_dead_letters(named, Some(id)).await?;
    let letter = letters.first().ok_or(Refusal::DeadLetterNotFound)?;
    Reply::one(&DeadLetterObject::new(letter))
}

type Named = (crate::model::ClientId, StreamKey);

fn one_of(caller: &AppCaller, (key, id): (String, String)) -> ApiResult<(Named, i64)> {
    let named = (caller.token.client.id.clone(), key.into());
    Ok((named, path::id(&id)?))
}

fn shown(letters: &[DeadLetter]) -> ApiResult {
    let shown: Vec<_> = letters.iter().map(DeadLetterObject::new).collect();
    Reply::one(&shown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_plain_and_long_enough() {
        assert!(secret("0123456789abcdef".to_owned()).is_ok());
        for wrong in [
            "",
            "short",
            "with a blank in it",
            "schlüssel-schlüssel",
            &"x".repeat(257),
        ] {
            let refused = secret(wrong.to_owned()).unwrap_err();
            assert_eq!(refused, Refusal::Invalid.at("secret"), "{wrong}");
        }
    }

    #[test]
    fn parameters_are_those_of_a_live_stream_without_what_opens_it() {
        for good in [
            "",
            "channel_ids=1,2&include_raw=1",
            "partition=0&partitions=4",
        ] {
            assert!(parameters(good.to_owned()).is_ok(), "{good}");
        }
        for bad in [
            "cursor=a.1",
            "access_token=x",
            "filter_id=1",
            "compress=zstd",
            "include_raw=1&compress",
            "control=1",
            "include_cursor=1",
            "wait=5",
            "connection_id=x",
            "auto_delete=0",
            "channel_ids=x",
            "partition=4",
        ] {
            assert!(parameters(bad.to_owned()).is_err(), "{bad}");
        }
    }
}
