//! `GET /polls/search`

use actix_web::web::Data;

use super::lists::{show_page, viewer};
use crate::http::channels::search::{moment, person};
use crate::http::extract::{AnyCaller, Caller, Params};
use crate::http::{ApiResult, App};
use crate::model::visibility::ListedFor;
use crate::store::{PollSearch, Purpose};

/// `GET /polls/search`: public polls, and the caller's own that the scopes open.
pub(in crate::http) async fn search(
    app: Data<App>,
    caller: AnyCaller,
    params: Params,
) -> ApiResult {
    let caller = caller.0.as_ref();
    let mut search = PollSearch {
        creator: person(&app, caller, &params, "creator_id").await?,
        viewer: viewer(caller),
        by_closing: params.get("order") == Some("closed_at"),
        kinds: params.list("poll_types"),
        exclude_kinds: params.list("exclude_poll_types"),
        raw_types: params.list("raw_types"),
        file_id: params.get("file_id").map(str::to_owned),
        is_anonymous: params.tristate("is_anonymous"),
        is_closed: params.tristate("is_closed"),
        is_public: params.tristate("is_public"),
        you_responded: params.tristate("you_responded"),
        created_after: moment(&params, "created_after")?,
        created_before: moment(&params, "created_before")?,
        ..PollSearch::default()
    };
    search.listed_for = ListedFor {
        viewer: caller.and_then(Caller::user),
        include_muted: params.flag("include_muted", false),
        shown: None,
    };
    let (store, request) = (app.engine.store(), params.page());
    let read = store.read_for(Purpose::Search, move |db| db.poll_page(&search, &request));
    let found = read.await?;
    show_page(&app, caller, &params, found).await
}
