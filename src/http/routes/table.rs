//! Every route, one row each.
//!
//! The first path that fits a request is taken, so what is called most is listed first, and words are listed before
//! `{ids}`. Rows of one path follow one another: they become one resource. The token and the scope are asked for
//! before the handler runs; `Channel` is a scope that opens the channel in question.

use super::super::{
    channels, clients, feed, files, markers, oauth, oembed, openapi, polls, posts, presence, short,
    streams, sys, text, token, users,
};
use super::row::{RateClass, Route, ScopeNeed, TokenKind, Verb};
use crate::event::TopicKind;
use crate::model::Scope;

macro_rules! scope {
    (Any) => {
        ScopeNeed::None
    };
    (Channel) => {
        ScopeNeed::Channel
    };
    (Polls) => {
        ScopeNeed::AnyOf(&[Scope::Polls])
    };
    (Polling) => {
        ScopeNeed::AnyOf(&[Scope::Polls, Scope::WritePost])
    };
    (Files) => {
        ScopeNeed::Files
    };
    (Upload) => {
        ScopeNeed::Upload
    };
    ($scope:ident) => {
        ScopeNeed::Scope(Scope::$scope)
    };
}

macro_rules! topic {
    () => {
        None
    };
    ($topic:ident) => {
        Some(TopicKind::$topic)
    };
}

macro_rules! routes {
    ($($verb:ident $path:literal $handler:path, $token:ident $scope:ident $rate:ident $($topic:ident)?;)*) => {
        /// The table.
        pub const ROUTES: &[Route] = &[$(Route {
            verb: Verb::$verb,
            path: $path,
            token: TokenKind::$token,
            scope: scope!($scope),
            rate: RateClass::$rate,
            topic: topic!($($topic)?),
            handler: || actix_web::Route::new().to($handler),
        },)*];
    };
}

