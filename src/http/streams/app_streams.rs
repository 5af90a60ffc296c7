//! What apps want to be told about: up to five stored streams per client.

use actix_web::web::{Data, Path};

use crate::http::extract::{AppCaller, Body, Params};
use crate::http::show::Deleted;
use crate::http::{ApiResult, App, show};
use crate::model::{AppStream, ClientId, ObjectType, Refusal, Refused, StreamKey};
use crate::store::Failure;

/// Characters in a key.
const KEY_MAX: usize = 32;

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
    let kind = body.text("type").ok_or(Refusal::Missing.at("type"))?;
    if kind != "long_poll" {
        return Err(Refusal::Invalid.at("type").into());
    }
    let object_types = object_types(&body)?;
    let key = match body.text("key") {
        Some(key) if is_key(&key) => Some(StreamKey::from(key)),
        Some(_) => return Err(Refusal::Invalid.at("key").into()),
        None => None,
    };
    let client = caller.token.client.id.clone();
    let most = app.settings.app_streams;
    let stream = app
        .engine
        .store()
        .write(move |tx| {
            let known = tx.app_streams(&client)?;
            let stream = AppStream {
                key: choose_key(key, &known, most)?,
                client,
                object_types,
            };
            tx.create_app_stream(&stream)?;
            Ok(stream)
        })
        .await?;
    // 200, as the API's own page shows it, and not 201.
    show::one(&app, Some(&caller), &params, &stream).await
}

/// `PUT /streams/{stream_key}`: what it listens for; open connections keep what they had.
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
    let key = body.text("key").ok_or(Refusal::Missing.at("key"))?;
    change(&caller, key, &params, &body, &app).await
}

async fn change(
    caller: &AppCaller,
    key: String,
    params: &Params,
    body: &Body,
    app: &App,
) -> ApiResult {
    let object_types = object_types(body)?;
    let client = caller.token.client.id.clone();
    let key = StreamKey::from(key);
    let stream = app
        .engine
        .store()
        .write(move |tx| {
            let known = tx.app_stream(&client, &key)?;
            let mut stream = known.ok_or(Refusal::StreamNotFound)?;
            stream.object_types = object_types;
            tx.save_app_stream(&stream)?;
            Ok(stream)
        })
        .await?;
    show::one(app, Some(caller), params, &stream).await
}

/// `DELETE /streams/{stream_key}`: open connections on it are closed.
pub async fn delete(
    caller: AppCaller,
    key: Path<String>,
    params: Params,
    app: Data<App>,
) -> ApiResult {
    let client = caller.token.client.id.clone();
    let key = StreamKey::from(key.into_inner());
    let gone = remove(&app, &client, Some(key)).await?;
    let stream = gone.into_iter().next().ok_or(Refusal::StreamNotFound)?;
    show::one(&app, Some(&caller), &params, &Deleted(stream)).await
}

/// `DELETE /streams`: all of them; none is no error.
pub async fn delete_all(caller: AppCaller, params: Params, app: Data<App>) -> ApiResult {
    let gone = remove(&app, &caller.token.client.id, None).await?;
    let gone: Vec<Deleted> = gone.into_iter().map(Deleted).collect();
    show::all(&app, Some(&caller), &params, &gone).await
}

async fn remove(app: &App, client: &ClientId, key: Option<StreamKey>) -> ApiResult<Vec<AppStream>> {
    let owner = client.clone();
    let gone = app
        .engine
        .store()
        .write(move |tx| match key {
            Some(key) => Ok(vec![tx.delete_app_stream(&owner, &key)?]),
            None => tx.delete_app_streams(&owner),
        })
        .await?;
    let keys: Vec<StreamKey> = gone.iter().map(|s: &AppStream| s.key.clone()).collect();
    if !keys.is_empty() {
        app.engine.app_streams_deleted(client, &keys).await;
    }
    Ok(gone)
}

fn is_key(key: &str) -> bool {
    (1..=KEY_MAX).contains(&key.len())
        && key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

fn object_types(body: &Body) -> Result<Vec<ObjectType>, Refused> {
    const FIELD: &str = "object_types";
    let given = body.get(FIELD).ok_or(Refusal::Missing.at(FIELD))?;
    let given = given.as_array().ok_or(Refusal::WrongType.at(FIELD))?;
    let mut types = Vec::new();
    for name in given {
        let name = name.as_str().ok_or(Refusal::WrongType.at(FIELD))?;
        let kind = ObjectType::parse(name).ok_or(Refusal::UnknownObjectType.at(FIELD))?;
        if !types.contains(&kind) {
            types.push(kind);
        }
    }
    if types.is_empty() {
        return Err(Refusal::Missing.at(FIELD));
    }
    Ok(types)
}

/// The key wished for if it is free, else the first free number.
fn choose_key(
    wished: Option<StreamKey>,
    known: &[AppStream],
    most: usize,
) -> Result<StreamKey, Failure> {
    let taken = |key: &StreamKey| known.iter().any(|stream| stream.key == *key);
    if wished.as_ref().is_some_and(taken) {
        return Err(Refusal::StreamKeyTaken.at("key").into());
    }
    if known.len() >= most {
        return Err(Refusal::StreamLimit.into());
    }
    // One more number than there are streams: one of them is free.
    let numbered = || {
        (1..=known.len() + 1)
            .map(|number| StreamKey::from(number.to_string()))
            .find(|key| !taken(key))
    };
    wished.or_else(numbered).ok_or(Refusal::StreamLimit.into())
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

    #[test]
    fn keys_are_short_words() {
        assert!(is_key("butter_ball_1"));
        for wrong in ["", "a-b", "ü", &"x".repeat(33)] {
            assert!(!is_key(wrong), "{wrong}");
        }
    }

    #[test]
    fn a_key_is_free_or_numbered() {
        let stream = |key: &str| AppStream {
            client: "c".into(),
            key: key.into(),
            object_types: vec![ObjectType::Message],
        };
        let known = [stream("1"), stream("a")];
        assert_eq!(choose_key(None, &known, 5).unwrap().as_str(), "2");
        assert_eq!(
            choose_key(Some("b".into()), &known, 5).unwrap().as_str(),
            "b"
        );
        assert!(choose_key(Some("a".into()), &known, 5).is_err());
        assert!(choose_key(None, &known, 2).is_err());
    }
}
