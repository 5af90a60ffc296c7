//! Search of posts: by words, by everything else, and page by page.

use std::collections::HashMap;

use super::{CLIENT, Place, said};
use crate::model::visibility::ListedFor;
use crate::model::{
    Bound, NewPost, Page, PageRequest, Post, PostId, PostRevision, User, UserId, UserKind,
};
use crate::store::{PostFilter, PostSearch};
use crate::text::{Source, compose};

impl Place {
    /// A post as it would be composed; of these users the mentions are known.
    pub(super) async fn writes(&self, author: &User, text: &str, known: &[&User]) -> Post {
        self.posts(author, text, known, |_| ()).await
    }

    pub(super) async fn posts(
        &self,
        author: &User,
        text: &str,
        known: &[&User],
        change: impl FnOnce(&mut NewPost),
    ) -> Post {
        let people: HashMap<String, UserId> = known
            .iter()
            .map(|user| (user.username.clone(), user.id))
            .collect();
        let plain = said(author.id, text);
        let mut new = NewPost {
            user_id: author.id,
            client: plain.client,
            content: compose(&Source::plain(text), &people, 1000).unwrap(),
            raw: plain.raw,
            is_nsfw: false,
            reply_to: None,
            update_marker: false,
        };
        change(&mut new);
        let author = author.clone();
        self.write(move |tx| {
            let answered = match new.reply_to {
                Some(id) => tx.post(id)?,
                None => None,
            };
            tx.insert_post(&author, new, answered.as_ref())
        })
        .await
    }

    pub(super) async fn finds(&self, search: PostSearch) -> Vec<PostId> {
        let page = self
            .post_page(search, PostFilter::default(), PageRequest::default())
            .await;
        ids(&page)
    }

    async fn post_page(
        &self,
        search: PostSearch,
        filter: PostFilter,
        request: PageRequest,
    ) -> Page<Post> {
        let found = self.store.search_posts(search, move |db, search| {
            db.search_posts(&search, &filter, &request)
        });
        found.await.unwrap()
    }
}

fn ids(page: &Page<Post>) -> Vec<PostId> {
    page.items.iter().map(|(_, post)| post.id).collect()
}

pub(super) fn words(q: &str) -> PostSearch {
    PostSearch {
        q: Some(q.to_owned()),
        ..PostSearch::default()
    }
}

#[tokio::test]
async fn words_are_found_until_the_post_is_revised_or_deleted() {
    let place = Place::new().await;
    let ada = place.user("ada").await;
    let first = place.writes(&ada, "Grüße aus dem Café", &[]).await;
    let second = place.writes(&ada, "the cafe is 東京都庁", &[]).await;
    assert_eq!(place.finds(words("CAFE")).await, [second.id, first.id]);
    assert_eq!(place.finds(words("都庁 cafe")).await, [second.id]);
    assert_eq!(place.finds(words("cafe \"NEAR( OR marks:h1")).await, []);
    assert_eq!(place.finds(words("* - \"")).await, []);
    let revised = first.clone();
    let new = PostRevision {
        content: said(ada.id, "Grüße aus dem Garten").content,
        is_nsfw: None,
    };
    place.write(move |tx| tx.revise_post(revised, new)).await;
    assert_eq!(place.finds(words("cafe")).await, [second.id]);
    assert_eq!(place.finds(words("garten")).await, [first.id]);
    let is_revised = PostSearch {
        is_revised: Some(true),
        ..PostSearch::default()
    };
    assert_eq!(place.finds(is_revised).await, [first.id]);
    place.write(move |tx| tx.delete_post(second)).await;
    assert_eq!(place.finds(words("cafe")).await, []);
    assert_eq!(place.finds(PostSearch::default()).await, [first.id]);
}

const URL: &str = "https://www.x.example:8080/a?b";

