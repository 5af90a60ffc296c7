//! What can happen to a shard's state, as random lists of steps.

use proptest::prelude::*;

use super::model::KnownSubscription;
use crate::model::{ChannelId, UserId};
use crate::protocol::topic::Topic;

/// Few of each, so that steps meet.
pub(super) const CONNECTIONS: usize = 8;
pub(super) const CHANNELS: i64 = 3;
pub(super) const USERS: i64 = 2;
const TOKENS: i64 = 3;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Filters {
    None,
    WithoutDeleted,
    NarrowToken,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum As {
    Unclaimed,
    User(i64),
    App,
}

#[derive(Clone, Debug)]
pub(super) enum Step {
    Admit {
        connection: usize,
        identity: As,
        timing: bool,
    },
    Claim {
        connection: usize,
        user: i64,
    },
    Subscribe {
        connection: usize,
        subscription: KnownSubscription,
    },
    /// The call that made one of its subscriptions succeeds.
    Settle {
        connection: usize,
        at: usize,
    },
    /// The call that made one of its subscriptions fails.
    TakeBack {
        connection: usize,
        at: usize,
    },
    Unsubscribe {
        connection: usize,
        id: String,
    },
    Remove {
        connection: usize,
    },
    /// A second time, with the reference of a connection that is gone.
    RemoveAgain {
        connection: usize,
    },
    FillInbox {
        connection: usize,
        channels: Vec<i64>,
    },
    ChannelSubscription {
        user: i64,
        channel: i64,
        subscribed: bool,
    },
    Revoke {
        token: i64,
    },
    Behind {
        connection: usize,
        behind: bool,
    },
    BeginFanOut {
        channel: i64,
    },
    EndFanOut,
}

pub(super) fn steps() -> impl Strategy<Value = Vec<Step>> {
    proptest::collection::vec(step(), 1..300)
}

fn step() -> impl Strategy<Value = Step> {
    let connection = 0..CONNECTIONS;
    let channel = 0..CHANNELS;
    let user = 1..=USERS;
    let identity = prop_oneof![
        1 => Just(As::Unclaimed),
        4 => user.clone().prop_map(As::User),
        1 => Just(As::App),
    ];
    prop_oneof![
        6 => (connection.clone(), identity, any::<bool>()).prop_map(
            |(connection, identity, timing)| Step::Admit { connection, identity, timing }),
        2 => (connection.clone(), user.clone())
            .prop_map(|(connection, user)| Step::Claim { connection, user }),
        12 => (connection.clone(), subscription()).prop_map(
            |(connection, subscription)| Step::Subscribe { connection, subscription }),
        8 => (connection.clone(), 0..4_usize)
            .prop_map(|(connection, at)| Step::Settle { connection, at }),
        2 => (connection.clone(), 0..4_usize)
            .prop_map(|(connection, at)| Step::TakeBack { connection, at }),
        5 => (connection.clone(), id())
            .prop_map(|(connection, id)| Step::Unsubscribe { connection, id }),
        3 => connection.clone().prop_map(|connection| Step::Remove { connection }),
        1 => connection.clone().prop_map(|connection| Step::RemoveAgain { connection }),
        2 => (connection.clone(), proptest::collection::vec(channel.clone(), 0..4))
            .prop_map(|(connection, channels)| Step::FillInbox { connection, channels }),
        4 => (user, channel.clone(), any::<bool>()).prop_map(
            |(user, channel, subscribed)| Step::ChannelSubscription { user, channel, subscribed }),
        1 => (0..TOKENS).prop_map(|token| Step::Revoke { token }),
        1 => (connection, any::<bool>())
            .prop_map(|(connection, behind)| Step::Behind { connection, behind }),
        3 => channel.prop_map(|channel| Step::BeginFanOut { channel }),
        2 => Just(Step::EndFanOut),
    ]
}

fn subscription() -> impl Strategy<Value = KnownSubscription> {
    let filters = prop_oneof![
        4 => Just(Filters::None),
        1 => Just(Filters::WithoutDeleted),
        1 => Just(Filters::NarrowToken),
    ];
    (id(), topic(), filters, 0..TOKENS).prop_map(|(id, topic, filters, token)| KnownSubscription {
        id,
        // The test numbers them.
        serial: 0,
        topic,
        filters,
        token,
    })
}

/// Of the length of our own ids, and shorter ones that a client chose. Few, so that one replaces another.
fn id() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => (0..4).prop_map(|number| format!("{number:0>32}")),
        1 => (0..2).prop_map(|number| format!("mine-{number}")),
    ]
}

fn topic() -> impl Strategy<Value = Topic> {
    let channel = || (0..CHANNELS).prop_map(ChannelId);
    prop_oneof![
        6 => channel().prop_map(Topic::ChannelMessages),
        1 => channel().prop_map(Topic::ChannelSubscribers),
        1 => channel().prop_map(Topic::ChannelPresence),
        // The test gives it the user of the connection.
        3 => Just(Topic::Inbox(UserId(0))),
        1 => Just(Topic::Presence),
        1 => Just(Topic::Token(UserId(1))),
    ]
}
