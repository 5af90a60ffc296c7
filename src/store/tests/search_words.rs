//! The full-text index: what it knows, what it forgets.

use super::search::{found, words};
use super::server::{BREAKS_MESSAGES, MENDS};
use super::{Place, said};
use crate::model::PageRequest;
use crate::store::connect::Sql;

#[tokio::test]
async fn the_index_knows_exactly_what_is_committed_and_not_deleted() {
    let place = Place::new().await;
    let ada = place.user("ada").await.id;
    let room = place.room(ada).await.id;
    // Written and deleted in one job, and written in one that fails.
    place
        .write(move |tx| {
            let brief = tx.insert_message(room, said(ada, "tea for a moment"))?;
            tx.delete_message(brief.id, ada)
        })
        .await;
    let refused = place.store.write(move |tx| {
        tx.insert_message(room, said(ada, "tea for nobody"))?;
        Err::<(), _>(crate::model::Refusal::NoAccess.into())
    });
    assert!(refused.await.is_err());
    let kept = place.say(room, ada, "Tea for TWO").await.id;
    let gone = place.say(room, ada, "tea for three").await.id;
    assert_eq!(found(&place, words(room, "tea")).await, [gone, kept]);
    place.delete(gone, ada).await;
    assert_eq!(found(&place, words(room, "tea")).await, [kept]);
    let words_of_kept = ["for", "tea", "two"].map(|word| (word.to_owned(), kept.0));
    assert_eq!(indexed(&place).await, words_of_kept);
}

/// Every word in the index, with its message.
async fn indexed(place: &Place) -> Vec<(String, i64)> {
    place.indexed("message_words", "words").await
}

#[tokio::test]
async fn words_inside_a_sentence_without_blanks_are_found() {
    let place = Place::new().await;
    let ada = place.user("ada").await.id;
    let room = place.room(ada).await.id;
    for (text, parts) in [
        ("请看这家银行的网站谢谢", ["银行", "网站", "看"]),
        ("今日は東京都庁に行きました", ["東京", "都庁", "京"]),
        ("ภาษาไทยไม่มีช่องว่าง", ["ไทย", "ช่องว่าง", "ภาษา"]),
        ("서울에서 만나요", ["서울", "만나", "서울에서 만나요"]),
        ("データベースを使う", ["ﾃﾞｰﾀ", "ベース", "使う"]),
        ("ພາສາລາວງາມ", ["ລາວ", "ງາມ", "ພາສາ"]),
        ("Grüße an Ελλάδα, ёлка", ["grüße", "ΕΛΛΑΔΑ", "елка"]),
    ] {
        let message = place.say(room, ada, text).await.id;
        for part in parts {
            assert_eq!(found(&place, words(room, part)).await, [message], "{part}");
        }
    }
    for absent in ["行银", "京東", "看谢", "ラーメン"] {
        assert!(
            found(&place, words(room, absent)).await.is_empty(),
            "{absent}"
        );
    }
}

#[tokio::test]
async fn an_index_of_other_rules_is_rebuilt_at_the_next_start() {
    let place = Place::new().await;
    let ada = place.user("ada").await.id;
    let room = place.room(ada).await.id;
    let message = place.say(room, ada, "tea").await.id;
    assert_eq!(found(&place, words(room, "tea")).await, [message]);
    place
        .run(
            "INSERT INTO message_words (message_words) VALUES ('delete-all');
            INSERT INTO message_words (rowid, words) VALUES (1, 'coffee');
            UPDATE search_mark SET format = format - 1;",
            "UPDATE message_words SET words = 'coffee' WHERE id = 1;
            UPDATE search_mark SET format = format - 1;",
        )
        .await;
    assert!(found(&place, words(room, "tea")).await.is_empty());
    drop(place.another());
    assert_eq!(found(&place, words(room, "tea")).await, [message]);
    assert_eq!(indexed(&place).await, [(String::from("tea"), message.0)]);
}

#[tokio::test]
async fn an_index_that_fails_does_not_fail_the_deletion() {
    let place = Place::new().await;
    let ada = place.user("ada").await.id;
    let room = place.room(ada).await.id;
    let message = place.say(room, ada, "tea").await.id;
    assert_eq!(found(&place, words(room, "tea")).await, [message]);
    place
        .run(
            "DELETE FROM message_words_data WHERE id > 10",
            BREAKS_MESSAGES,
        )
        .await;
    place.delete(message, ada).await;
    let next = place.say(room, ada, "tea again").await.id;
    place.run("", MENDS).await;
    drop(place.another());
    assert_eq!(found(&place, words(room, "tea")).await, [next]);
}