/// A plain post by ada, and a reply of bob's with everything in it that can be searched for.
async fn plain_and_rich(place: &Place) -> (Post, Post) {
    let (ada, bob) = (place.user("ada").await, place.user("bob").await);
    let plain = place.writes(&ada, "plain", &[]).await;
    let text = format!("@ada see #The_Tag at {URL} with @bob");
    let people = [&ada, &bob];
    let rich = place.posts(&bob, &text, &people, |new| {
        new.is_nsfw = true;
        new.reply_to = Some(plain.id);
        new.raw = serde_json::from_value(serde_json::json!({
            "org.example.note": [{"file_id": "7"}, {"+io.pnut.core.poll": {"poll_id": 9}}],
            "io.pnut.core.oembed": [{"type": "photo"}],
        }))
        .unwrap();
    });
    let rich = rich.await;
    (plain, rich)
}

#[tokio::test]
async fn every_filter_narrows_to_the_posts_that_fit() {
    let place = Place::new().await;
    let (plain, rich) = plain_and_rich(&place).await;
    let (ada, bob) = (plain.user_id, rich.user_id);
    let all = PostSearch::default;
    let list = |text: &str| vec![text.to_owned()];
    #[rustfmt::skip]
    let found: Vec<PostSearch> = vec![
        PostSearch { tags: vec!["none".to_owned(), "thetag".to_owned()], ..all() },
        PostSearch { mentions: vec![UserId(99), bob], ..all() },
        PostSearch { leading_mentions: vec![ada], ..all() },
        PostSearch { has_mentions: Some(true), mentions: vec![UserId(99)], ..all() },
        PostSearch { urls: list(URL), ..all() },
        PostSearch { url_domains: list("x.example"), ..all() },
        PostSearch { raw_types: list("org.example.note"), ..all() },
        PostSearch { file_id: Some("7".to_owned()), ..all() },
        PostSearch { poll_id: Some("9".to_owned()), ..all() },
        PostSearch { file_kinds: list("image"), ..all() },
        PostSearch { creator: Some(bob), ..all() },
        PostSearch { exclude: [ada].into(), ..all() },
        PostSearch { reply_to: Some(plain.id), ..all() },
        PostSearch { is_reply: Some(true), ..all() },
        PostSearch { is_directed: Some(true), ..all() },
        PostSearch { is_nsfw: Some(true), ..all() },
        PostSearch { is_nsfw: Some(true), q: Some("see".to_owned()), ..all() },
        PostSearch { created_after: Some(plain.created_at), ..all() },
        PostSearch { q: Some("see".to_owned()), creator: Some(bob), tags: list("the_tag"), ..all() },
    ];
    for search in found {
        assert_eq!(place.finds(search.clone()).await, [rich.id], "{search:?}");
    }
}

#[tokio::test]
async fn a_filter_leaves_out_what_does_not_fit() {
    let place = Place::new().await;
    let (plain, rich) = plain_and_rich(&place).await;
    let bob = rich.user_id;
    let all = PostSearch::default;
    let list = |text: &str| vec![text.to_owned()];
    #[rustfmt::skip]
    let others: Vec<PostSearch> = vec![
        PostSearch { has_mentions: Some(false), ..all() },
        PostSearch { is_reply: Some(false), ..all() },
        PostSearch { is_nsfw: Some(false), ..all() },
        PostSearch { is_directed: Some(false), ..all() },
        PostSearch { exclude: [bob].into(), ..all() },
        PostSearch { created_before: Some(rich.created_at), ..all() },
    ];
    for search in others {
        assert_eq!(place.finds(search.clone()).await, [plain.id], "{search:?}");
    }
    #[rustfmt::skip]
    let both: Vec<PostSearch> = vec![
        all(),
        PostSearch { client: Some(CLIENT.into()), ..all() },
        PostSearch { thread: Some(plain.id), ..all() },
        PostSearch { user_kinds: vec![UserKind::Human], ..all() },
        PostSearch { user_kinds: vec![UserKind::Bot, UserKind::Human], ..all() },
        PostSearch { is_newcomer: true, ..all() },
        PostSearch { is_revised: Some(false), ..all() },
    ];
    for search in both {
        let found = place.finds(search.clone()).await;
        assert_eq!(found, [rich.id, plain.id], "{search:?}");
    }
    #[rustfmt::skip]
    let none: Vec<PostSearch> = vec![
        PostSearch { leading_mentions: vec![bob], ..all() },
        PostSearch { user_kinds: vec![UserKind::Bot, UserKind::Feed], ..all() },
        PostSearch { client: Some("other".into()), ..all() },
        PostSearch { is_revised: Some(true), ..all() },
        PostSearch { is_long: true, ..all() },
        PostSearch { file_kinds: list("audio"), ..all() },
    ];
    for search in none {
        assert!(place.finds(search.clone()).await.is_empty(), "{search:?}");
    }
}

