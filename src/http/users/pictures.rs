//! Avatars and covers: redirects to the picture with the requested size, new ones, and the files themselves.

use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, EntityTag, IF_NONE_MATCH, LOCATION,
    X_CONTENT_TYPE_OPTIONS,
};
use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};

use super::lookup::show_user;
use super::upload::form_in;
use crate::http::extract::{AnyCaller, Params, UserCaller, path};
use crate::http::{ApiError, ApiResult, App};
use crate::model::{Failure, PictureUse, Refusal, UserId};
use crate::pictures::Size;
use crate::store::Call;

/// A link shows one picture for ever.
const IMMUTABLE: &str = "public, max-age=31536000, immutable";
/// A picture is nothing else, whatever a browser makes of its bytes.
const POLICY: &str = "default-src 'none'; sandbox";

/// `GET /users/{user_id}/avatar`
pub async fn avatar(
    caller: AnyCaller,
    user: Path<String>,
    params: Params,
    app: Data<App>,
) -> ApiResult<HttpResponse> {
    found(&caller, &user, &params, &app, PictureUse::Avatar).await
}

/// `GET /users/{user_id}/cover`
pub async fn cover(
    caller: AnyCaller,
    user: Path<String>,
    params: Params,
    app: Data<App>,
) -> ApiResult<HttpResponse> {
    found(&caller, &user, &params, &app, PictureUse::Cover).await
}

/// `POST /users/me/avatar`
pub async fn replace_avatar(
    caller: UserCaller,
    user: Path<String>,
    params: Params,
    request: HttpRequest,
    payload: Payload,
    app: Data<App>,
) -> ApiResult {
    demand_self(&app, &caller, &user).await?;
    replace(
        &app,
        &caller,
        &params,
        &request,
        payload,
        PictureUse::Avatar,
    )
    .await
}

/// `POST /users/me/cover`
pub async fn replace_cover(
    caller: UserCaller,
    user: Path<String>,
    params: Params,
    request: HttpRequest,
    payload: Payload,
    app: Data<App>,
) -> ApiResult {
    demand_self(&app, &caller, &user).await?;
    replace(&app, &caller, &params, &request, payload, PictureUse::Cover).await
}

/// `DELETE /users/me/avatar`
pub async fn remove_avatar(
    caller: UserCaller,
    user: Path<String>,
    params: Params,
    app: Data<App>,
) -> ApiResult {
    demand_self(&app, &caller, &user).await?;
    clear(&app, &caller, &params, PictureUse::Avatar).await
}

/// `DELETE /users/me/cover`
pub async fn remove_cover(
    caller: UserCaller,
    user: Path<String>,
    params: Params,
    app: Data<App>,
) -> ApiResult {
    demand_self(&app, &caller, &user).await?;
    clear(&app, &caller, &params, PictureUse::Cover).await
}

/// `GET /images/picture/{id}`, beside the API. The smallest size that is large enough for `w`, else for `h`.
pub async fn file(
    app: Data<App>,
    id: Path<String>,
    params: Params,
    request: HttpRequest,
) -> ApiResult<HttpResponse> {
    let id = id.into_inner();
    let (wanted, store) = (id.clone(), app.engine.store());
    let sizes = store.read(move |db| db.picture_sizes(&wanted)).await?;
    let size = sizes.as_deref().and_then(|sizes| fitting(sizes, &params));
    let size = *size.ok_or(Refusal::NotFound)?;
    let tag = EntityTag::new_strong(format!("{id}-{}", size.width));
    let mut known = request.headers().get_all(IF_NONE_MATCH);
    let is_known = known.any(|line| {
        let line = line.to_str().unwrap_or_default();
        line.trim() == "*" || line.contains(tag.tag())
    });
    let (mut response, bytes) = match is_known {
        true => (HttpResponse::NotModified(), None),
        false => {
            let bytes = app.gallery.file(&id, size).await?;
            (HttpResponse::Ok(), Some(bytes.ok_or(Refusal::NotFound)?))
        }
    };
    response
        .insert_header((ETAG, tag.to_string()))
        .insert_header((CACHE_CONTROL, IMMUTABLE))
        .insert_header((CONTENT_SECURITY_POLICY, POLICY))
        .insert_header((X_CONTENT_TYPE_OPTIONS, "nosniff"))
        // Web clients of other origins show it.
        .insert_header(("cross-origin-resource-policy", "cross-origin"))
        .insert_header((CONTENT_TYPE, size.kind.mime()));
    Ok(match bytes {
        Some(bytes) => response.body(bytes),
        None => response.finish(),
    })
}

/// Sizes are listed largest first.
fn fitting<'s>(sizes: &'s [Size], params: &Params) -> Option<&'s Size> {
    let asked = |name| params.number(name).filter(|side| *side > 0);
    let fits: Box<dyn Fn(&&Size) -> bool> = match (asked("w"), asked("h")) {
        (Some(width), _) => Box::new(move |size| i64::from(size.width) >= width),
        (None, Some(height)) => Box::new(move |size| i64::from(size.height) >= height),
        (None, None) => return sizes.first(),
    };
    sizes.iter().rev().find(fits).or(sizes.first())
}

