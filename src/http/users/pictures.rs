//! Avatars and covers: redirects to the picture, with the requested size.

use actix_web::HttpResponse;
use actix_web::http::header::LOCATION;
use actix_web::web::{Data, Path};

use crate::http::extract::{AnyCaller, Params, path};
use crate::http::{ApiResult, App};
use crate::model::{Refusal, UserId};

/// `GET /users/{user_id}/avatar`
pub async fn avatar(
    caller: AnyCaller,
    user: Path<String>,
    params: Params,
    app: Data<App>,
) -> ApiResult<HttpResponse> {
    let id = known(&caller, &user, &app).await?;
    Ok(redirect(app.engine.site().avatar_url(id), &params))
}

/// `GET /users/{user_id}/cover`
pub async fn cover(
    caller: AnyCaller,
    user: Path<String>,
    params: Params,
    app: Data<App>,
) -> ApiResult<HttpResponse> {
    known(&caller, &user, &app).await?;
    Ok(redirect(app.engine.site().cover_url(), &params))
}

async fn known(caller: &AnyCaller, user: &str, app: &App) -> ApiResult<UserId> {
    let id = path::user(app, caller.0.as_ref(), user).await?;
    let user = app.engine.store().user(id).await?;
    Ok(user.ok_or(Refusal::UserNotFound)?.id)
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
        let params = Params(Query::parse("h=96&w=96&access_token=secret"));
        let response = redirect(String::from("https://x.example/a/1"), &params);
        assert_eq!(response.status(), 302);
        assert_eq!(
            response.headers().get(LOCATION).unwrap(),
            "https://x.example/a/1?h=96&w=96"
        );
    }
}
