//! Pages of a user's polls.

use actix_web::web::{Data, Path};

use crate::http::extract::{AnyCaller, Caller, Params, UserCaller, path};
use crate::http::show::{AnsweredPoll, OpenedPoll, demand_person};
use crate::http::{ApiResult, App, show};
use crate::model::visibility::Occasion;
use crate::model::{Page, Poll, PollDoor, Scopes, UserId};
use crate::store::{PollSearch, Purpose};

/// `GET /users/me/polls`: of the types that the scopes open.
pub(in crate::http) async fn mine(app: Data<App>, caller: UserCaller, params: Params) -> ApiResult {
    let found = read(&app, own(&caller, &params), &params).await?;
    show_page(&app, Some(&caller), &params, found).await
}

/// `GET /users/me/polls/responses`: those of them that some user answered, in short.
pub(in crate::http) async fn answered(
    app: Data<App>,
    caller: UserCaller,
    params: Params,
) -> ApiResult {
    let search = PollSearch {
        is_answered: true,
        ids: params.ids("ids").into_iter().collect(),
        ..own(&caller, &params)
    };
    let found = read(&app, search, &params).await?;
    show::page(&app, Some(&caller), &params, &found.map(AnsweredPoll)).await
}

/// `GET /users/{user_id}/polls`: public ones, and the caller's own that the scopes open.
pub(in crate::http) async fn of_user(
    app: Data<App>,
    caller: AnyCaller,
    params: Params,
    user: Path<String>,
) -> ApiResult {
    let caller = caller.0.as_ref();
    let user = path::user(&app, caller, &user).await?;
    demand_person(&app, caller, user, Occasion::Named).await?;
    let search = PollSearch {
        creator: Some(user),
        ..general(caller, &params)
    };
    let found = read(&app, search, &params).await?;
    show_page(&app, caller, &params, found).await
}

fn own(caller: &UserCaller, params: &Params) -> PollSearch {
    PollSearch {
        creator: Some(caller.id()),
        ..general(Some(caller), params)
    }
}

/// The parameters that every list of polls knows.
fn general(caller: Option<&Caller>, params: &Params) -> PollSearch {
    let only = |switch: &str, wanted: bool| (!params.flag(switch, true)).then_some(wanted);
    PollSearch {
        viewer: viewer(caller),
        kinds: params.list("poll_types"),
        exclude_kinds: params.list("exclude_poll_types"),
        is_closed: only("include_closed", false),
        is_public: only("include_private", true),
        ..PollSearch::default()
    }
}

/// The user that looks, with what the token opens.
pub(super) fn viewer(caller: Option<&Caller>) -> Option<(UserId, Scopes)> {
    let caller = caller?;
    Some((caller.user()?, caller.token.scopes.clone()))
}

async fn read(app: &App, search: PollSearch, params: &Params) -> ApiResult<Page<Poll>> {
    let request = params.page();
    let read = app
        .engine
        .store()
        .read_for(Purpose::Search, move |db| db.poll_page(&search, &request));
    Ok(read.await?)
}

/// A page, each poll with why the caller may read it.
pub(super) async fn show_page(
    app: &App,
    caller: Option<&Caller>,
    params: &Params,
    found: Page<Poll>,
) -> ApiResult {
    let token = caller.map(|caller| &*caller.token);
    let page = found.map(|poll| {
        // What is not the caller's own is on the page because it is public.
        let door = poll.door(token, None).unwrap_or(PollDoor::Public);
        OpenedPoll { poll, door }
    });
    show::page(app, caller, params, &page).await
}
