//! Who follows whom, and whom one muted or blocked.

use actix_web::web::{Data, Path};

use crate::http::extract::{Caller, Params, TokenCaller, UserCaller, path};
use crate::http::user_includes::user_includes;
use crate::http::{ApiResult, App, Reply};
use crate::model::{Refusal, Relation, UserId};
use crate::protocol::render_options::RenderOptions;

/// Which list of which user.
struct List {
    of: UserId,
    relation: Relation,
    /// The others decided, not the user.
    incoming: bool,
}

/// `GET /users/{user_id}/following`
pub async fn following(
    caller: TokenCaller,
    user: Path<String>,
    params: Params,
    app: Data<App>,
) -> ApiResult {
    let list = List {
        of: path::user(&app, Some(&caller), &user).await?,
        relation: Relation::Follow,
        incoming: false,
    };
    show(&app, &caller, &params, list).await
}

/// `GET /users/{user_id}/followers`
pub async fn followers(
    caller: TokenCaller,
    user: Path<String>,
    params: Params,
    app: Data<App>,
) -> ApiResult {
    let list = List {
        of: path::user(&app, Some(&caller), &user).await?,
        relation: Relation::Follow,
        incoming: true,
    };
    show(&app, &caller, &params, list).await
}

/// `GET /users/{user_id}/muted`: one's own; an app may see those of its users.
pub async fn muted(
    caller: TokenCaller,
    user: Path<String>,
    params: Params,
    app: Data<App>,
) -> ApiResult {
    let of = path::user(&app, Some(&caller), &user).await?;
    match caller.user() {
        Some(me) if me != of => return Err(Refusal::NoAccess.into()),
        Some(_) => {}
        None => {
            let client = caller.token.client.id.clone();
            let store = app.engine.store();
            let users = store.read(move |db| db.users_of_client(&client)).await?;
            if !users.contains(&of) {
                return Err(Refusal::NoAccess.into());
            }
        }
    }
    let list = List {
        of,
        relation: Relation::Mute,
        incoming: false,
    };
    show(&app, &caller, &params, list).await
}

/// `GET /users/{user_id}/blocked`: one's own.
pub async fn blocked(
    caller: UserCaller,
    user: Path<String>,
    params: Params,
    app: Data<App>,
) -> ApiResult {
    let of = path::user(&app, Some(&caller), &user).await?;
    if of != caller.id() {
        return Err(Refusal::NoAccess.into());
    }
    let list = List {
        of,
        relation: Relation::Block,
        incoming: false,
    };
    show(&app, &caller, &params, list).await
}

async fn show(app: &App, caller: &Caller, params: &Params, list: List) -> ApiResult {
    let store = app.engine.store();
    let owner = user_includes(app, Some(caller), RenderOptions::default(), vec![list.of]).await?;
    if owner.object_unless_blocking(list.of).is_none() {
        return Err(Refusal::UserNotFound.into());
    }
    let request = params.page();
    let page = store
        .read(move |db| db.relation_page(list.of, list.relation, list.incoming, &request))
        .await?;
    let options = RenderOptions::from_query(params);
    let ids = page.items.iter().map(|(_, id)| *id).collect();
    let user_includes = user_includes(app, Some(caller), options, ids).await?;
    let shown = page.items.iter().filter_map(|(at, id)| {
        // The list of those whom one blocked would else be empty.
        let object = match list.relation {
            Relation::Block => user_includes.object_unless_blocking(*id),
            Relation::Follow | Relation::Mute => user_includes.object(*id),
        };
        object.map(|object| (id, object.paginated(*at)))
    });
    if options.user {
        let objects: Vec<_> = shown.map(|(_, object)| object).collect();
        return Reply::listing(&page, &objects);
    }
    let ids: Vec<_> = shown.map(|(id, _)| id).collect();
    Reply::listing(&page, &ids)
}
