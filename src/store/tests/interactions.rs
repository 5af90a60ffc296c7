//! What others did: together for a day, and removed with the post.

use std::time::Duration;

use super::{CLIENT, Place};
use crate::model::visibility::ListedFor;
use crate::model::{
    Action, ClientBrief, Content, Interaction, NewPost, PageRequest, Post, PostId, Raw, Relation,
    User, UserId,
};

async fn posts(place: &Place, author: &User, text: &str) -> Post {
    let new = NewPost {
        user_id: author.id,
        client: ClientBrief {
            id: CLIENT.into(),
            name: String::from("Demo"),
            url: String::from("https://demo.example"),
        },
        content: Content {
            text: text.to_owned(),
            html: format!("<span>{text}</span>"),
            entities: crate::model::Entities::default(),
        },
        raw: Raw::default(),
        is_nsfw: false,
        reply_to: None,
        update_marker: false,
    };
    let author = author.clone();
    place
        .write(move |tx| tx.insert_post(&author, new, None))
        .await
}

async fn bookmarks(place: &Place, user: UserId, post: PostId) {
    assert!(place.write(move |tx| tx.bookmark(user, post, None)).await);
}

async fn of_user(place: &Place, user: UserId) -> Vec<Interaction> {
    let all = [Action::Bookmark, Action::Follow];
    let read = move |db: &mut crate::store::Db<'_>| {
        db.interactions_of_user(user, &all, ListedFor::default(), &PageRequest::default())
    };
    let page = place.read(read).await;
    page.items.into_iter().map(|(_, item)| item).collect()
}

#[tokio::test]
async fn what_is_alike_is_one_interaction_for_a_day() {
    let place = Place::new().await;
    let ada = place.user("ada").await;
    let others = [
        place.user("bob").await.id,
        place.user("eve").await.id,
        place.user("dan").await.id,
    ];
    let post = posts(&place, &ada, "hello").await.id;
    bookmarks(&place, others[0], post).await;
    place.clock.advance(Duration::from_secs(23 * 3600));
    bookmarks(&place, others[1], post).await;
    assert_eq!(of_user(&place, ada.id).await.len(), 1);
    // A day after the first, however late the last was.
    place.clock.advance(Duration::from_secs(2 * 3600));
    bookmarks(&place, others[2], post).await;
    let list = of_user(&place, ada.id).await;
    let users: Vec<_> = list.iter().map(|item| item.users.clone()).collect();
    assert_eq!(users, [vec![others[2]], vec![others[1], others[0]]]);
    assert!(list[0].at > list[1].at);
    // The last is taken back from its own.
    let last = others[1];
    place.write(move |tx| tx.remove_bookmark(last, post)).await;
    let list = of_user(&place, ada.id).await;
    assert_eq!(list[1].users, [others[0]]);
}

#[tokio::test]
async fn the_same_id_of_a_user_and_of_a_post_are_two_things() {
    let place = Place::new().await;
    let (ada, bob) = (place.user("ada").await, place.user("bob").await);
    let post = posts(&place, &ada, "hello").await.id;
    assert_eq!(post.0, ada.id.0);
    bookmarks(&place, bob.id, post).await;
    let (follower, followed) = (bob.id, ada.id);
    let follow = Relation::Follow;
    place
        .write(move |tx| tx.relate(follower, followed, follow))
        .await;
    place
        .write(move |tx| tx.unrelate(follower, followed, follow))
        .await;
    let list = of_user(&place, ada.id).await;
    assert_eq!(list.len(), 1);
    assert_eq!(list[0].action, Action::Bookmark);
}

fn remove_some(tx: &mut crate::store::Tx<'_>) -> Result<bool, crate::model::Failure> {
    tx.remove_some_acts()
}

#[tokio::test]
async fn what_was_done_to_a_deleted_post_is_removed_a_few_acts_at_a_time() {
    let place = Place::new().await;
    let (ada, bob) = (place.user("ada").await, place.user("bob").await);
    let post = posts(&place, &ada, "hello").await;
    let id = post.id;
    bookmarks(&place, bob.id, id).await;
    assert!(
        !place
            .read(|db| {
                let any = db.has_ended_interactions()?;
                Ok(any)
            })
            .await
    );
    place.write(move |tx| tx.delete_post(post)).await;
    assert!(of_user(&place, ada.id).await.is_empty());
    let mut steps = 0;
    while place.write(remove_some).await {
        steps += 1;
    }
    // Its acts, then itself.
    assert_eq!(steps, 2);
    // A bookmark that is removed later finds nothing to undo.
    let user = bob.id;
    assert!(place.write(move |tx| tx.remove_bookmark(user, id)).await);
}

#[tokio::test]
async fn thirty_people_are_shown_however_often_they_acted_and_hidden_ones_are_not_counted() {
    let place = Place::new().await;
    let ada = place.user("ada").await;
    let post = posts(&place, &ada, "hello").await.id;
    let mut others = Vec::new();
    for number in 0..35 {
        let other = place.user(&format!("user{number}")).await.id;
        bookmarks(&place, other, post).await;
        others.push(other);
    }
    others.reverse();
    // The newest are muted and blocked, one by each side.
    let [muted, blocked, blocking] = [others[0], others[1], others[2]];
    let viewer = ada.id;
    for (user, other, relation) in [
        (viewer, muted, Relation::Mute),
        (viewer, blocked, Relation::Block),
        (blocking, viewer, Relation::Block),
    ] {
        place
            .write(move |tx| tx.relate(user, other, relation))
            .await;
    }
    let shown = |listed_for: ListedFor| {
        let read = move |db: &mut crate::store::Db<'_>| {
            let request = PageRequest::default();
            db.interactions_of_user(viewer, &[Action::Bookmark], listed_for, &request)
        };
        let place = &place;
        async move { place.read(read).await.items.remove(0).1.users }
    };
    let of = |viewer, include_muted| ListedFor {
        viewer,
        include_muted,
        shown: None,
    };
    assert_eq!(shown(of(Some(viewer), false)).await, others[3..33]);
    let with_muted = shown(of(Some(viewer), true)).await;
    assert_eq!(with_muted[0], muted);
    assert_eq!(with_muted[1..], others[3..32]);
    assert_eq!(shown(of(None, false)).await, others[..30]);
    let samples = place.read(move |db| db.post_samples(&[post], of(Some(viewer), false), 10));
    assert_eq!(samples.await.bookmarkers[&post], others[3..13]);
}
