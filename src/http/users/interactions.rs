//! What others did to the caller, or to a post.

use actix_web::web::{Data, Path};

use crate::http::extract::{AnyCaller, Caller, Params, UserCaller, path};
use crate::http::posts::lookup::there;
use crate::http::show::{self, Interacted};
use crate::http::{ApiResult, App};
use crate::model::visibility::ListedFor;
use crate::model::{Action, PostId, UserId};
use strum::VariantArray as _;

/// `GET /users/me/interactions`, and `/users/me/actions`
pub(in crate::http) async fn own(app: Data<App>, caller: UserCaller, params: Params) -> ApiResult {
    let (user, request) = (caller.id(), params.page());
    let actions = wanted(&params, Action::VARIANTS);
    let listed_for = listed_for(Some(user), &params);
    let read = app
        .engine
        .store()
        .read(move |db| db.interactions_of_user(user, &actions, listed_for, &request));
    let page = read.await?.map(Interacted::with_user);
    show::page(&app, Some(&caller), &params, &page).await
}

/// `GET /posts/{post_id}/interactions`, and `/posts/{post_id}/actions`. A repost is what it shows.
pub(in crate::http) async fn of_post(
    app: Data<App>,
    caller: AnyCaller,
    params: Params,
    id: Path<String>,
) -> ApiResult {
    let (id, request) = (path::id::<PostId>(&id)?, params.page());
    let actions = wanted(&params, Action::TO_POSTS);
    let viewer = caller.0.as_ref().and_then(Caller::user);
    let listed_for = listed_for(viewer, &params);
    let read = app.engine.store().read(move |db| {
        let named = there(db, id)?;
        let post = match named.repost_of {
            Some(original) => there(db, original)?,
            None => named,
        };
        db.interactions_with_post((post.user_id, post.id), &actions, listed_for, &request)
    });
    let page = read.await?.map(Interacted::with_post);
    show::page(&app, caller.0.as_ref(), &params, &page).await
}

/// Muted users are left out, unless the call asks for them.
fn listed_for(viewer: Option<UserId>, params: &Params) -> ListedFor {
    ListedFor {
        viewer,
        include_muted: params.flag("include_muted", false),
        shown: None,
    }
}

/// `filters` are kept; without any, `exclude` are left out. Names that are not known name nothing.
fn wanted(params: &Params, all: &[Action]) -> Vec<Action> {
    let names = |list: Vec<String>| -> Vec<String> {
        list.into_iter()
            .map(|name| name.trim().to_lowercase())
            .collect()
    };
    let (kept, left_out) = (names(params.list("filters")), names(params.list("exclude")));
    let is_in = |list: &[String], action: &Action| list.iter().any(|name| name == action.name());
    let wanted = all.iter().copied();
    wanted
        .filter(|action| match kept.is_empty() {
            true => !is_in(&left_out, action),
            false => is_in(&kept, action),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::query::Query;

    #[test]
    fn filters_are_kept_and_without_them_exclude_is_left_out() {
        let wanted = |query| wanted(&Params::of(Query::parse(query)), Action::VARIANTS);
        assert_eq!(wanted("").len(), 5);
        assert_eq!(
            wanted("filters=Follow,%20reply&exclude=follow"),
            [Action::Reply, Action::Follow]
        );
        assert_eq!(wanted("exclude=follow,poll_response").len(), 3);
        assert_eq!(wanted("filters=nothing"), []);
        assert_eq!(
            wanted("filters=bookmark?access_token=x"),
            [Action::Bookmark]
        );
    }
}
