//! Channels and their messages.
//!
//! Reads ask the store, once per answer where that is possible; `model::access` says who may read what. Writes go
//! through the engine, which knows the rules of each channel. `backdrop` and `reply` show the result.

mod explore;
mod filters;
mod inbox;
mod includes;
mod lifecycle;
mod lookup;
mod message_lookup;
pub(in crate::http) mod messages;
mod names;
mod presence;
pub(in crate::http) mod reading;
mod reply;
pub(in crate::http) mod search;
mod subscription;

use actix_web::web::{self, ServiceConfig};

use super::middleware::unknown_method;
use super::{feed, markers};

macro_rules! routes {
    ($($path:literal { $($method:ident $verb:literal $handler:path),+ $(,)? })*) => {
        /// Method and address of every route of channels, for the documents and the tests.
        pub const ROUTES: &[(&str, &str)] = &[$($(($verb, $path),)+)*];

        /// Adds the routes. The first address that fits is taken: what is called most stands first, and
        /// words stand before ids.
        pub fn configure(cfg: &mut ServiceConfig) {
            $(cfg.service(
                web::resource($path)
                    $(.route(web::$method().to($handler)))+
                    .default_service(web::to(unknown_method)),
            );)*
        }
    };
}

routes! {
    "/channels" { get "GET" lookup::list, post "POST" lifecycle::create }
    "/channels/search" { get "GET" search::channels }
    "/channels/messages" { get "GET" message_lookup::by_ids }
    "/channels/messages/search" { get "GET" search::messages }
    "/channels/subscribers/ids" { get "GET" subscription::subscriber_ids_of }
    "/channels/streams/explore" { get "GET" explore::list }
    "/channels/streams/explore/{slug}" { get "GET" explore::show }
    "/channels/{channel_id}/messages" {
        get "GET" reading::list,
        post "POST" messages::create,
    }
    "/channels/{channel_id}" {
        get "GET" lookup::show,
        put "PUT" lifecycle::edit,
        patch "PATCH" lifecycle::edit,
        delete "DELETE" lifecycle::deactivate,
    }
    "/channels/{channel_id}/messages/{message_id}" {
        get "GET" message_lookup::show,
        delete "DELETE" messages::delete,
    }
    "/channels/{channel_id}/messages/{message_id}/thread" { get "GET" reading::thread }
    "/channels/{channel_id}/messages/{message_id}/report" { post "POST" messages::report }
    "/channels/{channel_id}/messages/{message_id}/sticky" {
        put "PUT" messages::stick,
        delete "DELETE" messages::unstick,
    }
    "/channels/{channel_id}/sticky_messages" { get "GET" reading::sticky }
    "/channels/{channel_id}/owner" { put "PUT" lifecycle::hand_over }
    "/channels/{channel_id}/subscribe" {
        put "PUT" subscription::subscribe,
        post "POST" subscription::subscribe,
        delete "DELETE" subscription::unsubscribe,
    }
    "/channels/{channel_id}/mute" {
        put "PUT" subscription::mute,
        post "POST" subscription::mute,
        delete "DELETE" subscription::unmute,
    }
    "/channels/{channel_id}/subscribers" { get "GET" subscription::subscribers }
    "/channels/{channel_id}/subscribers/ids" { get "GET" subscription::subscriber_ids }
    "/channels/{channel_id}/presence" { get "GET" presence::list }
    "/users/{user_id}/presence/channels/{channel_id}" {
        get "GET" presence::show,
        put "PUT" presence::edit,
    }
    "/users/me/channels" { get "GET" lookup::owned }
    "/users/me/channels/subscribed" { get "GET" inbox::list }
    "/users/me/channels/muted" { get "GET" subscription::muted }
    "/users/me/channels/existing_pm" { get "GET" lookup::existing_pm }
    "/users/me/channels/num_unread" {
        get "GET" inbox::count,
        delete "DELETE" inbox::mark_read,
    }
    "/users/me/channels/num_unread/pm" {
        get "GET" inbox::count_private,
        delete "DELETE" inbox::mark_private_read,
    }
    "/users/me/messages" { get "GET" reading::mine }
    "/markers" { post "POST" markers::create }
    "/posts/marker" { post "POST" markers::create }
    "/feed/rss/channels/search" { get "GET" feed::channels }
    "/feed/rss/channels/{channel_id}/messages" { get "GET" feed::messages }
}
