//! Users by their names, and users that the caller may want to follow.

use actix_web::web::Data;

use crate::http::channels::search::{moment, question};
use crate::http::extract::{AnyCaller, Caller, Params, UserCaller};
use crate::http::show::Person;
use crate::http::{ApiResult, App, show};
use crate::model::{Refusal, UserKind};
use crate::store::{Purpose, UserSearch};

/// `GET /users/search`
pub async fn search(caller: AnyCaller, params: Params, app: Data<App>) -> ApiResult {
    let caller = caller.0.as_ref();
    let viewer = caller.and_then(Caller::user);
    let wanted = wanted(&params, viewer.is_some())?;
    let (request, store) = (params.page(), app.engine.store());
    let page = store.read_for(Purpose::Search, move |db| {
        db.search_users(&wanted, viewer, &request)
    });
    let page = page.await?.map(Person::listed);
    show::page(&app, caller, &params, &page).await
}

/// `GET /users/suggested`
pub async fn suggested(caller: UserCaller, params: Params, app: Data<App>) -> ApiResult {
    let (viewer, request, store) = (caller.id(), params.page(), app.engine.store());
    let page = store.read_for(Purpose::Search, move |db| {
        db.suggested_users(viewer, &request)
    });
    let page = page.await?.map(Person::listed);
    show::page(&app, Some(&caller), &params, &page).await
}

fn wanted(params: &Params, has_viewer: bool) -> ApiResult<UserSearch> {
    // `types` is the name of older versions.
    let names = [params.list("user_types"), params.list("types")].concat();
    let kind = |name: &String| {
        let all = [UserKind::Human, UserKind::Feed, UserKind::Bot];
        let kind = all.into_iter().find(|kind| kind.name() == name);
        kind.ok_or_else(|| Refusal::Invalid.at("user_types"))
    };
    let about_viewer = |name| params.tristate(name).filter(|_| has_viewer);
    Ok(UserSearch {
        q: question(params)?,
        by_relevance: params.get("order").is_none_or(|order| order == "relevance"),
        kinds: names.iter().map(kind).collect::<Result<_, _>>()?,
        locale: params.get("locale").map(str::to_owned),
        timezone: params.get("timezone").map(str::to_owned),
        created_after: moment(params, "created_after")?,
        created_before: moment(params, "created_before")?,
        is_follower: about_viewer("is_follower"),
        is_following: about_viewer("is_following"),
    })
}
