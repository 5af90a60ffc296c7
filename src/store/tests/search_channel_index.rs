//! The full-text index of channels where something is wrong: rows that cannot be read, damage, a backlog, another writer.

use diesel::connection::SimpleConnection as _;

use super::server::{BREAKS_CHANNELS, MENDS};
use super::{Place, room};
use crate::model::channel::NewChannel;
use crate::model::{Acl, ChannelId, PageRequest, Principal, Raw, UserId};
use crate::store::connect::Sql;
use crate::store::{ChannelOrder, ChannelSearch, Failure};

fn words(q: &str) -> ChannelSearch {
    ChannelSearch {
        q: Some(q.to_owned()),
        ..ChannelSearch::default()
    }
}

async fn found(place: &Place, search: ChannelSearch) -> Result<Vec<ChannelId>, Failure> {
    let page = place
        .store
        .search_channels(search, Principal::Anonymous, PageRequest::default());
    let items = page.await?.items.into_iter();
    Ok(items.map(|(_, channel)| channel.id).collect())
}

/// Keeps the lane from writing.
const HOLDS: (&str, &str) = (
    "BEGIN IMMEDIATE",
    "BEGIN; SELECT pos FROM log_head FOR UPDATE",
);

fn hold(other: &mut Sql) {
    let (in_file, on_server) = HOLDS;
    let statement = match other {
        Sql::Sqlite(_) => in_file,
        Sql::Postgres(_) => on_server,
    };
    other.batch_execute(statement).unwrap();
}

/// By which rules the index was made.
async fn format(place: &Place) -> i64 {
    let format = "SELECT format FROM channel_search_mark";
    place.number(format, format).await
}

/// Two rooms about tea.
async fn rooms(place: &Place, owner: UserId) -> [ChannelId; 2] {
    let made = place.write(move |tx| {
        let first = tx.create_channel(room(owner, "Tea house"))?.id;
        Ok([first, tx.create_channel(room(owner, "Tea garden"))?.id])
    });
    made.await
}

#[tokio::test]
async fn a_row_that_cannot_be_read_stops_neither_the_indexes_nor_the_searches() {
    let place = Place::new().await;
    let ada = place.user("ada").await.id;
    let made = place.write(move |tx| {
        let broken = tx.create_channel(room(ada, "Tea broken"))?.id;
        let strange = tx.create_channel(room(ada, "Tea strange"))?.id;
        tx.sql.batch_execute(&format!(
            "UPDATE channels SET raw = 'broken' WHERE id = {};
            INSERT INTO channel_members (channel_id, user_id, access) VALUES ({}, {}, 'strange')",
            broken.0, strange.0, ada.0
        ))?;
        Ok(tx.create_channel(room(ada, "Tea house"))?.id)
    });
    let whole = made.await;
    place.say(whole, ada, "hello").await;
    for order in [
        ChannelOrder::Id,
        ChannelOrder::Activity,
        ChannelOrder::Popularity,
    ] {
        for q in [None, Some(String::from("tea"))] {
            let search = ChannelSearch {
                q,
                order,
                ..ChannelSearch::default()
            };
            assert_eq!(found(&place, search).await.unwrap(), [whole], "{order:?}");
        }
    }
    let mark = "SELECT indexed_up_to FROM channel_search_mark";
    assert_eq!(place.number(mark, mark).await, whole.0);
}

#[tokio::test]
async fn a_damaged_index_is_noticed_by_the_next_channel_and_made_anew_at_the_next_start() {
    let place = Place::new().await;
    let ada = place.user("ada").await.id;
    let [house, garden] = rooms(&place, ada).await;
    assert_eq!(found(&place, words("tea")).await.unwrap(), [garden, house]);
    place
        .run(
            "UPDATE channel_words_data SET block = x'00'",
            BREAKS_CHANNELS,
        )
        .await;
    let new = place
        .write(move |tx| tx.create_channel(room(ada, "Tea bar")))
        .await
        .id;
    // Without the index they are found by walking along the order.
    let all = [new, garden, house];
    assert_eq!(found(&place, words("tea")).await.unwrap(), all);
    assert_eq!(format(&place).await, 0);
    let by_id = ChannelSearch {
        order: ChannelOrder::Id,
        ..words("tea")
    };
    assert_eq!(found(&place, by_id.clone()).await.unwrap(), all);
    place.run("", MENDS).await;
    drop(place.another());
    assert_ne!(format(&place).await, 0);
    assert_eq!(found(&place, by_id).await.unwrap(), all);
}

