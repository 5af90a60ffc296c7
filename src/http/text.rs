//! Entities and html of a text, without storing it.

use actix_web::web::Data;
use serde_json::json;

use crate::http::channels::names;
use crate::http::extract::{Body, Params, UserCaller};
use crate::http::{ApiResult, App, Reply};
use crate::model::Refusal;
use crate::protocol::draft::MessageDraft;

/// `POST /text/process`
pub async fn process(caller: UserCaller, params: Params, body: Body, app: Data<App>) -> ApiResult {
    let limits = app.engine.limits();
    let longest = match params.get("object_type") {
        None | Some("post") => limits.post_length,
        Some("message") => limits.message_length,
        Some(_) => return Err(Refusal::Invalid.at("object_type").into()),
    };
    let draft = MessageDraft::read(&body.value, limits.raw_bytes)?;
    let people = names::ids_by_name(&app.engine, draft.names()).await?;
    let client = caller.token.client.clone();
    let content = draft
        .finish(&people, longest, caller.id(), client, false)?
        .content;
    let entities = &content.entities;
    // The lists appear twice: at today's place, and where older clients expect them.
    Reply::one(&json!({
        "text": content.text,
        "html": content.html,
        "entities": entities,
        "links": entities.links,
        "mentions": entities.mentions,
        "tags": entities.tags,
    }))
}
