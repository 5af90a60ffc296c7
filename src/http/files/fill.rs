//! Contents for a file that has none yet: a part of a form, or the bytes alone.

use actix_web::HttpRequest;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::web::{Data, Path, Payload};

use super::classify::{Said, classify};
use super::derive::derive as derive_pictures;
use super::form::{Form, Part, is_key};
use super::keep::keep;
use super::place::Upload;
use super::receive::{in_time, receive};
use super::rights::changeable;
use crate::actors::FileWrite;
use crate::contents::media;
use crate::http::extract::body::Kind;
use crate::http::extract::{Params, UserCaller, path};
use crate::http::{ApiResult, App, Reply};
use crate::model::{DerivedFile, File, FileContents, FileId, FileKind, Refusal};

/// `PUT /files/{file_id}/content`, and `POST`
pub(in crate::http) async fn fill(
    app: Data<App>,
    caller: UserCaller,
    params: Params,
    id: Path<String>,
    request: HttpRequest,
    payload: Payload,
) -> ApiResult {
    let file = incomplete(&app, &caller, &params, &id).await?;
    let upload = Upload::begin(&app, file.user_id, &request).await?;
    let (content, made) = parts(&app, &request, payload, &upload).await?;
    let keeps_exif = !params.flag("process_image_exif", true);
    complete(&app, file, content, made, keeps_exif).await?;
    Ok(Reply::nothing())
}

/// Gives a file its contents, with what its client and the server made of them.
///
/// # Errors
/// They are not what the file says; it has some already; no room.
pub(super) async fn complete(
    app: &Data<App>,
    file: File,
    mut content: Part,
    made: Vec<(String, Part)>,
    keeps_exif: bool,
) -> ApiResult<File> {
    let said = Said {
        kind: Some(file.kind).filter(|kind| *kind != FileKind::Other),
        mime_type: None,
        part_type: content.mime_type.as_deref(),
    };
    let longest = app.files.settings().audio_max_bytes;
    let (contents, kind) = classify(&mut content.received, said, longest).await?;
    let mime_type = contents.mime_type.clone();
    let derived = derive_pictures(app, content.received, contents, &file.name, keeps_exif);
    let mut derived = derived.await?;
    for (key, mut part) in made {
        let own = derived_picture(&mut part, &key, &mime_type, &file.name).await?;
        derived.prefer(own, part.received);
    }
    let write = FileWrite::Fill {
        id: file.id,
        contents: derived.contents,
        kind,
        derived: derived.files,
    };
    let owner = file.user_id;
    keep(app, derived.bytes, async move |app, claim| {
        app.engine.fill_file(owner, write, claim).await
    })
    .await
}

/// `PUT /files/{file_id}/content/{key}`: a picture that the client made of one that follows.
pub(in crate::http) async fn derive(
    app: Data<App>,
    caller: UserCaller,
    params: Params,
    place: Path<(String, String)>,
    request: HttpRequest,
    payload: Payload,
) -> ApiResult {
    let (id, key) = place.into_inner();
    let file = incomplete(&app, &caller, &params, &id).await?;
    if !is_key(&key) {
        return Err(Refusal::Invalid.at("key").into());
    }
    let upload = Upload::begin(&app, file.user_id, &request).await?;
    let (mut content, _) = parts(&app, &request, payload, &upload).await?;
    // What it has to look like besides is known when the file is filled.
    let derived = derived_picture(&mut content, &key, "", &file.name).await?;
    let (owner, write) = (file.user_id, FileWrite::Derive(file.id, derived));
    keep(&app, vec![content.received], async move |app, claim| {
        app.engine.fill_file(owner, write, claim).await
    })
    .await?;
    Ok(Reply::nothing())
}

async fn incomplete(app: &App, caller: &UserCaller, params: &Params, id: &str) -> ApiResult<File> {
    let file = changeable(app, caller, params, path::id::<FileId>(id)?).await?;
    match file.contents {
        Some(_) => Err(Refusal::FileComplete.into()),
        None => Ok(file),
    }
}

type Parts = (Part, Vec<(String, Part)>);

/// The contents, with what the client made of them.
async fn parts(
    app: &App,
    request: &HttpRequest,
    payload: Payload,
    upload: &Upload,
) -> ApiResult<Parts> {
    if Kind::of(request) == Kind::Multipart {
        let form = Form::read(app, request, payload, upload.room, |_| Ok(()));
        let form = in_time(app, form).await?;
        let content = form.content.ok_or_else(|| Refusal::Missing.at("content"))?;
        return Ok((content, form.derived));
    }
    let mime_type = request.headers().get(CONTENT_TYPE);
    let mime_type = mime_type.and_then(|value| value.to_str().ok());
    let part = Part {
        received: in_time(app, receive(app, payload, upload.room)).await?,
        file_name: None,
        mime_type: mime_type.map(str::to_owned),
    };
    Ok((part, Vec::new()))
}

/// A picture that the client made, in the size that its key says.
///
/// # Errors
/// It is no picture, of another type than the one it was made of, or of another size.
pub(super) async fn derived_picture(
    part: &mut Part,
    key: &str,
    mime_type: &str,
    name: &str,
) -> ApiResult<DerivedFile> {
    let said = Said {
        kind: Some(FileKind::Image),
        ..Said::default()
    };
    let (contents, _) = classify(&mut part.received, said, 0).await?;
    let is_same_type = mime_type.is_empty() || mime_type == contents.mime_type;
    if !is_same_type || !fits(&contents, key) {
        return Err(Refusal::FileNotWhat.at(key.to_owned()).into());
    }
    Ok(DerivedFile {
        key: key.to_owned(),
        name: format!("{key}_{name}"),
        contents,
    })
}

fn fits(contents: &FileContents, key: &str) -> bool {
    contents.image.is_some_and(|image| match key {
        "core_image_200s" => (image.width, image.height) == (200, 200),
        "core_image_960r" => image.width <= 640 && image.height <= 960,
        _ => false,
    }) && media::kind_of(&contents.mime_type) == FileKind::Image
}
