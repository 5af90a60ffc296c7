//! Files that are announced together, and come together in one form.

use std::time::Duration;

use actix_multipart::{Field, Multipart};
use actix_web::HttpRequest;
use actix_web::web::{Data, Path, Payload};
use serde::Serialize;
use serde_json::Value;

use super::attach::attach;
use super::bulk::uuid;
use super::fill::complete;
use super::form::{bytes_of, parts_of};
use super::place::{Room, Upload};
use super::receive::{in_time, next};
use super::rights::is_owner_with_scope;
use crate::actors::user::files::provision;
use crate::http::attachments::attach_sent;
use crate::http::extract::body::Kind;
use crate::http::extract::{Body, Params, UserCaller};
use crate::http::show::SeenFile;
use crate::http::{ApiResult, App, Reply, show};
use crate::model::{File, FileId, FileKind, NewFile, Refusal, Scope};
use crate::protocol::draft::ProvisionDraft;
use crate::protocol::object::FileRights;
use crate::store::{Announced, OperationKind, Provision};

/// How long announced files may take to come.
const PATIENCE: Duration = Duration::from_secs(20 * 60);
/// The parameter that proves the right to bring them.
const TOKEN: &str = "provisioning_token";

/// Where announced files are sent to.
#[derive(Serialize)]
struct ProvisionObject {
    upload_url: String,
    provisioning_token: String,
    expires_at: String,
    files: Vec<AnnouncedObject>,
}

/// One of them.
#[derive(Serialize)]
struct AnnouncedObject {
    key: String,
    file_id: FileId,
    file_token: String,
}

/// `POST /files/provision`
pub(in crate::http) async fn create(
    app: Data<App>,
    caller: UserCaller,
    mut body: Body,
) -> ApiResult {
    attach_each(&app, &caller, &mut body).await?;
    let draft = ProvisionDraft::read(&body.value, app.engine.limits().raw_bytes)?;
    if !caller
        .token
        .scopes
        .open_file(&draft.file_type, FileKind::Other)
    {
        let missing = format!("{}:{}", Scope::Files.name(), draft.file_type);
        return Err(Refusal::ScopeMissing.at(missing).into());
    }
    demand_room(&app, &caller, &draft).await?;
    let (user, announced) = (caller.id(), announced(&caller, draft));
    let (id, until) = (uuid(), app.engine.store().now().plus(PATIENCE));
    let write = app.engine.store().carry_out(move |tx| {
        tx.begin_operation(&id, user, OperationKind::FileCreate, &[])?;
        let files = provision(tx, &id, announced, until)?;
        Ok(Announced {
            operation: id,
            until,
            files,
        })
    });
    let links = &app.engine.site().files;
    // A repeated call shows what the first one announced.
    let Announced {
        operation: id,
        until,
        files,
    } = write.await?;
    let files = files.into_iter().map(|one| AnnouncedObject {
        file_token: links.token(one.file_id),
        file_id: one.file_id,
        key: one.key,
    });
    let public_url = &app.engine.site().public_url;
    let token = links.provisioning_token(&id);
    let mut reply = Reply::created(&ProvisionObject {
        upload_url: format!("{public_url}/v1/files/provision/{id}?{TOKEN}={token}"),
        provisioning_token: token,
        expires_at: until.iso(),
        files: files.collect(),
    })?;
    reply.meta.status_url = Some(format!("{public_url}/v1/sys/ops/{id}"));
    Ok(reply)
}

/// The files that a draft announces, by key and size.
fn announced(caller: &UserCaller, draft: ProvisionDraft) -> Vec<(String, i64, NewFile)> {
    let (client, file_type) = (&caller.token.client, draft.file_type);
    let files = draft.files.into_iter().map(|one| {
        let new = NewFile {
            user_id: caller.id(),
            client: client.clone(),
            file_type: file_type.clone(),
            kind: FileKind::Other,
            name: one.name,
            is_public: one.is_public,
            contents: None,
            derived: Vec::new(),
            raw: one.raw,
        };
        (one.key, one.size, new)
    });
    files.collect()
}

