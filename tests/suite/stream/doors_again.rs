//! Stories of websockets, told again with streams that are answers: same actors, same limits, same events.

use super::{
    acl, app_events, app_filters, app_in_use, app_visibility, channel_messages, claim, exits,
    filters, follows, hello, hiding, inbox, posts, presence, slow_reader, subscribers,
    subscriptions, timing, token,
};
use crate::support::door::Door;

macro_rules! told_again {
    ($($module:ident::$story:ident,)*) => {
        mod in_an_event_stream {
            use super::*;
            $(#[test] fn $story() { Door::EventStream.carries($module::$story); })*
        }
        mod in_a_json_stream {
            use super::*;
            $(#[test] fn $story() { Door::JsonStream.carries($module::$story); })*
        }
    };
}

told_again! {
    acl::a_user_that_is_cut_from_a_channel_hears_nothing_more_of_it,
    app_events::a_message_names_the_subscribed_users_and_those_not_to_notify,
    app_events::channels_and_their_subscriptions_flow,
    app_events::filters_and_display_parameters_are_in_the_query,
    app_in_use::two_are_in_use_and_the_third_is_refused_before_the_upgrade,
    app_in_use::a_slot_comes_free_with_a_close,
    app_in_use::both_connections_on_a_key_hear_every_event,
    channel_messages::a_message_arrives_as_it_was_written_and_so_does_its_deletion,
    channel_messages::one_frame_names_the_room_and_the_inbox_both,
    channel_messages::every_device_hears_and_the_author_too,
    channel_messages::events_arrive_in_the_order_of_their_ids_over_all_channels,
    claim::the_first_subscription_claims_the_connection,
    claim::a_claimed_connection_is_not_closed_as_unclaimed,
    exits::the_client_closes,
    exits::the_server_closes_when_told_by_rest,
    exits::the_network_dies,
    exits::the_token_is_revoked,
    exits::the_process_stops,
    filters::display_parameters_shape_every_event_of_a_connection,
    filters::muted_users_are_heard_by_a_subscription_that_asks_for_them,
    follows::follows_made_and_ended_reach_both_users,
    hello::the_hello_names_the_connection_and_nothing_else,
    hello::a_caller_without_the_right_is_refused_before_the_upgrade,
    hello::an_app_streams_hello_says_what_it_will_hear,
    hello::a_user_has_a_bounded_number_of_connections,
    hiding::a_block_silences_both_ways,
    inbox::the_inbox_follows_ones_subscriptions_as_they_change,
    posts::each_write_is_told_to_exactly_the_streams_that_show_the_post,
    posts::a_stream_follows_ones_follows_as_they_change,
    presence::presence_of_anyone_is_heard_when_asked_for_and_ones_own_always,
    slow_reader::a_reader_that_does_not_read_is_closed_with_4008_and_others_hear_everything,
    subscribers::users_that_join_or_leave_are_heard,
    subscriptions::sixteen_subscriptions_are_made_and_the_seventeenth_is_refused,
    subscriptions::a_stale_or_foreign_connection_gets_the_page_without_a_subscription,
    subscriptions::a_client_may_choose_the_id_and_using_it_again_overwrites,
    timing::listeners_on_the_slow_path_get_it_too,
    token::a_revoked_token_closes_its_connections_and_no_others,
    token::subscriptions_made_with_a_revoked_token_go_and_the_others_stay,
}

macro_rules! told_by_polls {
    ($($module:ident::$story:ident,)*) => {
        mod in_long_polls {
            use super::*;
            $(#[test] fn $story() { Door::LongPoll.carries($module::$story); })*
        }
    };
}

told_by_polls! {
    app_events::a_message_names_the_subscribed_users_and_those_not_to_notify,
    app_events::mutes_and_blocks_flow_with_both_people,
    app_events::filters_and_display_parameters_are_in_the_query,
    app_filters::a_stream_with_a_filter_receives_what_the_filter_includes,
    app_visibility::a_room_is_heard_when_a_subscriber_has_authorized_the_app,
    app_visibility::narrow_scopes_open_their_channels_only,
    app_visibility::mutes_do_not_filter_what_apps_hear,
}
