//! Search in messages, and that nothing people type breaks it.

use super::{Place, said};
use crate::model::content::{Entities, Link, Mention, Tag};
use crate::model::visibility::ListedFor;
use crate::model::{Bound, ChannelId, MessageId, PageRequest, Relation, UserKind};
use crate::store::MessageSearch;

pub(super) async fn found(place: &Place, search: MessageSearch) -> Vec<MessageId> {
    let page = place.store.search(search, |db, search| {
        db.search_messages(&search, &PageRequest::default())
    });
    page.await
        .unwrap()
        .items
        .into_iter()
        .map(|(_, message)| message.id)
        .collect()
}

pub(super) fn words(channel: ChannelId, q: &str) -> MessageSearch {
    MessageSearch {
        channels: vec![channel],
        q: Some(q.to_owned()),
        ..MessageSearch::default()
    }
}

#[tokio::test]
async fn words_are_found_until_the_message_is_deleted() {
    let place = Place::new().await;
    let ada = place.user("ada").await.id;
    let (one, two) = (place.room(ada).await.id, place.room(ada).await.id);
    let first = place.say(one, ada, "Grüße aus dem Café").await.id;
    let second = place.say(one, ada, "the cafe is open").await.id;
    place.say(two, ada, "another cafe").await;
    assert_eq!(found(&place, words(one, "CAFE")).await, [second, first]);
    assert_eq!(found(&place, words(one, "cafe grusse")).await.len(), 0);
    assert_eq!(found(&place, words(one, "cafe aus")).await, [first]);
    assert_eq!(
        found(&place, words(one, "")).await,
        [second, first],
        "no words, all"
    );
    let mut nowhere = words(one, "cafe");
    nowhere.channels.clear();
    assert!(found(&place, nowhere).await.is_empty());
    place.delete(second, ada).await;
    assert_eq!(found(&place, words(one, "cafe")).await, [first]);
    let mut best = words(one, "cafe");
    best.by_relevance = true;
    assert_eq!(found(&place, best).await, [first]);
}

#[tokio::test]
async fn odd_questions_are_only_words() {
    let place = Place::new().await;
    let ada = place.user("ada").await.id;
    let room = place.room(ada).await.id;
    let odd = place
        .say(room, ada, "say \"hi\" to foo-bar and NEAR")
        .await
        .id;
    for q in [
        "\"", "*", "\"hi", "foo-bar", "NEAR(", "(hi", "hi*", "^hi", "text:hi", "hi AND", "-",
    ] {
        for by_relevance in [false, true] {
            let search = MessageSearch {
                by_relevance,
                ..words(room, q)
            };
            let hits = found(&place, search).await;
            assert!(hits.is_empty() || hits == [odd], "{q}");
        }
    }
    assert_eq!(found(&place, words(room, "\"hi")).await, [odd]);
    assert_eq!(found(&place, words(room, "foo-bar near(")).await, [odd]);
    assert!(found(&place, words(room, "* \" (")).await.is_empty());
    assert!(found(&place, words(room, "text:say")).await.is_empty());
}