#[tokio::test]
async fn while_much_is_not_indexed_words_are_refused_at_once_and_lists_are_served() {
    let place = Place::new().await;
    let ada = place.user("ada").await.id;
    let [house, garden] = rooms(&place, ada).await;
    assert_eq!(found(&place, words("tea")).await.unwrap(), [garden, house]);
    // Another program holds the database, so that the lane cannot catch up, and has written thousands of channels.
    let mut other = place.connect();
    other
        .batch_execute(
            "WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 8000)
            INSERT INTO channels (kind, created_at, activity, messages, subscribers, sticky_messages, is_active,
                    full_immutable, write_any_user, write_immutable, read_any_user, read_public, read_immutable,
                    search_text, raw)
                SELECT kind, created_at, -n, 0, 0, 0, FALSE, FALSE, FALSE, FALSE, FALSE, FALSE, FALSE, '', '{}'
                    FROM n, channels WHERE channels.id = (SELECT MIN(id) FROM channels)",
        )
        .unwrap();
    hold(&mut other);
    let refused = found(&place, words("tea")).await;
    assert!(matches!(refused, Err(Failure::Busy)), "{refused:?}");
    let list = found(&place, ChannelSearch::default()).await.unwrap();
    assert_eq!(list, [garden, house]);
    other.batch_execute("ROLLBACK").unwrap();
}

#[tokio::test]
async fn a_locked_database_answers_from_what_was_indexed_before() {
    let place = Place::new().await;
    let ada = place.user("ada").await.id;
    let [house, garden] = rooms(&place, ada).await;
    assert_eq!(found(&place, words("tea")).await.unwrap(), [garden, house]);
    place.say(house, ada, "hello").await;
    let mut other = place.connect();
    hold(&mut other);
    let mut ids = found(&place, words("tea")).await.unwrap();
    ids.sort_unstable();
    assert_eq!(ids, [house, garden]);
    other.batch_execute("ROLLBACK").unwrap();
    assert_eq!(found(&place, words("tea")).await.unwrap(), [house, garden]);
}

#[tokio::test]
async fn types_that_are_left_out_are_left_out_by_the_index() {
    let place = Place::new().await;
    let ada = place.user("ada").await.id;
    let make = |kind: &'static str| place.write(move |tx| tx.create_channel(of_type(ada, kind)));
    let rare = make("org.example.rare").await.id;
    // More than a walk along the order looks at first.
    for _ in 0..300 {
        make("org.example.common").await;
    }
    let search = |kinds: &[&str], excluded: &[&str], order| ChannelSearch {
        kinds: kinds.iter().map(|&kind| kind.to_owned()).collect(),
        exclude_kinds: excluded.iter().map(|&kind| kind.to_owned()).collect(),
        order,
        ..ChannelSearch::default()
    };
    let common = "org.example.common";
    for order in [ChannelOrder::Id, ChannelOrder::Activity] {
        for excluded in [&[common][..], &["org.example.y", common]] {
            let left = found(&place, search(&[], excluded, order)).await.unwrap();
            assert_eq!(left, [rare], "{order:?}");
        }
        let named = search(&["org.example.rare"], &["org.example.rare"], order);
        assert_eq!(found(&place, named).await.unwrap(), [rare], "{order:?}");
    }
}

fn of_type(owner: UserId, kind: &str) -> NewChannel {
    NewChannel {
        kind: kind.to_owned(),
        owner: Some(owner),
        acl: Acl {
            read_public: true,
            ..Acl::default()
        },
        raw: Raw::default(),
    }
}

#[tokio::test]
async fn a_change_of_nothing_that_is_indexed_leaves_the_index_as_it_is() {
    let place = Place::new().await;
    let ada = place.user("ada").await.id;
    let [house, garden] = rooms(&place, ada).await;
    assert_eq!(found(&place, words("tea")).await.unwrap(), [garden, house]);
    let blocks = "SELECT total(length(block)) + total(id) FROM channel_words_data";
    // The transactions that wrote the rows.
    let writers = "SELECT sum(xmin::text::int8)::int8 FROM channel_words";
    let before = place.number(blocks, writers).await;
    let mut channel = place.channel(house).await;
    channel.acl.write_immutable = !channel.acl.write_immutable;
    place.write(move |tx| tx.save_channel(&channel)).await;
    assert_eq!(place.number(blocks, writers).await, before);
    let mut channel = place.channel(house).await;
    channel.is_active = false;
    place.write(move |tx| tx.save_channel(&channel)).await;
    assert_ne!(place.number(blocks, writers).await, before);
    assert_eq!(found(&place, words("tea")).await.unwrap(), [garden]);
}
