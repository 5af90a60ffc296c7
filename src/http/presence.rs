//! Global presence. For presence in a channel see `channels::presence`.

use actix_web::web::{Data, Path};

use crate::actors::SetPresence;
use crate::http::extract::{Body, Caller, Live, Params, TokenCaller, UserCaller, path};
use crate::http::pipeline::rate_limit::bucket::{Class, of_token};
use crate::http::{ApiError, ApiResult, App, show};
use crate::model::{PageRequest, Refusal, Stamp, UserId, UserPrincipal};
use crate::protocol::topic::Topic;
use crate::text::is_invisible;

/// How long a presence lasts, in seconds.
#[derive(Clone, Copy, Debug)]
pub struct Lifetimes {
    /// If the call does not say.
    pub default: u64,
    /// At most.
    pub longest: u64,
}

/// A page of a list of presences: as long as pages may be, since clients show who is there without turning pages.
pub fn page(params: &Params) -> PageRequest {
    let asked = params.page();
    match params.has("count") {
        true => asked,
        false => PageRequest {
            count: 200,
            ..asked
        },
    }
}

/// `GET /presence`: users that are not offline.
pub async fn list(caller: TokenCaller, params: Params, live: Live, app: Data<App>) -> ApiResult {
    let page = async {
        let present = app.engine.presence().all(&page(&params));
        show::page(&app, Some(&caller), &params, &present).await
    };
    live.around(&app, &caller, Topic::Presence, page).await
}

/// `GET /users/{user_id}/presence`, and its old address `/presence/{user_id}`
pub async fn show(
    caller: UserCaller,
    user: Path<String>,
    params: Params,
    app: Data<App>,
) -> ApiResult {
    let id = path::user(&app, Some(&caller), &user).await?;
    show_user(&app, &caller, &params, id).await
}

async fn show_user(app: &App, caller: &Caller, params: &Params, id: UserId) -> ApiResult {
    let presence = app.engine.presence().of(id);
    show::one(app, Some(caller), params, &presence).await
}

/// `PUT /users/{user_id}/presence`: one's own.
pub async fn edit(
    caller: UserCaller,
    user: Path<String>,
    params: Params,
    body: Body,
    app: Data<App>,
) -> ApiResult {
    let id = path::user(&app, Some(&caller), &user).await?;
    if id != caller.id() {
        return Err(Refusal::NoAccess.into());
    }
    // The shortcut wins over the body, and counts once.
    let shortcut = params.has("update_presence");
    let set = if shortcut {
        from_shortcut(&app, &params)?
    } else {
        read(&app, &params, &body)?
    };
    app.engine.set_presence(caller.principal(), set).await?;
    let mut reply = show_user(&app, &caller, &params, id).await?;
    reply.meta.updated_presence = shortcut.then_some(true);
    Ok(reply)
}

/// `update_presence` on any call of a user. A presence with the same text only lasts longer: otherwise each call of a
/// client that always sends it would announce an event. A different text announces one, so it counts against the limit
/// as a presence that is put.
pub async fn shortcut(app: &App, principal: &UserPrincipal, params: &Params) -> ApiResult<()> {
    let set = from_shortcut(app, params)?;
    let board = app.engine.presence();
    if set.text == board.of(principal.user).text {
        board.set(principal.user, set);
    } else {
        let buckets = of_token(&principal.token, Class::Marker);
        let counted = app.rate.count(&buckets).await;
        counted.allowed().map_err(ApiError::limited)?;
        app.engine.set_presence(principal, set).await?;
    }
    Ok(())
}

fn from_shortcut(app: &App, params: &Params) -> ApiResult<SetPresence> {
    let expiration = params.number("update_presence_expiration");
    parse(app, params.get("update_presence"), expiration)
}

/// The same fields come in a body or in the query string.
pub fn read(app: &App, params: &Params, body: &Body) -> ApiResult<SetPresence> {
    let text = body
        .text("presence")?
        .or_else(|| params.get("presence").map(ToOwned::to_owned));
    let given = body
        .text("expiration")?
        .filter(|text| !text.trim().is_empty());
    let expiration = match given {
        Some(text) => {
            let seconds = text.trim().parse().ok();
            Some(seconds.ok_or_else(|| Refusal::WrongType.at("expiration"))?)
        }
        None => params.number("expiration"),
    };
    parse(app, text.as_deref(), expiration)
}

fn parse(app: &App, text: Option<&str>, expiration: Option<i64>) -> ApiResult<SetPresence> {
    let now = app.engine.store().now();
    let (text, until) = understand(text, expiration, now, app.settings.presence);
    let longest = app.engine.limits().presence_length;
    if text.is_some_and(|text| text.chars().count() > longest) {
        return Err(Refusal::TooLong.at("presence").into());
    }
    Ok(SetPresence {
        text: text.map(ToOwned::to_owned),
        until,
    })
}

/// What the words mean; no text is offline.
fn understand(
    text: Option<&str>,
    expiration: Option<i64>,
    now: Stamp,
    lifetimes: Lifetimes,
) -> (Option<&str>, Stamp) {
    let after = |seconds: u64| now.seconds().saturating_add_unsigned(seconds);
    let seconds = expiration
        .unwrap_or(after(lifetimes.default))
        .min(after(lifetimes.longest));
    let until = Stamp::from_seconds(seconds);
    let text = match text.map(str::trim) {
        None | Some("1" | "true") => Some("online"),
        Some("0" | "false" | "offline") => None,
        Some(text) if is_invisible(text) => Some("online"),
        Some(text) => Some(text),
    };
    (text.filter(|_| until > now), until)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Stamp = Stamp(1_000_000_000_000_000);
    const LIFETIMES: Lifetimes = Lifetimes {
        default: 900,
        longest: 604_800,
    };

    #[test]
    fn words_for_here_and_away() {
        let text = |text| understand(text, None, NOW, LIFETIMES).0;
        assert_eq!(text(None), Some("online"));
        assert_eq!(text(Some("1")), Some("online"));
        assert_eq!(text(Some("\u{200B}\u{2060}")), Some("online"));
        assert_eq!(text(Some("0")), None);
        assert_eq!(text(Some("offline")), None);
        assert_eq!(text(Some(" at lunch ")), Some("at lunch"));
    }

    #[test]
    fn a_presence_lasts_a_while_and_never_longer_than_a_week() {
        let until =
            |expiration| understand(None, expiration, NOW, LIFETIMES).1.seconds() - NOW.seconds();
        assert_eq!(until(None), 900);
        assert_eq!(until(Some(NOW.seconds() + 60)), 60);
        assert_eq!(until(Some(i64::MAX)), 604_800);
        // What ended before it began is the end.
        assert_eq!(understand(Some("x"), Some(5), NOW, LIFETIMES).0, None);
    }
}