#[tokio::test]
async fn relevance_has_pages_that_go_on() {
    let place = Place::new().await;
    let ada = place.user("ada").await.id;
    let room = place.room(ada).await.id;
    let best = place.say(room, ada, "tea tea tea").await.id;
    for n in 0..4 {
        place
            .say(room, ada, &format!("a cup of tea and many other words {n}"))
            .await;
    }
    let page = async |request: PageRequest| {
        let search = MessageSearch {
            by_relevance: true,
            ..words(room, "tea")
        };
        let page = place.store.search(search, move |db, search| {
            db.search_messages(&search, &request)
        });
        page.await.unwrap()
    };
    let two = PageRequest {
        count: 2,
        ..PageRequest::default()
    };
    let first = page(two).await;
    assert_eq!(first.items[0].1.id, best);
    assert!(first.more && first.items[0].0 > first.items[1].0);
    let before = Some(Bound {
        id: first.items[1].0,
        inclusive: false,
    });
    let second = page(PageRequest { before, ..two }).await;
    let before = Some(Bound {
        id: second.items[1].0,
        inclusive: false,
    });
    let third = page(PageRequest { before, ..two }).await;
    assert!(!third.more && third.items.len() == 1);
    let mut all: Vec<MessageId> = [first, second, third]
        .iter()
        .flat_map(|page| page.items.iter().map(|(_, message)| message.id))
        .collect();
    all.sort_unstable();
    all.dedup();
    assert_eq!(all.len(), 5, "each once");
    let worst = page(PageRequest {
        count: 1,
        oldest: true,
        ..two
    })
    .await;
    assert!(worst.more && worst.items[0].1.id != best);
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "a table of filters")]
async fn messages_are_narrowed_by_what_they_hold() {
    let place = Place::new().await;
    let (ada, bob) = (place.user("ada").await.id, place.user("bob").await.id);
    let eve = place.user("eve").await.id;
    place
        .write(move |tx| tx.relate(eve, ada, Relation::Block))
        .await;
    let room = place.room(ada).await.id;
    let mut new = said(bob, "@ada see #Tag at x.example");
    new.is_nsfw = true;
    new.raw = super::raw(
        "org.example.note",
        serde_json::json!({"file": {"file_id": "7", "kind": "image"}}),
    );
    new.content.entities = Entities {
        links: vec![Link {
            amended_len: None,
            len: 9,
            pos: 17,
            text: String::from("x.example"),
            title: None,
            url: String::from("https://www.x.example:8080/a?b"),
        }],
        mentions: vec![Mention {
            id: ada,
            is_copy: false,
            is_leading: true,
            len: 4,
            pos: 0,
            text: String::from("ada"),
        }],
        tags: vec![Tag {
            len: 4,
            pos: 9,
            text: String::from("Tag"),
        }],
    };
    let rich = place.write(move |tx| tx.insert_message(room, new)).await;
    let plain = place.say(room, ada, "plain").await;
    let all = MessageSearch {
        channels: vec![room],
        ..MessageSearch::default()
    };
    let list = |text: &str| vec![text.to_owned()];
    let cases: Vec<MessageSearch> = vec![
        MessageSearch {
            tags: list("tag"),
            ..all.clone()
        },
        MessageSearch {
            mentions: list("ADA"),
            ..all.clone()
        },
        MessageSearch {
            leading_mentions: list(&ada.to_string()),
            ..all.clone()
        },
        MessageSearch {
            url_domains: list("x.example"),
            ..all.clone()
        },
        MessageSearch {
            urls: list("https://www.x.example:8080/a?b"),
            ..all.clone()
        },
        MessageSearch {
            raw_types: list("org.example.note"),
            ..all.clone()
        },
        MessageSearch {
            file_id: Some(String::from("7")),
            ..all.clone()
        },
        MessageSearch {
            file_kinds: list("image"),
            ..all.clone()
        },
        MessageSearch {
            creator: Some(bob),
            ..all.clone()
        },
        MessageSearch {
            is_nsfw: Some(true),
            ..all.clone()
        },
        MessageSearch {
            listed_for: ListedFor::viewer(eve),
            ..all.clone()
        },
        MessageSearch {
            created_before: Some(plain.created_at),
            ..all.clone()
        },
        MessageSearch {
            thread: Some(rich.id),
            ..all.clone()
        },
    ];
    for search in cases {
        assert_eq!(found(&place, search.clone()).await, [rich.id], "{search:?}");
    }
    let plain_only = MessageSearch {
        created_after: Some(rich.created_at),
        ..all.clone()
    };
    assert_eq!(found(&place, plain_only).await, [plain.id]);
    let none = [
        MessageSearch {
            is_reply: Some(true),
            ..all.clone()
        },
        MessageSearch {
            is_sticky: Some(true),
            ..all.clone()
        },
        MessageSearch {
            poll_id: Some(String::from("7")),
            ..all.clone()
        },
        MessageSearch {
            user_kinds: vec![UserKind::Bot],
            ..all.clone()
        },
        MessageSearch {
            client: Some("other".into()),
            ..all.clone()
        },
    ];
    for search in none {
        assert!(found(&place, search.clone()).await.is_empty(), "{search:?}");
    }
    let human = MessageSearch {
        user_kinds: vec![UserKind::Human],
        ..all
    };
    assert_eq!(found(&place, human).await, [plain.id, rich.id]);
}

#[tokio::test]
async fn the_words_of_other_channels_are_passed_over_however_many_there_are() {
    let place = Place::new().await;
    let (ada, bob) = (place.user("ada").await.id, place.user("bob").await.id);
    let (small, large) = (place.room(ada).await.id, place.room(ada).await.id);
    let first = place.say(small, bob, "tea").await.id;
    let second = place.say(small, ada, "tea").await.id;
    // More hits elsewhere than one page looks at. In several jobs: a transaction may not take long.
    for _ in 0..67 {
        place
            .write(move |tx| {
                for _ in 0..150 {
                    tx.insert_message(large, said(ada, "tea"))?;
                }
                Ok(())
            })
            .await;
    }
    let hits = async |search: MessageSearch| loop {
        // The index may need more than one search to learn of all.
        let search = search.clone();
        let page = place.store.search(search, |db, search| {
            db.search_messages(&search, &PageRequest::default())
        });
        if let Ok(page) = page.await {
            return page.items.iter().map(|(_, hit)| hit.id).collect::<Vec<_>>();
        }
    };
    let both = [second, first];
    assert_eq!(hits(words(small, "tea")).await, both);
    let best = MessageSearch {
        by_relevance: true,
        ..words(small, "tea")
    };
    assert_eq!(hits(best).await, both);
    let of_bob = MessageSearch {
        creator: Some(bob),
        q: None,
        ..words(small, "")
    };
    assert_eq!(hits(of_bob.clone()).await, [first]);
    let anywhere = MessageSearch {
        channels: vec![small, large],
        ..of_bob
    };
    assert_eq!(hits(anywhere).await, [first]);
}
