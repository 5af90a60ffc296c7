//! Lists of followed, following, muted and blocked users.

use actix_web::web::{Data, Path};

use crate::http::extract::{Caller, Live, Params, TokenCaller, UserCaller, path};
use crate::http::show::Person;
use crate::http::{ApiResult, App, show};
use crate::model::visibility::Occasion;
use crate::model::{Refusal, Relation, UserId};
use crate::protocol::topic::Topic;
use crate::store::FollowOrder;

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
    live: Live,
    app: Data<App>,
) -> ApiResult {
    let list = List {
        of: path::user(&app, Some(&caller), &user).await?,
        relation: Relation::Follow,
        incoming: false,
    };
    follows(&app, &caller, &params, live, list, Topic::Following).await
}

/// `GET /users/{user_id}/followers`
pub async fn followers(
    caller: TokenCaller,
    user: Path<String>,
    params: Params,
    live: Live,
    app: Data<App>,
) -> ApiResult {
    let list = List {
        of: path::user(&app, Some(&caller), &user).await?,
        relation: Relation::Follow,
        incoming: true,
    };
    follows(&app, &caller, &params, live, list, Topic::Followers).await
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
    show_list(&app, &caller, &params, list).await
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
    show_list(&app, &caller, &params, list).await
}

/// Follows of the caller are subscribable; those of others are a page only.
async fn follows(
    app: &App,
    caller: &Caller,
    params: &Params,
    live: Live,
    list: List,
    topic: impl FnOnce(UserId) -> Topic,
) -> ApiResult {
    let of = list.of;
    let page = show_list(app, caller, params, list);
    if caller.user() == Some(of) {
        live.around(app, caller, topic(of), page).await
    } else {
        page.await
    }
}

async fn show_list(app: &App, caller: &Caller, params: &Params, list: List) -> ApiResult {
    show::demand_person(app, Some(caller), list.of, Occasion::Named).await?;
    let request = params.page();
    let store = app.engine.store();
    let order = match list.relation {
        Relation::Follow => match params.get("order") {
            Some("id") => FollowOrder::Id,
            Some("last_post_id") => FollowOrder::LastPost,
            _ => FollowOrder::Time,
        },
        Relation::Mute | Relation::Block => FollowOrder::Time,
    };
    let seen = params.seen();
    let read = store.read(move |db| {
        seen.note(db)?;
        db.relation_page(list.of, list.relation, list.incoming, order, &request)
    });
    let page = read.await?;
    let page = page.map(|id| match list.relation {
        // Otherwise the list of blocked users would be empty.
        Relation::Block => Person::named(id),
        Relation::Follow | Relation::Mute => Person::listed(id),
    });
    show::page(app, Some(caller), params, &page).await
}