async fn demand_self(app: &App, caller: &UserCaller, user: &str) -> ApiResult<()> {
    match path::user(app, Some(caller), user).await? == caller.id() {
        true => Ok(()),
        false => Err(Refusal::NoAccess.into()),
    }
}

async fn replace(
    app: &Data<App>,
    caller: &UserCaller,
    params: &Params,
    request: &HttpRequest,
    payload: Payload,
    of: PictureUse,
) -> ApiResult {
    let any = |_token: Option<&str>| Ok::<(), ApiError>(());
    take(app, caller.id(), request, payload, of, any).await?;
    show_user(app, Some(caller), params, caller.id()).await
}

/// Takes the picture of a form and shows it from then on. `admits` is asked with the field `form` of the form before
/// anything is made of the picture.
pub(in crate::http) async fn take<E: From<ApiError>>(
    app: &Data<App>,
    user: UserId,
    request: &HttpRequest,
    payload: Payload,
    of: PictureUse,
    admits: impl FnOnce(Option<&str>) -> Result<(), E>,
) -> Result<(), E> {
    let upload = app.gallery.uploads.begin(user).map_err(ApiError::from)?;
    let sent = form_in(request, payload.into_inner(), of).await?;
    admits(sent.token.as_deref())?;
    let missing = || ApiError::from(Refusal::Missing.at(of.name()));
    let picture = sent.picture.ok_or_else(missing)?;
    let made = app.gallery.make(picture, of).await;
    let made = made.map_err(ApiError::from)?;
    let app_of_task = app.clone();
    // Files are not left behind by a client that goes.
    let shown = actix_rt::spawn(Call::along(async move {
        let app = app_of_task;
        app.gallery.show(&app.engine, user, of, &made).await
    }));
    let shown = shown.await;
    drop(upload);
    let shown = shown.map_err(|error| ApiError::trouble(&error))?;
    Ok(shown.map_err(ApiError::from)?)
}

async fn clear(app: &Data<App>, caller: &UserCaller, params: &Params, of: PictureUse) -> ApiResult {
    take_away(app, caller.id(), of).await?;
    show_user(app, Some(caller), params, caller.id()).await
}

/// Shows the default picture from then on.
pub(in crate::http) async fn take_away(
    app: &Data<App>,
    user: UserId,
    of: PictureUse,
) -> ApiResult<()> {
    let app_of_task = app.clone();
    let cleared = actix_rt::spawn(Call::along(async move {
        let app = app_of_task;
        app.gallery.clear(&app.engine, user, of).await
    }));
    let cleared: Result<Result<(), Failure>, _> = cleared.await;
    Ok(cleared.map_err(|error| ApiError::trouble(&error))??)
}

async fn found(
    caller: &AnyCaller,
    user: &str,
    params: &Params,
    app: &App,
    of: PictureUse,
) -> ApiResult<HttpResponse> {
    let id = path::user(app, caller.0.as_ref(), user).await?;
    let user = app.engine.store().user(id).await?;
    let user = user.ok_or(Refusal::UserNotFound)?;
    Ok(redirect(app.engine.site().picture_url(&user, of), params))
}

/// The redirect keeps the query, but never a token: another host may serve the picture.
fn redirect(url: String, params: &Params) -> HttpResponse {
    let query = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(params.pairs().filter(|(name, _)| *name != "access_token"))
        .finish();
    let target = if query.is_empty() {
        url
    } else {
        format!("{url}?{query}")
    };
    HttpResponse::Found()
        .insert_header((LOCATION, target))
        .finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::query::Query;

    #[test]
    fn the_size_goes_along_and_the_token_does_not() {
        let params = Params::of(Query::parse("h=96&w=96&access_token=secret"));
        let response = redirect(String::from("https://x.example/a/1"), &params);
        assert_eq!(response.status(), 302);
        assert_eq!(
            response.headers().get(LOCATION).unwrap(),
            "https://x.example/a/1?h=96&w=96"
        );
    }

    #[test]
    fn the_smallest_size_that_is_large_enough_is_shown() {
        let size = |width, height| Size {
            width,
            height,
            kind: crate::pictures::Kind::Png,
        };
        let sizes = [size(1000, 500), size(500, 250), size(100, 50)];
        for (query, width) in [
            ("", 1000),
            ("w=96", 100),
            ("w=100&h=500", 100),
            ("w=101", 500),
            ("h=50", 100),
            ("h=251", 1000),
            ("w=5000", 1000),
            ("w=0&h=-1", 1000),
            ("w=x", 1000),
        ] {
            let fitting = fitting(&sizes, &Params::of(Query::parse(query)));
            assert_eq!(fitting.map(|size| size.width), Some(width), "{query}");
        }
    }
}
