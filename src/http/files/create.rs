//! `POST /files`: a whole file in one form, or one that is filled later.

use actix_web::FromRequest as _;
use actix_web::HttpRequest;
use actix_web::web::{Data, Payload};
use serde_json::{Map, Value};

use super::attach::attach;
use super::classify::{Said, classify};
use super::derive::derive;
use super::fill::derived_picture;
use super::form::{Form, Part};
use super::keep::keep;
use super::place::Upload;
use super::receive::in_time;
use super::rights::demand_upload;
use crate::contents::media;
use crate::http::attachments::attach_sent;
use crate::http::extract::body::Kind;
use crate::http::extract::{Body, Params, UserCaller};
use crate::http::show::{Placeholder, SeenFile};
use crate::http::{ApiResult, App, show};
use crate::model::{FileKind, NewFile, Refusal};
use crate::protocol::draft::{FileDraft, file};
use crate::protocol::object::FileRights;

/// `POST /files`
pub(in crate::http) async fn create(
    app: Data<App>,
    caller: UserCaller,
    params: Params,
    request: HttpRequest,
    payload: Payload,
) -> ApiResult {
    if Kind::of(&request) != Kind::Multipart {
        let mut body = Body::from_request(&request, &mut payload.into_inner()).await?;
        let draft = read(&app, &caller, &mut body.value).await?;
        return placeholder(&app, &caller, &params, draft).await;
    }
    let upload = Upload::begin(&app, caller.id(), &request).await?;
    let early = |fields: &Map<String, Value>| match file::file_type(fields)? {
        Some(file_type) => demand_upload(&caller, &file_type, None).or_else(|error| {
            // Its kind may be what opens it, and is known at the end.
            let by_kind = caller.token.scopes.has_any(crate::model::Scope::Files);
            if by_kind { Ok(()) } else { Err(error) }
        }),
        None => Ok(()),
    };
    let form = Form::read(&app, &request, payload, upload.room, early);
    let mut form = in_time(&app, form).await?;
    let mut fields = Value::Object(std::mem::take(&mut form.fields));
    let draft = read(&app, &caller, &mut fields).await?;
    match form.content.take() {
        Some(content) => whole(&app, &caller, &params, draft, content, form.derived).await,
        None => placeholder(&app, &caller, &params, draft).await,
    }
}

async fn read(app: &App, caller: &UserCaller, fields: &mut Value) -> ApiResult<FileDraft> {
    attach(app, caller, fields).await?;
    attach_sent(&app.engine, caller.principal(), fields).await?;
    let draft = FileDraft::read(fields, app.engine.limits().raw_bytes)?;
    demand_upload(caller, &draft.file_type, draft.kind)?;
    Ok(draft)
}

/// A file without contents; what it will hold has to be said.
async fn placeholder(
    app: &App,
    caller: &UserCaller,
    params: &Params,
    draft: FileDraft,
) -> ApiResult {
    let kind = draft.kind.ok_or_else(|| Refusal::Missing.at("kind"))?;
    let mut new = new_file(caller, draft, kind, "");
    if kind == FileKind::Other {
        new.kind = media::kind_by_name(&new.name).unwrap_or(kind);
    }
    let file = app.engine.create_file(new, None).await?;
    show::created(show::one(app, Some(caller), params, &Placeholder(file)).await)
}

async fn whole(
    app: &Data<App>,
    caller: &UserCaller,
    params: &Params,
    draft: FileDraft,
    mut content: Part,
    made: Vec<(String, Part)>,
) -> ApiResult {
    let said = Said {
        kind: draft.kind,
        mime_type: draft.mime_type.as_deref(),
        part_type: content.mime_type.as_deref(),
    };
    let longest = app.files.settings().audio_max_bytes;
    let (contents, kind) = classify(&mut content.received, said, longest).await?;
    if let Some(hash) = &draft.sha256
        && *hash != contents.hash
    {
        return Err(Refusal::FileNotWhat.at("sha256").into());
    }
    demand_upload(caller, &draft.file_type, Some(kind))?;
    let mime_type = contents.mime_type.clone();
    let file_name = file::name(&content.file_name.unwrap_or_default())?;
    let keeps_exif = !draft.process_image_exif;
    let mut new = new_file(caller, draft, kind, &file_name);
    let derived = derive(app, content.received, contents, &new.name, keeps_exif);
    let mut derived = derived.await?;
    for (key, mut part) in made {
        let own = derived_picture(&mut part, &key, &mime_type, &new.name).await?;
        derived.prefer(own, part.received);
    }
    new.contents = Some(derived.contents);
    new.derived = derived.files;
    let file = keep(app, derived.bytes, async move |app, claim| {
        app.engine.create_file(new, claim).await
    })
    .await?;
    let seen = SeenFile::new(file, FileRights::Change);
    show::created(show::one(app, Some(caller), params, &seen).await)
}

fn new_file(caller: &UserCaller, draft: FileDraft, kind: FileKind, file_name: &str) -> NewFile {
    let name = draft.name.unwrap_or_else(|| match file_name {
        "" => String::from("file"),
        name => name.to_owned(),
    });
    NewFile {
        user_id: caller.id(),
        client: caller.token.client.clone(),
        file_type: draft.file_type,
        kind,
        name,
        is_public: draft.is_public,
        contents: None,
        derived: Vec::new(),
        raw: draft.raw,
    }
}
