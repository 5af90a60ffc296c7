//! What nodes hold, and that another one cannot write for it. Leases themselves need a database server; the stories in
//! `tests/suite/nodes/` have several programs on one.

use std::sync::Arc;
use std::time::Duration;

use diesel::prelude::*;

use super::{Place, named};
use crate::clock::Clock;
use crate::event::{Pos, Topic};
use crate::model::{ConnectionId, NodeEpoch, Stamp, TokenId, UserId};
use crate::protocol::filter::Filter;
use crate::protocol::query::Query;
use crate::store::schema::nodes;
use crate::store::{
    FARTHEST, Failure, KeptSubscription, SessionStep, StepKind, Store, StoreOptions, Tx,
};

pub(super) fn subscription(name: &str, user: UserId) -> KeptSubscription {
    KeptSubscription {
        id: name.into(),
        topic: Topic::Inbox(user),
        filter: Filter::from_query(&Query::parse("")),
        token: TokenId(1),
        since: Pos(0),
        ended: None,
    }
}

/// A node that lives for ever.
pub(super) fn lives(tx: &mut Tx<'_>, name: &str) -> Result<(), Failure> {
    diesel::insert_into(nodes::table)
        .values((
            nodes::name.eq(name),
            nodes::epoch.eq(name),
            nodes::address.eq("http://127.0.0.1:1"),
            nodes::internal_address.eq("127.0.0.1:2"),
            nodes::renewed_at.eq(0),
            nodes::lease.eq(i64::MAX),
        ))
        .execute(tx.sql)?;
    Ok(())
}

#[tokio::test]
async fn a_session_is_written_for_by_the_node_that_continues_it() {
    let place = Place::new().await;
    let user = place.write(|tx| tx.create_user(&named("ada"))).await.id;
    let (a, b) = (NodeEpoch::from("a"), NodeEpoch::from("b"));
    let id = ConnectionId::from("session");
    let (session, node) = (id.clone(), a.clone());
    place
        .write(move |tx| {
            tx.open_stream_session(&session, user, 16, Some(&node))?;
            tx.keep_subscription(&session, &subscription("one", user), Some(&node), 16)
        })
        .await;
    // It goes on at the other one.
    let (session, node) = (id.clone(), b.clone());
    let taken = SessionStep {
        id: session,
        user,
        node: Some(node),
        kind: StepKind::Take(Stamp(0)),
    };
    let found = place.store.step_session(taken).await.unwrap();
    assert_eq!(found.kept.map(|kept| kept.len()), Some(1));
    // The old one keeps nothing for it, and does not park it.
    let (session, node) = (id.clone(), a.clone());
    let late = place.store.write(move |tx| {
        tx.keep_subscription(&session, &subscription("two", user), Some(&node), 16)
    });
    assert!(matches!(late.await, Err(Failure::Busy)));
    let (session, node) = (id.clone(), a.clone());
    place
        .write(move |tx| tx.park_stream_session(&session, Some(&node)))
        .await;
    let (session, node) = (id.clone(), a);
    let after = place
        .read(move |db| {
            let held = db.sessions_elsewhere(std::slice::from_ref(&session), &node)?;
            let kept = db.stream_session(&session, user)?;
            Ok((held, kept.map(|kept| kept.len())))
        })
        .await;
    assert_eq!(after, (vec![(id.clone(), Some(b.clone()))], Some(1)));
    let session = id.clone();
    place
        .write(move |tx| tx.park_stream_session(&session, Some(&b)))
        .await;
    let parked = place.read(move |db| db.node_of_session(&id)).await;
    assert_eq!(parked, Some(None));
}

#[tokio::test]
async fn a_session_with_a_connection_on_a_node_that_runs_is_not_over() {
    let place = Place::new().await;
    let user = place.write(|tx| tx.create_user(&named("ada"))).await.id;
    let (own, other) = (NodeEpoch::from("own"), NodeEpoch::from("other"));
    let ids = ["of other", "of own", "of a node that is gone", "parked"];
    let sessions = ids.map(ConnectionId::from);
    let all = sessions.clone();
    let node = own.clone();
    place
        .write(move |tx| {
            lives(tx, "own")?;
            lives(tx, "other")?;
            let gone = NodeEpoch::from("gone");
            let holders = [Some(&other), Some(&node), Some(&gone), None];
            for (id, holder) in all.iter().zip(holders) {
                tx.open_stream_session(id, user, 16, holder)?;
            }
            tx.end_stream_sessions(&all, Stamp(i64::MAX), Some(&node))
        })
        .await;
    let left = place
        .read(move |db| {
            let mut left = Vec::new();
            for id in sessions {
                if db.node_of_session(&id)?.is_some() {
                    left.push(id);
                }
            }
            Ok(left)
        })
        .await;
    assert_eq!(left, [ConnectionId::from("of other")]);
}

#[tokio::test]
async fn a_server_whose_clock_is_wrong_is_the_one_that_writes_nothing() {
    let place = Place::with(|options| options.clock_apart = FARTHEST).await;
    let writes = async |store: &Store, name: &str| {
        let new = named(name);
        store.write(move |tx| tx.create_user(&new)).await.map(drop)
    };
    // A file has no clock of its own.
    if !place.store.is_shared() {
        place.clock.advance(2 * FARTHEST);
        writes(&place.store, "ada").await.unwrap();
        return;
    }
    place.clock.advance(FARTHEST / 2);
    writes(&place.store, "ada").await.unwrap();
    place.clock.advance(Duration::from_secs(3 * 86_400));
    let refused = writes(&place.store, "bob").await.unwrap_err();
    assert!(refused.to_string().contains("set the one that is wrong"));
    // The others date nothing by it.
    let options = StoreOptions {
        clock_apart: FARTHEST,
        ..place.options()
    };
    let other = Store::open(&options, Clock::default(), Arc::default()).unwrap();
    writes(&other, "eve").await.unwrap();
}