#[rustfmt::skip]
routes! {
    // verbpath                                                      handler                                     token     scope          rate, topic

    // Channels and messages
    Get    "/channels"                                               channels::lookup::list,                     Optional  Channel        Read Inbox;
    Post   "/channels"                                               channels::lifecycle::create,                User      Channel        Write;
    Get    "/channels/search"                                        channels::search::channels,                 Optional  Channel        Read;
    Get    "/channels/messages"                                      channels::message_lookup::by_ids,           Optional  Channel        Read;
    Get    "/channels/messages/search"                               channels::search::messages,                 Any       Channel        Read;
    Get    "/channels/subscribers/ids"                               channels::subscription::subscriber_ids_of,    Optional  Channel        Read;
    Get    "/channels/streams/explore"                               channels::explore::list,                    Optional  Any            Read;
    Get    "/channels/streams/explore/{slug}"                        channels::explore::show,                    Optional  Channel        Read;
    Get    "/channels/{channel_id}/messages"                         channels::reading::list,                    Optional  Channel        Read ChannelMessages;
    Post   "/channels/{channel_id}/messages"                         channels::messages::create,                 User      Channel        Write;
    Get    "/channels/{channel_id}"                                  channels::lookup::show,                     Optional  Channel        Read;
    Put    "/channels/{channel_id}"                                  channels::lifecycle::edit,                  User      Channel        Write;
    Patch  "/channels/{channel_id}"                                  channels::lifecycle::edit,                  User      Channel        Write;
    Delete "/channels/{channel_id}"                                  channels::lifecycle::deactivate,            User      Channel        Write;
    Get    "/channels/{channel_id}/messages/{message_id}"            channels::message_lookup::show,             Optional  Channel        Read;
    Delete "/channels/{channel_id}/messages/{message_id}"            channels::messages::delete,                 User      Channel        Write;
    Get    "/channels/{channel_id}/messages/{message_id}/thread"     channels::reading::thread,                  Optional  Channel        Read;
    Post   "/channels/{channel_id}/messages/{message_id}/report"     channels::messages::report,                 User      Any            Write;
    Put    "/channels/{channel_id}/messages/{message_id}/sticky"     channels::messages::stick,                  User      Channel        Write;
    Delete "/channels/{channel_id}/messages/{message_id}/sticky"     channels::messages::unstick,                User      Channel        Write;
    Get    "/channels/{channel_id}/sticky_messages"                  channels::reading::sticky,                  Optional  Channel        Read;
    Put    "/channels/{channel_id}/owner"                            channels::lifecycle::hand_over,             User      Channel        Write;
    Put    "/channels/{channel_id}/subscribe"                        channels::subscription::subscribe,            User      Channel        Write;
    Post   "/channels/{channel_id}/subscribe"                        channels::subscription::subscribe,            User      Channel        Write;
    Delete "/channels/{channel_id}/subscribe"                        channels::subscription::unsubscribe,          User      Channel        Write;
    Put    "/channels/{channel_id}/mute"                             channels::subscription::mute,                 User      Channel        Write;
    Post   "/channels/{channel_id}/mute"                             channels::subscription::mute,                 User      Channel        Write;
    Delete "/channels/{channel_id}/mute"                             channels::subscription::unmute,               User      Channel        Write;
    Get    "/channels/{channel_id}/subscribers"                      channels::subscription::subscribers,          Optional  Channel        Read ChannelSubscribers;
    Get    "/channels/{channel_id}/subscribers/ids"                  channels::subscription::subscriber_ids,       Optional  Channel        Read;
    Get    "/channels/{channel_id}/presence"                         channels::presence::list,                   User      Channel        Read ChannelPresence;
    Get    "/users/{user_id}/presence/channels/{channel_id}"         channels::presence::show,                   User      Channel        Read;
    Put    "/users/{user_id}/presence/channels/{channel_id}"         channels::presence::edit,                   User      Channel        Marker;
    Get    "/users/me/channels"                                      channels::lookup::owned,                    User      Channel        Read;
    Get    "/users/me/channels/subscribed"                           channels::inbox::list,                      User      Channel        Read Inbox;
    Get    "/users/me/channels/muted"                                channels::subscription::muted,                User      Channel        Read;
    Get    "/users/me/channels/existing_pm"                          channels::lookup::existing_pm,              User      Channel        Read;
    Get    "/users/me/channels/num_unread"                           channels::inbox::count,                     User      Channel        Read;
    Delete "/users/me/channels/num_unread"                           channels::inbox::mark_read,                 User      Channel        Marker;
    Get    "/users/me/channels/num_unread/pm"                        channels::inbox::count_private,             User      Channel        Read;
    Delete "/users/me/channels/num_unread/pm"                        channels::inbox::mark_private_read,         User      Channel        Marker;
    Get    "/users/me/messages"                                      channels::reading::mine,                    User      Channel        Read;

    // Markers and feeds
    Get    "/markers"                                                markers::list,                              User      Any            Read Markers;
    Post   "/markers"                                                markers::create,                            User      Any            Marker;
    Post   "/posts/marker"                                           markers::create,                            User      Any            Marker;
    Get    "/feed/rss/channels/search"                               feed::channels,                             Optional  Channel        Read;
    Get    "/feed/rss/channels/{channel_id}/messages"                feed::messages,                             Optional  Channel        Read;
    Get    "/feed/rss/posts/search"                                  feed::posts::found,                         Optional  Any            Read;
    Get    "/feed/rss/posts/tags/{tag}"                              feed::posts::tagged,                        Optional  Any            Read;
    Get    "/feed/rss/posts/streams/explore/{slug}"                  feed::posts::explored,                      Optional  Any            Read;
    Get    "/feed/rss/users/{user_id}/posts"                         feed::posts::of_user,                       Optional  Any            Read;

    // Posts
    Get    "/posts/streams/me"                                       posts::streams::home,                       User      Stream         Read Home;
    Get    "/posts/streams/unified"                                  posts::streams::unified,                    User      Stream         Read Unified;
    Get    "/posts/streams/global"                                   posts::streams::global,                     Optional  Any            Read;
    Get    "/posts/streams/explore"                                  posts::explore::list,                       Optional  Any            Read;
    Get    "/posts/streams/explore/{slug}"                           posts::explore::show,                       Optional  Any            Read;
    Get    "/posts/search"                                           posts::search::search,                      Optional  Any            Read;
    Get    "/posts/tags/{tag}"                                       posts::streams::tagged,                     Optional  Any            Read;
    Get    "/posts/tag/{tag}"                                        posts::streams::tagged,                     Optional  Any            Read;
    Get    "/posts"                                                  posts::lookup::by_ids,                      Optional  Any            Read;
    Post   "/posts"                                                  posts::write::create,                       User      WritePost      Write;
    Get    "/posts/{post_id}"                                        posts::lookup::show,                        Optional  Any            Read;
    Put    "/posts/{post_id}"                                        posts::write::revise,                       User      WritePost      Write;
    Delete "/posts/{post_id}"                                        posts::write::delete,                       User      WritePost      Write;
    Get    "/posts/{post_id}/revisions"                              posts::lookup::revisions,                   Optional  Any            Read;
    Get    "/posts/{post_id}/actions"                                users::interactions::of_post,               Optional  Any            Read;
    Get    "/posts/{post_id}/interactions"                           users::interactions::of_post,               Optional  Any            Read;
    Get    "/posts/{post_id}/thread"                                 posts::streams::thread,                     Optional  Any            Read Thread;
    Put    "/posts/{post_id}/repost"                                 posts::act::repost,                         User      WritePost      Write;
    Delete "/posts/{post_id}/repost"                                 posts::act::remove_repost,                  User      WritePost      Write;
    Put    "/posts/{post_id}/bookmark"                               posts::act::bookmark,                       User      WritePost      Write;
    Delete "/posts/{post_id}/bookmark"                               posts::act::remove_bookmark,                User      WritePost      Write;
    Post   "/posts/{post_id}/report"                                 posts::act::report,                         User      Any            Write;
    Get    "/users/{user_id}/posts"                                  posts::streams::of_user,                    Optional  Any            Read OwnPosts;
    Get    "/users/{user_id}/mentions"                               posts::streams::mentions,                   Optional  Any            Read Mentions;
    Get    "/users/{user_id}/bookmarks"                              posts::streams::bookmarks,                  User      Any            Read;

    // Files
    Get    "/files"                                                  files::lookup::by_ids,                      User      Any            Read;
    Post   "/files"                                                  files::create::create,                      Uploader  Upload         Write;
    Delete "/files"                                                  files::bulk::delete,                        User      Files          Write;
    Post   "/files/provision"                                        files::provision::create,                   User      Files          Write;
    Post   "/files/provision/{operation_id}"                         files::provision::fill,                     Uploader  Any            Write;
    Get    "/files/{file_id}"                                        files::lookup::show,                        User      Any            Read;
    Put    "/files/{file_id}"                                        files::change::edit,                        User      Any            Write;
    Patch  "/files/{file_id}"                                        files::change::edit,                        User      Any            Write;
    Delete "/files/{file_id}"                                        files::change::delete,                      User      Any            Write;
    Get    "/files/{file_id}/content"                                files::lookup::content,                     User      Any            Read;
    Put    "/files/{file_id}/content"                                files::fill::fill,                          Uploader  Any            Write;
    Post   "/files/{file_id}/content"                                files::fill::fill,                          Uploader  Any            Write;
    Get    "/files/{file_id}/content/{key}"                          files::lookup::derived,                     User      Any            Read;
    Put    "/files/{file_id}/content/{key}"                          files::fill::derive,                        Uploader  Any            Write;
    Get    "/users/me/files"                                         files::lookup::mine,                        User      Files          Read Files;
    // Polls
    Get    "/polls"                                                  polls::lookup::by_ids,                      User      Polls          Read;
    Post   "/polls"                                                  polls::write::create,                       User      Polling        Write;
    Get    "/polls/search"                                           polls::search::search,                      Optional  Any            Read;
    Get    "/polls/{poll_id}"                                        polls::lookup::show,                        Any       Any            Read;
    Delete "/polls/{poll_id}"                                        polls::write::delete,                       User      Polls          Write;
    Put    "/polls/{poll_id}/response"                               polls::write::answer,                       User      Polling        Write;
    Put    "/polls/{poll_id}/response/{position}"                    polls::write::answer_one,                   User      Polling        Write;
    Get    "/users/me/polls"                                         polls::lists::mine,                         User      Polls          Read;
    Get    "/users/me/polls/responses"                               polls::lists::answered,                     User      Polls          Read;
    Get    "/users/{user_id}/polls"                                  polls::lists::of_user,                      Optional  Any            Read;

    // Tokens
    Post   "/oauth/access_token"                                     oauth::grant::create,                       Ignored   Any            SignIn;
    Get    "/token"                                                  token::show,                                Any       Any            Read Token;
    Delete "/token"                                                  token::delete,                              Any       Any            GiveBack;
    Post   "/token/ticket"                                           token::ticket,                              Any       Any            Marker;
    Get    "/apps/me/users/ids"                                      token::user_ids,                            App       Any            Read;
    Get    "/apps/me/users/tokens"                                   token::user_tokens,                         App       Any            Read;

    // App streams and user streams
    Get    "/streams"                                                streams::app_streams::list,                 App       Any            Read;
    Post   "/streams"                                                streams::app_streams::create,               App       Any            Write;
    Put    "/streams"                                                streams::app_streams::edit_by_body,         App       Any            Write;
    Delete "/streams"                                                streams::app_streams::delete_all,           App       Any            Write;
    Get    "/streams/{stream_key}"                                   streams::app_streams::show,                 App       Any            Read;
    Put    "/streams/{stream_key}"                                   streams::app_streams::edit,                 App       Any            Write;
    Delete "/streams/{stream_key}"                                   streams::app_streams::delete,               App       Any            Write;
    Get    "/streams/{stream_key}/dead_letters"                      streams::webhooks::list,                    App       Any            Read;
    Delete "/streams/{stream_key}/dead_letters"                      streams::webhooks::delete_all,              App       Any            Write;
    Post   "/streams/{stream_key}/dead_letters/replay"               streams::webhooks::replay_all,              App       Any            Write;
    Delete "/streams/{stream_key}/dead_letters/{dead_letter_id}"     streams::webhooks::delete,                  App       Any            Write;
    Post   "/streams/{stream_key}/dead_letters/{dead_letter_id}/replay" streams::webhooks::replay,                  App       Any            Write;
    Get    "/filters"                                                streams::filters::list,                     Any       Any            Read;
    Post   "/filters"                                                streams::filters::create,                   Any       Any            Write;
    Delete "/filters"                                                streams::filters::delete_all,               Any       Any            Write;
    Get    "/filters/{filter_id}"                                    streams::filters::show,                     Any       Any            Read;
    Put    "/filters/{filter_id}"                                    streams::filters::edit,                     Any       Any            Write;
    Delete "/filters/{filter_id}"                                    streams::filters::delete,                   Any       Any            Write;
    Get    "/apps/me/streams"                                        streams::own_streams::of_app,               App       Any            Read;
    Get    "/apps/me/streams/log"                                    streams::own_streams::closed_of_app,        App       Any            Read;
    Get    "/users/me/streams"                                       streams::own_streams::of_user,              User      Any            Read;
    Get    "/users/me/streams/log"                                   streams::own_streams::closed_of_user,       User      Any            Read;
    Delete "/users/me/streams/{connection_id}"                       streams::user_streams::close,               User      Any            Marker;
    Delete "/users/me/streams/{connection_id}/{subscription_id}"     streams::user_streams::unsubscribe,            User      Any            Marker;

    // Presence
    Get    "/presence"                                               presence::list,                             Any       Any            Read Presence;
    Get    "/presence/{user_id}"                                     presence::show,                             User      Any            Read;
    Get    "/users/{user_id}/presence"                               presence::show,                             User      Any            Read;
    Put    "/users/{user_id}/presence"                               presence::edit,                             User      Presence       Marker;

    // Users
    Get    "/users"                                                  users::lookup::list,                        Optional  Any            Read;
    Get    "/users/search"                                           users::search::search,                      Optional  Any            Read;
    Get    "/users/suggested"                                        users::search::suggested,                   User      Follow         Read;
    Get    "/users/{user_id}"                                        users::lookup::show,                        Optional  Any            Read;
    Put    "/users/{user_id}"                                        users::profile::replace,                    User      UpdateProfile  Write;
    Patch  "/users/{user_id}"                                        users::profile::change,                     User      UpdateProfile  Write;
    Get    "/users/{user_id}/avatar"                                 users::pictures::avatar,                    Optional  Any            Read;
    Post   "/users/{user_id}/avatar"                                 users::pictures::replace_avatar,            User      UpdateProfile  Write;
    Delete "/users/{user_id}/avatar"                                 users::pictures::remove_avatar,             User      UpdateProfile  Write;
    Get    "/users/{user_id}/cover"                                  users::pictures::cover,                     Optional  Any            Read;
    Post   "/users/{user_id}/cover"                                  users::pictures::replace_cover,             User      UpdateProfile  Write;
    Delete "/users/{user_id}/cover"                                  users::pictures::remove_cover,              User      UpdateProfile  Write;
    Get    "/users/me/badges"                                        users::badges::own,                         User      Any            Read;
    Get    "/users/me/interactions"                                  users::interactions::own,                   User      Any            Read;
    Get    "/users/me/actions"                                       users::interactions::own,                   User      Any            Read;
    Get    "/badges"                                                 users::badges::list,                        Optional  Any            Read;
    Get    "/badges/{badge_id}"                                      users::badges::show,                        Optional  Any            Read;
    Get    "/users/{user_id}/clients"                                clients::of_user,                           User      Any            Read;
    Get    "/clients/{client_id}"                                    clients::show,                              User      Any            Read;
    Put    "/users/{user_id}/follow"                                 users::relate::follow,                      User      Follow         Write;
    Delete "/users/{user_id}/follow"                                 users::relate::unfollow,                    User      Follow         Write;
    Put    "/users/{user_id}/mute"                                   users::relate::mute,                        User      Follow         Write;
    Delete "/users/{user_id}/mute"                                   users::relate::unmute,                      User      Follow         Write;
    Put    "/users/{user_id}/block"                                  users::relate::block,                       User      Follow         Write;
    Delete "/users/{user_id}/block"                                  users::relate::unblock,                     User      Follow         Write;
    Get    "/users/{user_id}/following"                              users::lists::following,                    Any       Any            Read Following;
    Get    "/users/{user_id}/followers"                              users::lists::followers,                    Any       Any            Read Followers;
    Get    "/users/{user_id}/muted"                                  users::lists::muted,                        Any       Any            Read;
    Get    "/users/{user_id}/blocked"                                users::lists::blocked,                      User      Any            Read;

    // The server itself
    Get    "/sys/actors"                                             sys::actors,                                Local     Any            System;
    Get    "/sys/config"                                             sys::config,                                Optional  Any            System;
    Get    "/sys/ops/{operation_id}"                                 files::bulk::operation,                     User      Any            Read;
    Get    "/sys/stats"                                              sys::stats,                                 Optional  Any            System;
    Get    "/sys/zstd-dictionary"                                    sys::dictionary,                            Optional  Any            System;
    Get    "/openapi.json"                                           openapi::served::document,                  Optional  Any            System;
    Get    "/asyncapi.json"                                          openapi::served::streams,                   Optional  Any            System;
    Get    "/oembed"                                                 oembed::show,                               Optional  Any            Read;
    Get    "/p/{post_id}"                                            short::post,                                Optional  Any            Read;
    Get    "/@{username}"                                            short::person,                              Optional  Any            Read;
    Post   "/text/process"                                           text::process,                              User      Any            Write;
}
