//! `/users/1/files` and `/users/@ada/files` are `/users/me/files`, if the caller is that user: `me` may be written as the
//! user's own id or name, also where other users' are not to be had.

use actix_web::HttpMessage as _;
use actix_web::dev::ServiceRequest;
use actix_web::http::Method;

use super::slash;
use crate::http::extract::{Caller, path};
use crate::http::openapi::watch::Matched;
use crate::http::routes::row::{Route, Verb};
use crate::http::{ApiResult, App};
use crate::model::Refusal;

/// The path had this in the place of `me`.
struct Named(String);

/// Leads a call to the row with `me`, unless there is one for users by their names. Runs before the routes are looked at.
pub(super) fn resolve(request: &mut ServiceRequest, routes: &'static [Route]) {
    let Some((before, name, behind)) = parts(request.uri().path()) else {
        return;
    };
    let is = |row: &&Route, place: &str| {
        let rest = row.path.strip_prefix("/users/");
        let rest = rest.and_then(|rest| rest.strip_prefix(place)?.strip_prefix('/'));
        answers(row.verb, request.method()) && rest.is_some_and(|rest| fits(rest, behind))
    };
    let is_own = routes.iter().any(|row| is(&row, path::ME));
    if !is_own || routes.iter().any(|row| is(&row, "{user_id}")) {
        return;
    }
    let (name, led) = (
        name.replace("%40", "@"),
        format!("{before}/users/{}/{behind}", path::ME),
    );
    slash::lead_to(request, &led);
    request.extensions_mut().insert(Named(name));
}

/// Refuses, as an address that leads nowhere, unless the path named the caller.
///
/// # Errors
/// It names another user, or there is no caller.
pub(super) async fn demand(
    app: &App,
    caller: Option<&Caller>,
    request: &ServiceRequest,
) -> ApiResult<()> {
    let Some(Named(name)) = request.extensions_mut().remove::<Named>() else {
        return Ok(());
    };
    if let Some(user) = caller.and_then(Caller::user)
        && path::user(app, caller, &name).await.ok() == Some(user)
    {
        return Ok(());
    }
    // The row was none of this address.
    request.extensions_mut().remove::<Matched>();
    Err(Refusal::NotFound.into())
}

/// What is before `/users`, the user, and what is behind, in a path that names a user by id or name.
fn parts(path: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = match path.strip_prefix("/v1") {
        Some(rest) => ("/v1", rest),
        None => ("", path),
    };
    let (name, behind) = rest.strip_prefix("/users/")?.split_once('/')?;
    let is_id = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_digit());
    (is_id || name.starts_with('@') || name.starts_with("%40")).then_some((before, name, behind))
}

fn answers(verb: Verb, method: &Method) -> bool {
    verb.name() == method.as_str() || (verb == Verb::Get && *method == Method::HEAD)
}

/// Whether a path is of this form.
fn fits(form: &str, path: &str) -> bool {
    let (mut form, mut path) = (form.split('/'), path.split('/'));
    loop {
        match (form.next(), path.next()) {
            (None, None) => return true,
            (Some(part), Some(given)) if part.starts_with('{') || part == given => {}
            (Some(_) | None, _) => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_names_a_user_by_id_or_name() {
        assert_eq!(
            parts("/v1/users/1/channels/muted"),
            Some(("/v1", "1", "channels/muted"))
        );
        assert_eq!(parts("/users/@ada/files"), Some(("", "@ada", "files")));
        for none in [
            "/v1/users/me/files",
            "/v1/users/ada/files",
            "/v1/users/1",
            "/v1/users//files",
            "/v1/posts/1/thread",
        ] {
            assert_eq!(parts(none), None, "{none}");
        }
    }

    #[test]
    fn a_form_fits_part_by_part() {
        assert!(fits("streams/{connection_id}", "streams/abc"));
        assert!(!fits("streams/{connection_id}", "streams"));
        assert!(!fits("streams", "streams/abc"));
        assert!(!fits("channels/muted", "channels/other"));
    }
}