/// Fills in what the raw of the announced files shows.
async fn attach_each(app: &Data<App>, caller: &UserCaller, body: &mut Body) -> ApiResult<()> {
    let announced = body.value.get_mut("files").and_then(Value::as_array_mut);
    let Some(files) = announced else {
        return Ok(());
    };
    // Before each of them is looked up.
    if files.len() > ProvisionDraft::MOST {
        return Err(Refusal::Invalid.at("files").into());
    }
    for one in files {
        attach(app, caller, one).await?;
        attach_sent(&app.engine, caller.principal(), one).await?;
    }
    Ok(())
}

/// What cannot fit is refused before it is announced.
async fn demand_room(app: &App, caller: &UserCaller, draft: &ProvisionDraft) -> ApiResult<()> {
    let most = i64::try_from(app.files.settings().max_bytes).unwrap_or(i64::MAX);
    if draft.files.iter().any(|file| file.size > most) {
        return Err(Refusal::FileTooLarge.at("files").into());
    }
    let user = caller.id();
    let used = app.engine.store().read(move |db| db.file_usage(user));
    if used.await?.saturating_add(draft.bytes()) > app.engine.file_quota() {
        return Err(Refusal::QuotaReached.into());
    }
    Ok(())
}

/// `POST /files/provision/{operation_id}`: a form whose parts are named by the keys. Each is kept as it arrives.
pub(in crate::http) async fn fill(
    app: Data<App>,
    caller: UserCaller,
    params: Params,
    id: Path<String>,
    request: HttpRequest,
    payload: Payload,
) -> ApiResult {
    let id = id.into_inner();
    let links = &app.engine.site().files;
    let token = params.get(TOKEN).unwrap_or_default();
    if !links.is_provisioning_token(&id, token) {
        return Err(Refusal::NotFound.into());
    }
    let now = app.engine.store().now();
    let read = app.engine.store().read(move |db| {
        let owner = db.operation(&id)?.map(|operation| operation.user_id);
        Ok((owner, db.provisions(&id, now)?))
    });
    let (Some(owner), waiting) = read.await? else {
        return Err(Refusal::NotFound.into());
    };
    if waiting.is_empty() {
        return Err(Refusal::NotFound.into());
    }
    if Kind::of(&request) != Kind::Multipart {
        return Err(Refusal::MalformedBody.into());
    }
    let announced = waiting
        .iter()
        .map(|one| u64::try_from(one.size).unwrap_or(0));
    let announced = announced.fold(0, u64::saturating_add);
    let upload = Upload::begin_of(&app, owner, &request, announced).await?;
    let parts = parts_of(&request, payload).await?;
    let files = in_time(&app, take(&app, parts, waiting, upload.room)).await?;
    let seen = files.into_iter().map(|file| {
        let rights = match is_owner_with_scope(&caller, &file) {
            true => FileRights::Change,
            false => FileRights::Read,
        };
        SeenFile::new(file, rights)
    });
    show::all(&app, Some(&caller), &params, &seen.collect::<Vec<_>>()).await
}

async fn take(
    app: &Data<App>,
    mut parts: Multipart,
    mut waiting: Vec<Provision>,
    mut room: Room,
) -> ApiResult<Vec<File>> {
    let mut files = Vec::new();
    while let Some(part) = next(&mut parts, app.files.silence).await? {
        let key = part.name().unwrap_or_default().to_owned();
        let known = waiting.iter().position(|one| one.key == key);
        let known = known.ok_or_else(|| Refusal::Invalid.at(key))?;
        let (file, bytes) = one(app, part, waiting.swap_remove(known), room).await?;
        room = room.less(bytes)?;
        files.push(file);
    }
    if files.is_empty() {
        return Err(Refusal::MalformedBody.into());
    }
    Ok(files)
}

/// One file, of exactly the bytes that were announced.
async fn one(
    app: &Data<App>,
    part: Field,
    provision: Provision,
    room: Room,
) -> ApiResult<(File, u64)> {
    let Provision { file_id, key, size } = provision;
    let size = u64::try_from(size).unwrap_or(0);
    let wrong = Refusal::FileNotWhat;
    let room = match room.bytes < size {
        true => return Err(room.beyond.into()),
        false => Room {
            bytes: size,
            beyond: wrong,
        },
    };
    let part = bytes_of(app, part, room).await?;
    if part.received.size != size {
        return Err(wrong.at(key).into());
    }
    let read = app.engine.store().read(move |db| db.file(file_id));
    let file = read.await?.ok_or(Refusal::FileNotFound)?;
    let file = complete(app, file, part, Vec::new(), false).await?;
    Ok((file, size))
}