#[tokio::test]
async fn a_time_is_found_by_its_ids() {
    let place = Place::new().await;
    let ada = place.user("ada").await;
    let mut posts = Vec::new();
    for n in 0..9 {
        posts.push(place.writes(&ada, &format!("post {n}"), &[]).await);
    }
    for n in 0..8 {
        let between = PostSearch {
            created_after: Some(posts[n].created_at),
            created_before: posts.get(n + 2).map(|post| post.created_at),
            ..words("post")
        };
        assert_eq!(place.finds(between).await, [posts[n + 1].id]);
    }
    let later = PostSearch {
        created_after: Some(posts[8].created_at),
        ..PostSearch::default()
    };
    assert!(place.finds(later).await.is_empty());
}

#[tokio::test]
async fn the_best_comes_first_and_pages_go_on() {
    let place = Place::new().await;
    let ada = place.user("ada").await;
    for n in 0..4 {
        let text = format!("a cup of tea and many other words {n}");
        place.writes(&ada, &text, &[]).await;
    }
    let best = place.writes(&ada, "tea tea tea", &[]).await.id;
    for n in 0..4 {
        place
            .writes(&ada, &format!("another cup of tea and so on {n}"), &[])
            .await;
    }
    let search = PostSearch {
        by_relevance: true,
        ..words("tea")
    };
    let mut request = PageRequest {
        count: 4,
        ..PageRequest::default()
    };
    let mut found = Vec::new();
    loop {
        let filter = PostFilter::default();
        let page = place.post_page(search.clone(), filter, request).await;
        found.extend(ids(&page));
        let Some((key, _)) = page.items.last().filter(|_| page.more) else {
            break;
        };
        request.before = Some(Bound {
            id: *key,
            inclusive: false,
        });
    }
    assert_eq!(found[0], best);
    assert_eq!(found.len(), 9);
    found.sort_unstable();
    found.dedup();
    assert_eq!(found.len(), 9, "each once");
}

#[tokio::test]
async fn posts_of_hidden_people_are_left_out_of_full_pages() {
    use crate::model::Relation;
    let place = Place::new().await;
    let (ada, bob, eve) = (
        place.user("ada").await,
        place.user("bob").await,
        place.user("eve").await,
    );
    let mut shown = Vec::new();
    for n in 0..5 {
        shown.push(place.writes(&ada, &format!("tea {n}"), &[]).await.id);
        for other in [&bob, &eve] {
            place
                .writes(other, &format!("tea of others {n}"), &[])
                .await;
        }
    }
    shown.reverse();
    let (reader, muted, blocking) = (place.user("fay").await.id, bob.id, eve.id);
    place
        .write(move |tx| {
            tx.relate(reader, muted, Relation::Mute)?;
            tx.relate(blocking, reader, Relation::Block)
        })
        .await;
    let sees = async |include_muted: bool, count: u16| {
        let filter = PostFilter {
            listed_for: ListedFor {
                viewer: Some(reader),
                include_muted,
                shown: None,
            },
            ..PostFilter::default()
        };
        let request = PageRequest {
            count,
            ..PageRequest::default()
        };
        place.post_page(words("tea"), filter, request).await
    };
    let page = sees(false, 4).await;
    assert_eq!((ids(&page), page.more), (shown[..4].to_vec(), true));
    assert_eq!(ids(&sees(false, 20).await), shown);
    assert_eq!(sees(true, 20).await.items.len(), 10);
}
