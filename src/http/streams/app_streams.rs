//! Stored app streams: up to five per client.

use actix_web::web::{Data, Path};

use super::webhooks::{changed_hook, new_hook};
use crate::actors::firehose::streams::{ChangeStream, CreateStream};
use crate::http::extract::{AppCaller, Body, Params};
use crate::http::show::Deleted;
use crate::http::{ApiResult, App, show};
use crate::model::{FilterId, ObjectType, Refusal, Refused, StreamKey};
use crate::text::shapes;

/// Characters of an unknown object type that a refusal repeats.
const NAME_MAX: usize = 64;

/// `GET /streams`; `?key=` picks one.
pub async fn list(caller: AppCaller, params: Params, app: Data<App>) -> ApiResult {
    let client = caller.token.client.id.clone();
    let store = app.engine.store();
    let mut streams = store.read(move |db| db.app_streams(&client)).await?;
    if let Some(key) = params.get("key") {
        streams.retain(|stream| stream.key.as_str() == key);
    }
    show::all(&app, Some(&caller), &params, &streams).await
}

/// `GET /streams/{stream_key}`
pub async fn show(
    caller: AppCaller,
    key: Path<String>,
    params: Params,
    app: Data<App>,
) -> ApiResult {
    let client = caller.token.client.id.clone();
    let key = StreamKey::from(key.into_inner());
    let store = app.engine.store();
    let stream = store
        .read(move |db| db.app_stream(&client, &key))
        .await?
        .ok_or(Refusal::StreamNotFound)?;
    show::one(&app, Some(&caller), &params, &stream).await
}

/// `POST /streams`
pub async fn create(caller: AppCaller, params: Params, body: Body, app: Data<App>) -> ApiResult {
    if !body.is_json {
        return Err(Refusal::NotJson.into());
    }
    let kind = body.text("type")?.ok_or(Refusal::Missing.at("type"))?;
    let is_hook = match &*kind {
        "long_poll" => false,
        "webhook" => true,
        _ => return Err(Refusal::Invalid.at("type").into()),
    };
    let object_types = object_types(&body)?;
    let key = match body.text("key")? {
        Some(key) => Some(StreamKey::parse(&key).ok_or(Refusal::Invalid.at("key"))?),
        None => None,
    };
    let new = CreateStream {
        key,
        object_types,
        filter: filter(&body)?.flatten(),
        hook: match is_hook {
            true => Some(new_hook(&body, &caller, &app).await?),
            false => None,
        },
    };
    let client = &caller.token.client.id;
    let stream = app.engine.create_app_stream(client, new).await?;
    // 200, as the API's own page shows it, and not 201.
    show::one(&app, Some(&caller), &params, &stream).await
}

/// `PUT /streams/{stream_key}`: what it listens for, its filter; open connections keep what they had.
pub async fn edit(
    caller: AppCaller,
    key: Path<String>,
    params: Params,
    body: Body,
    app: Data<App>,
) -> ApiResult {
    change(&caller, key.into_inner(), &params, &body, &app).await
}

/// `PUT /streams`: one old client writes the key into the body.
pub async fn edit_by_body(
    caller: AppCaller,
    params: Params,
    body: Body,
    app: Data<App>,
) -> ApiResult {
    let key = body.text("key")?.ok_or(Refusal::Missing.at("key"))?;
    change(&caller, key, &params, &body, &app).await
}

async fn change(
    caller: &AppCaller,
    key: String,
    params: &Params,
    body: &Body,
    app: &App,
) -> ApiResult {
    let filter = filter(body)?;
    let hook = changed_hook(body, caller, app).await?;
    let object_types = match body.get("object_types") {
        None if filter.is_some() || !hook.is_nothing() => None,
        _ => Some(object_types(body)?),
    };
    let change = ChangeStream {
        key: key.into(),
        object_types,
        filter,
        hook,
    };
    let client = &caller.token.client.id;
    let stream = app.engine.change_app_stream(client, change).await?;
    show::one(app, Some(caller), params, &stream).await
}

/// `DELETE /streams/{stream_key}`: open connections on it are closed.
pub async fn delete(
    caller: AppCaller,
    key: Path<String>,
    params: Params,
    app: Data<App>,
) -> ApiResult {
    let (client, key) = (&caller.token.client.id, key.into_inner().into());
    let gone = app.engine.delete_app_streams(client, Some(key)).await?;
    let stream = gone.into_iter().next().ok_or(Refusal::StreamNotFound)?;
    show::one(&app, Some(&caller), &params, &Deleted(stream)).await
}

/// `DELETE /streams`: all of them; none is no error.
pub async fn delete_all(caller: AppCaller, params: Params, app: Data<App>) -> ApiResult {
    let client = &caller.token.client.id;
    let gone = app.engine.delete_app_streams(client, None).await?;
    let gone: Vec<Deleted> = gone.into_iter().map(Deleted).collect();
    show::all(&app, Some(&caller), &params, &gone).await
}

/// The filter that a body names; an empty one, `0` and `null` stand for none. `None`: the body says nothing about it.
fn filter(body: &Body) -> Result<Option<Option<FilterId>>, Refused> {
    const FIELD: &str = "filter_id";
    if body.value.get(FIELD).is_none() {
        return Ok(None);
    }
    let named = body.text(FIELD)?.unwrap_or_default();
    match named.trim() {
        "" | "0" => Ok(Some(None)),
        id => {
            let id = id.parse().map_err(|_cause| Refusal::WrongType.at(FIELD))?;
            Ok(Some(Some(id)))
        }
    }
}

/// A list may hold several types, so the refusal names the one at fault.
fn unknown(name: &str) -> Refused {
    let shown: String = name.chars().take(NAME_MAX).collect();
    Refusal::UnknownObjectType.at(format!("object_types.{shown}"))
}

fn object_types(body: &Body) -> Result<Vec<ObjectType>, Refused> {
    const FIELD: &str = "object_types";
    let given = body.get(FIELD).ok_or(Refusal::Missing.at(FIELD))?;
    let given = shapes::list(given).ok_or(Refusal::WrongType.at(FIELD))?;
    let mut types = Vec::new();
    for name in given.iter() {
        let name = name.as_str().ok_or(Refusal::WrongType.at(FIELD))?;
        let kind = ObjectType::parse(name).ok_or_else(|| unknown(name))?;
        if !types.contains(&kind) {
            types.push(kind);
        }
    }
    if types.is_empty() {
        return Err(Refusal::Missing.at(FIELD));
    }
    Ok(types)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn body(value: Value) -> Body {
        Body {
            value,
            is_json: true,
        }
    }

    #[test]
    fn object_types_collapse_and_old_names_are_known() {
        let types = object_types(&body(json!({"object_types": ["post", "star", "post"]})));
        assert_eq!(types.unwrap(), [ObjectType::Post, ObjectType::Bookmark]);
        let unknown = object_types(&body(json!({"object_types": ["post", "sticker"]})));
        assert_eq!(
            unknown.unwrap_err(),
            Refusal::UnknownObjectType.at("object_types.sticker")
        );
        for wrong in [
            json!([]),
            json!(["x"]),
            json!([1]),
            json!("post"),
            json!(null),
        ] {
            assert!(object_types(&body(json!({"object_types": wrong}))).is_err());
        }
    }
}