#[tokio::test]
async fn what_a_crash_left_unindexed_is_found_all_the_same() {
    let place = Place::new().await;
    let ada = place.user("ada").await.id;
    let room = place.room(ada).await.id;
    let first = place.say(room, ada, "tea before").await.id;
    assert_eq!(found(&place, words(room, "tea")).await, [first]);
    let late = place.say(room, ada, "tea after").await.id;
    let gone = place.say(room, ada, "tea for nobody").await.id;
    // As if the process had ended between the commit and the index: that of the later ones never came.
    place
        .run(
            "INSERT INTO message_words (message_words) VALUES ('delete-all');
            INSERT INTO message_words (rowid, words, marks) VALUES (1, 'tea before', 'b1 u1');
            UPDATE search_mark SET indexed_up_to = 1;",
            "DELETE FROM message_words WHERE id > 1;
            UPDATE search_mark SET indexed_up_to = 1;",
        )
        .await;
    assert_eq!(first.0, 1);
    // Deleted before it is indexed: the index must not be told to forget what it never knew.
    place.delete(gone, ada).await;
    let again = place.another();
    let search = words(room, "tea");
    let page = again.search(search, |db, search| {
        db.search_messages(&search, &PageRequest::default())
    });
    let ids: Vec<i64> = page
        .await
        .unwrap()
        .items
        .iter()
        .map(|(id, _)| *id)
        .collect();
    assert_eq!(ids, [late.0, first.0]);
    let pairs = [
        ("before", first.0),
        ("tea", first.0),
        ("after", late.0),
        ("tea", late.0),
    ];
    assert_eq!(
        indexed(&place).await,
        pairs.map(|(word, id)| (word.to_owned(), id))
    );
}

/// All bytes of the file; on a server, which frees them later, of all rows.
async fn bytes_of(place: &Place) -> Vec<u8> {
    use diesel::prelude::*;
    place.store.close().await;
    let mut sql = place.connect();
    let Sql::Postgres(_) = sql else {
        return std::fs::read(place.file()).unwrap();
    };
    let tables =
        "SELECT table_name::text FROM information_schema.tables WHERE table_schema = 'public'";
    let text = |query: &str, sql: &mut Sql| -> Vec<String> {
        let rows = diesel::dsl::sql::<diesel::sql_types::Text>(query);
        rows.load(sql).unwrap()
    };
    let tables = text(tables, &mut sql);
    assert!(tables.len() > 20, "{tables:?}");
    let rows = tables
        .iter()
        .flat_map(|table| text(&format!("SELECT t::text FROM {table} AS t"), &mut sql));
    rows.collect::<String>().into_bytes()
}

#[tokio::test]
async fn what_was_deleted_is_in_no_byte_of_the_file_or_in_no_row_of_the_server() {
    let place = Place::with(|options| options.log_retention = std::time::Duration::ZERO).await;
    let ada = place.user("ada").await.id;
    let room = place.room(ada).await.id;
    // Long enough for pages of its own, and among others, so that pages were split and index segments merged.
    let long = "Ziegenkäse ".repeat(2000);
    let mut gone = Vec::new();
    for n in 0..200 {
        place.say(room, ada, &format!("tea {n}")).await;
        let text = format!("Salamander {n} 東京都庁");
        gone.push(place.say(room, ada, &text).await.id);
        assert!(!found(&place, words(room, "tea")).await.is_empty());
    }
    gone.push(place.say(room, ada, &long).await.id);
    let mut new = said(ada, "see this");
    new.raw = super::raw(
        "org.example.note",
        serde_json::json!({"secret": "Kaulquappe"}),
    );
    let with_raw = place.write(move |tx| tx.insert_message(room, new)).await.id;
    gone.push(with_raw);
    assert_eq!(found(&place, words(room, "salamander")).await.len(), 20);
    for id in gone {
        let deleted = place.delete(id, ada).await;
        assert!(deleted.content.text.is_empty() && deleted.raw.is_empty());
    }
    let bytes = bytes_of(&place).await;
    let is_there = |word: &str| {
        let word = word.as_bytes();
        bytes.windows(word.len()).any(|window| window == word)
    };
    assert!(is_there("tea 199"), "others are there");
    for word in [
        "Salamander",
        "salamander",
        "alamander",
        "東京",
        "京都",
        "Ziegen",
        "ziegen",
        "Kaulquappe",
    ] {
        assert!(!is_there(word), "{word}");
    }
}

#[tokio::test]
async fn a_search_does_not_wait_for_a_long_index() {
    use diesel::connection::SimpleConnection as _;
    let place = Place::new().await;
    let ada = place.user("ada").await.id;
    let room = place.room(ada).await.id;
    let said = place.say(room, ada, "tea").await.id;
    assert_eq!(found(&place, words(room, "tea")).await, [said]);
    // More than a search indexes, in one job: the lane has no time for a slice of its own in between.
    place
        .write(|tx| {
            let many = "INSERT INTO messages
                    (id, channel_id, user_id, client_id, created_at, is_nsfw, text, html)
                SELECT n.value, channel_id, user_id, client_id, created_at, is_nsfw, 'coffee', html
                FROM messages, (WITH RECURSIVE n (value) AS
                    (SELECT 2 UNION ALL SELECT value + 1 FROM n WHERE value < 20000)
                    SELECT value FROM n) AS n WHERE messages.id = 1";
            Ok(tx.sql.batch_execute(many)?)
        })
        .await;
    let search = || {
        place.store.search(words(room, "coffee"), |db, search| {
            db.search_messages(&search, &PageRequest::default())
        })
    };
    assert!(matches!(search().await, Err(crate::store::Failure::Busy)));
    while search().await.is_err() {}
    assert_eq!(search().await.unwrap().items.len(), 20);
}
