//! Details of files are changed; files are deleted.

use actix_web::web::{Data, Path};

use super::attach::attach;
use super::keep::remove_unwanted;
use super::rights::changeable;
use crate::http::attachments::attach_sent;
use crate::http::extract::{Body, Params, UserCaller, path};
use crate::http::show::SeenFile;
use crate::http::{ApiResult, App, show};
use crate::model::FileId;
use crate::protocol::draft::file;
use crate::protocol::object::FileRights;

/// `PUT /files/{file_id}`, and `PATCH`: what is not mentioned stays.
pub(in crate::http) async fn edit(
    app: Data<App>,
    caller: UserCaller,
    params: Params,
    id: Path<String>,
    mut body: Body,
) -> ApiResult {
    attach(&app, &caller, &mut body.value).await?;
    attach_sent(&app.engine, caller.principal(), &mut body.value).await?;
    let change = file::change(&body.value)?;
    let file = changeable(&app, &caller, &params, path::id::<FileId>(&id)?).await?;
    let changed = app.engine.change_file(file.user_id, file.id, change);
    let seen = SeenFile::new(changed.await?, FileRights::Change);
    show::one(&app, Some(&caller), &params, &seen).await
}

/// `DELETE /files/{file_id}`
pub(in crate::http) async fn delete(
    app: Data<App>,
    caller: UserCaller,
    params: Params,
    id: Path<String>,
) -> ApiResult {
    let file = changeable(&app, &caller, &params, path::id::<FileId>(&id)?).await?;
    let deleted = app.engine.delete_file(file.user_id, file.id).await?;
    // Behind the answer.
    let behind = app.clone();
    actix_rt::spawn(async move { remove_unwanted(&behind, deleted.freed).await });
    let seen = SeenFile::new(deleted.file, FileRights::Change);
    show::one(&app, Some(&caller), &params, &seen).await
}
