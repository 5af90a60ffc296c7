//! Files by their ids, those of the caller, and the way to what they hold.

use std::collections::HashSet;

use actix_web::HttpResponse;
use actix_web::http::header::LOCATION;
use actix_web::web::{Data, Path};

use super::rights::{of_several, seen};
use crate::http::extract::{Live, Params, UserCaller, path};
use crate::http::show::SeenFile;
use crate::http::{ApiResult, App, show};
use crate::model::{FileId, FileKind, Refusal, Scope};
use crate::protocol::object::FileRights;
use crate::protocol::topic::Topic;
use crate::store::FileFilter;

/// `GET /files/{file_id}`
pub(in crate::http) async fn show(
    app: Data<App>,
    caller: UserCaller,
    params: Params,
    id: Path<String>,
) -> ApiResult {
    let (file, rights) = seen(&app, &caller, &params, path::id::<FileId>(&id)?).await?;
    let seen = SeenFile::new(file, rights);
    show::one(&app, Some(&caller), &params, &seen).await
}

/// `GET /files?ids=`: those that the caller may see, in the order of the request.
pub(in crate::http) async fn by_ids(
    app: Data<App>,
    caller: UserCaller,
    params: Params,
) -> ApiResult {
    if !params.has("ids") {
        return Err(Refusal::Missing.at("ids").into());
    }
    let ids: Vec<FileId> = params.ids("ids");
    let wanted = ids.clone();
    let mut found = app.engine.store().read(move |db| db.files(&wanted)).await?;
    let files = ids.iter().filter_map(|id| {
        let file = found.remove(id)?;
        let rights = of_several(app.engine.site(), &caller, &params, &file)?;
        Some(SeenFile::new(file, rights))
    });
    let files: Vec<SeenFile> = files.collect();
    show::all(&app, Some(&caller), &params, &files).await
}

/// `GET /users/me/files`
pub(in crate::http) async fn mine(
    app: Data<App>,
    caller: UserCaller,
    params: Params,
    live: Live,
) -> ApiResult {
    let topic = Topic::Files(caller.id());
    let page = async {
        let (user, request, filter) = (caller.id(), params.page(), filter(&caller, &params));
        let seen = params.seen();
        let read = app.engine.store().read(move |db| {
            seen.note(db)?;
            db.files_of(user, &filter, &request)
        });
        let page = read.await?;
        let page = page.map(|file| SeenFile::new(file, FileRights::Change));
        show::page(&app, Some(&caller), &params, &page).await
    };
    live.around(&app, &caller, topic, page).await
}

fn filter(caller: &UserCaller, params: &Params) -> FileFilter {
    let listed = |name: &str| {
        let list: HashSet<String> = params.list(name).into_iter().collect();
        (!list.is_empty()).then_some(list)
    };
    let scopes = &caller.token.scopes;
    let mut opened = None;
    if !scopes.has(Scope::Files) {
        let types: HashSet<String> = scopes.narrowed(Scope::Files).map(str::to_owned).collect();
        let of_kind = |name: &str, kind| types.contains(name).then_some(kind);
        let kinds = [
            of_kind("core_image", FileKind::Image),
            of_kind("core_audio", FileKind::Audio),
        ];
        let kinds = kinds.into_iter().flatten().collect();
        opened = Some((types, kinds));
    }
    let types = listed("file_types");
    FileFilter {
        include_incomplete: params.flag("include_incomplete", true),
        include_private: params.flag("include_private", true),
        without_types: match types {
            Some(_) => HashSet::new(),
            None => listed("exclude_file_types").unwrap_or_default(),
        },
        types,
        mime_types: listed("mime_types"),
        opened,
    }
}

/// `GET /files/{file_id}/content`: leads to the contents.
pub(in crate::http) async fn content(
    app: Data<App>,
    caller: UserCaller,
    params: Params,
    id: Path<String>,
) -> ApiResult<HttpResponse> {
    lead(&app, &caller, &params, &id, None).await
}

/// `GET /files/{file_id}/content/{key}`: leads to what was made of it.
pub(in crate::http) async fn derived(
    app: Data<App>,
    caller: UserCaller,
    params: Params,
    place: Path<(String, String)>,
) -> ApiResult<HttpResponse> {
    let (id, key) = place.into_inner();
    lead(&app, &caller, &params, &id, Some(&key)).await
}

async fn lead(
    app: &App,
    caller: &UserCaller,
    params: &Params,
    id: &str,
    key: Option<&str>,
) -> ApiResult<HttpResponse> {
    let (file, _) = seen(app, caller, params, path::id::<FileId>(id)?).await?;
    if file.contents.is_none() {
        return Ok(HttpResponse::NoContent().finish());
    }
    let name = match key {
        None => &file.name,
        Some(key) => {
            let known = file.derived.iter().find(|derived| derived.key == key);
            &known.ok_or(Refusal::FileNotFound)?.name
        }
    };
    let (url, _) = app.engine.site().contents_url(file.id, key, name);
    Ok(HttpResponse::Found()
        .insert_header((LOCATION, url))
        .finish())
}
