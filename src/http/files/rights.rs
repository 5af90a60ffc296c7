//! What a caller may do with a file: as its owner with a scope, or with a token of the file.

use crate::http::extract::{Params, UserCaller};
use crate::http::{ApiResult, App};
use crate::model::{File, FileId, FileKind, Refusal, Scope};
use crate::protocol::object::FileRights;
use crate::protocol::site::Site;

/// What the caller may do with one of several files, whose tokens are named by their ids: `file_token_read_{id}`.
pub(super) fn of_several(
    site: &Site,
    caller: &UserCaller,
    params: &Params,
    file: &File,
) -> Option<FileRights> {
    let token = params.get(&format!("file_token_{}", file.id));
    let read = params.get(&format!("file_token_read_{}", file.id));
    rights(site, caller, file, token, read)
}

/// What the caller may do with the file of a call.
pub(super) fn of_one(
    site: &Site,
    caller: &UserCaller,
    params: &Params,
    file: &File,
) -> Option<FileRights> {
    let (token, read) = (params.get("file_token"), params.get("file_token_read"));
    rights(site, caller, file, token, read)
}

fn rights(
    site: &Site,
    caller: &UserCaller,
    file: &File,
    token: Option<&str>,
    read: Option<&str>,
) -> Option<FileRights> {
    let links = &site.files;
    if is_owner_with_scope(caller, file)
        || token.is_some_and(|token| links.is_token(file.id, token))
    {
        return Some(FileRights::Change);
    }
    if read.is_some_and(|token| links.is_read_token(file.id, token)) {
        return Some(FileRights::Read);
    }
    file.is_public.then_some(FileRights::Public)
}

/// Whether the caller needs no token of the file.
pub(super) fn is_owner_with_scope(caller: &UserCaller, file: &File) -> bool {
    file.user_id == caller.id() && caller.token.scopes.open_file(&file.file_type, file.kind)
}

/// Refuses an upload of a type that no scope of the token opens: the type itself, or the right to write what may show
/// the file.
pub(super) fn demand_upload(
    caller: &UserCaller,
    file_type: &str,
    kind: Option<FileKind>,
) -> ApiResult<()> {
    let scopes = &caller.token.scopes;
    let kind = kind.unwrap_or(FileKind::Other);
    if scopes.open_file(file_type, kind)
        || scopes.has(Scope::WritePost)
        || scopes.open_some_channel()
    {
        return Ok(());
    }
    let missing = format!("{}:{file_type}", Scope::Files.name());
    Err(Refusal::ScopeMissing.at(missing).into())
}

/// A file that the caller may see, with what the caller may do.
pub(super) async fn seen(
    app: &App,
    caller: &UserCaller,
    params: &Params,
    id: FileId,
) -> ApiResult<(File, FileRights)> {
    let read = app.engine.store().read(move |db| db.file(id));
    let file = read.await?.ok_or(Refusal::FileNotFound)?;
    match of_one(app.engine.site(), caller, params, &file) {
        Some(rights) => Ok((file, rights)),
        None if file.user_id == caller.id() => {
            Err(Refusal::ScopeMissing.at(Scope::Files.name()).into())
        }
        // Ids are easy to guess.
        None => Err(Refusal::FileNotFound.into()),
    }
}

/// A file that the caller may change.
pub(super) async fn changeable(
    app: &App,
    caller: &UserCaller,
    params: &Params,
    id: FileId,
) -> ApiResult<File> {
    match seen(app, caller, params, id).await? {
        (file, FileRights::Change) => Ok(file),
        (_, FileRights::Read | FileRights::Public) => Err(Refusal::NoAccess.into()),
    }
}
