//! Answers that show objects: look up once what all of them include, then show each as the viewer sees it.
//!
//! A kind of object says in [`Shown`] what has to be looked up around it and how it looks; [`one`], [`all`] and
//! [`page`] are the same for all kinds. Another kind is a file here.

mod app_stream;
mod channel;
mod client;
mod event_filter;
mod file;
mod includes;
mod interaction;
mod message;
mod needs;
mod poll;
mod poll_includes;
mod post;
mod post_includes;
mod presence;
mod token;
mod user;
mod user_includes;

use serde::Serialize;

use super::extract::{Caller, Params};
use super::{ApiResult, App, Reply};
use crate::model::visibility::Occasion;
use crate::model::{Page, Refusal, UserId};
use crate::protocol::render_options::RenderOptions;

pub(super) use app_stream::Deleted;
pub(super) use event_filter::DeletedFilter;
pub(super) use file::{Placeholder, SeenFile};
pub(super) use includes::Includes;
pub(super) use interaction::Interacted;
pub(super) use needs::Needs;
pub(super) use poll::{AnsweredPoll, OpenedPoll};
pub(super) use post::{Bookmarked, Version, shown_post};
pub(super) use user::Person;

/// A kind of object that answers show.
pub(super) trait Shown {
    /// What an answer says where the object may not be shown to the viewer.
    const HIDDEN: Refusal;

    /// The object on the wire.
    type Object<'s>: Serialize
    where
        Self: 's;

    /// Names what has to be looked up to show it.
    fn needs(&self, options: RenderOptions, needs: &mut Needs);

    /// As the viewer sees it; `None`: not at all.
    fn object<'s>(
        &'s self,
        includes: &'s Includes<'_>,
        pagination_id: Option<i64>,
    ) -> Option<Self::Object<'s>>;
}

/// One object.
pub(super) async fn one<T: Shown>(
    app: &App,
    caller: Option<&Caller>,
    params: &Params,
    item: &T,
) -> ApiResult {
    let options = RenderOptions::from_query(params);
    let includes = Includes::around(app, caller, options, [item]).await?;
    Reply::one(&item.object(&includes, None).ok_or(T::HIDDEN)?)
}

/// A list without pages.
pub(super) async fn all<T: Shown>(
    app: &App,
    caller: Option<&Caller>,
    params: &Params,
    items: &[T],
) -> ApiResult {
    let options = RenderOptions::from_query(params);
    let includes = Includes::around(app, caller, options, items).await?;
    let objects = items.iter().filter_map(|item| item.object(&includes, None));
    Reply::one(&objects.collect::<Vec<_>>())
}

/// A page of a list. What may not be shown is left out; where the page begins and ends stays as it was read.
pub(super) async fn page<T: Shown>(
    app: &App,
    caller: Option<&Caller>,
    params: &Params,
    page: &Page<T>,
) -> ApiResult {
    let options = RenderOptions::from_query(params);
    let items = page.items.iter().map(|(_, item)| item);
    let includes = Includes::around(app, caller, options, items).await?;
    let objects = page
        .items
        .iter()
        .filter_map(|(id, item)| item.object(&includes, Some(*id)));
    Reply::listing(page, &objects.collect::<Vec<_>>())
}

/// The same answer, for something that was made by this call.
pub(super) fn created(reply: ApiResult) -> ApiResult {
    let mut reply = reply?;
    reply.meta.code = 201;
    Ok(reply)
}

/// Refuses unless the viewer may see this person's profile.
pub(super) async fn demand_person(
    app: &App,
    caller: Option<&Caller>,
    person: UserId,
    occasion: Occasion,
) -> ApiResult<()> {
    let includes = Includes::of_users(app, caller, RenderOptions::default(), vec![person]).await?;
    match includes.user(person, occasion) {
        Some(_) => Ok(()),
        None => Err(Refusal::UserNotFound.into()),
    }
}
