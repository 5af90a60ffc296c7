//! Plain messages as one set: the same rows and events as by jobs, and what other processes do meanwhile.

use std::sync::Arc;

use futures_util::future::join_all;

use super::lane::hold;
use super::{Place, named, post_to, said};
use crate::event::{Event, Payload, Written};
use crate::model::{Channel, ChannelId, Message, MessageId, PageRequest, Refusal, Stamp};
use crate::store::{Failure, MessageFilter};

/// What a path leaves of `messages` and `channels`, without moments.
async fn rows(place: &Place, rooms: &[ChannelId]) -> Vec<(Channel, Vec<Message>)> {
    let mut all = Vec::new();
    for room in rooms {
        let room = *room;
        let (filter, request) = (MessageFilter::default(), PageRequest::default());
        let page = place.read(move |db| db.messages_in(room, &filter, &request));
        let mut messages: Vec<Message> = page.await.items.into_iter().map(|(_, m)| m).collect();
        for message in &mut messages {
            message.created_at = Stamp(0);
        }
        let mut channel = place.channel(room).await;
        let newest = channel.activity;
        assert!(newest > channel.created_at);
        (channel.activity, channel.created_at) = (Stamp(0), Stamp(0));
        all.push((channel, messages));
    }
    all
}

fn bodies(events: &[Arc<Event>]) -> Vec<Payload> {
    let mut last = Stamp(0);
    let body = |event: &Arc<Event>| {
        assert!(event.at > last, "moments rise");
        last = event.at;
        let mut body = event.payload.clone();
        if let Payload::MessageCreated { written, .. } = &mut body {
            assert!(written.message.created_at < event.at);
            written.message.created_at = Stamp(0);
            Arc::make_mut(&mut written.author).created_at = Stamp(0);
        }
        body
    };
    events.iter().map(body).collect()
}

#[tokio::test]
async fn a_set_leaves_the_same_rows_and_events_as_jobs_do() {
    let (by_data, by_jobs) = (Place::new().await, Place::new().await);
    let texts = ["one", "two", "see {object_id}", "four", "five"];
    let mut left = Vec::new();
    for (place, is_data) in [(&by_data, true), (&by_jobs, false)] {
        let ada = place.user("ada").await;
        let rooms = [place.room(ada.id).await, place.room(ada.id).await];
        let mut heard = place.store.committed().unwrap();
        let (release, held) = hold(place).await;
        let writes = texts.iter().enumerate().map(|(n, text)| {
            let (room, author) = (rooms[n % 2].clone(), ada.clone());
            let text = (*text).to_owned();
            async move {
                if is_data {
                    return place.post(&room, &author, &text).wait().await;
                }
                let job = place.store.write(move |tx| {
                    let message = tx.insert_message(room.id, said(author.id, &text))?;
                    let written = Written {
                        message: message.clone(),
                        author: Arc::new(author),
                        channel: room.brief(),
                    };
                    tx.announce(Payload::MessageCreated {
                        written: Box::new(written),
                        read_by_author: false,
                    });
                    Ok(message)
                });
                job.await
            }
        });
        let (answers, ()) = tokio::join!(join_all(writes), async { drop(release) });
        held.await.unwrap().unwrap();
        let ids: Vec<MessageId> = answers.iter().map(|m| m.as_ref().unwrap().id).collect();
        let batch = heard.recv().await.unwrap();
        let rooms: Vec<ChannelId> = rooms.iter().map(|room| room.id).collect();
        left.push((ids, bodies(&batch.events), rows(place, &rooms).await));
    }
    let by_jobs = left.pop().unwrap();
    let by_data = left.pop().unwrap();
    assert_eq!(by_data.1.len(), texts.len());
    assert_eq!(by_data, by_jobs);
}

#[tokio::test]
async fn a_job_sees_the_messages_before_it_and_not_those_after() {
    let place = Place::new().await;
    let ada = place.user("ada").await;
    let room = place.room(ada.id).await;
    let (release, held) = hold(&place).await;
    let before = [place.post(&room, &ada, "a"), place.post(&room, &ada, "b")];
    let id = room.id;
    let seen = place.store.submit(move |tx| {
        let channel = tx.channel(id)?;
        Ok(channel.map(|channel| (channel.messages, channel.recent_message_id)))
    });
    let after = place.post(&room, &ada, "c");
    drop(release);
    held.await.unwrap().unwrap();
    let mut ids = Vec::new();
    for pending in before {
        ids.push(pending.wait().await.unwrap().id);
    }
    assert_eq!(seen.unwrap().wait().await.unwrap(), Some((2, Some(ids[1]))));
    assert!(after.wait().await.unwrap().id > ids[1]);
}

#[tokio::test]
async fn one_that_cannot_be_written_fails_alone() {
    let place = Place::new().await;
    let ada = place.user("ada").await;
    let room = place.room(ada.id).await;
    let unwanted = ["b", "d"];
    place
        .run(
            "CREATE TRIGGER unwanted BEFORE INSERT ON messages WHEN NEW.text IN ('b', 'd')
                BEGIN SELECT RAISE(ABORT, 'unwanted'); END",
            "ALTER TABLE messages ADD CONSTRAINT unwanted CHECK (text NOT IN ('b', 'd'))",
        )
        .await;
    for with_a_job in [false, true] {
        let mut heard = Vec::new();
        let (release, held) = hold(&place).await;
        let job = with_a_job.then(|| place.store.submit(|tx| tx.create_user(&named("eve"))));
        for text in ["a", unwanted[0], "c"] {
            heard.push(place.post(&room, &ada, text));
        }
        drop(release);
        held.await.unwrap().unwrap();
        let mut went = Vec::new();
        for pending in heard {
            went.push(pending.wait().await.map(|message| message.content.text));
        }
        assert_eq!(went[0].as_deref().unwrap(), "a");
        assert!(matches!(went[1], Err(Failure::Trouble(_))), "{went:?}");
        assert_eq!(went[2].as_deref().unwrap(), "c");
        if let Some(job) = job {
            assert!(job.unwrap().wait().await.is_ok());
        }
    }
    assert_eq!(place.channel(room.id).await.messages, 4);
    // Alone in its group.
    let failed = place.post(&room, &ada, unwanted[1]).wait().await;
    assert!(matches!(failed, Err(Failure::Trouble(_))));
    assert!(place.post(&room, &ada, "e").wait().await.is_ok());
    assert_eq!(place.channel(room.id).await.messages, 5);
}

#[tokio::test]
async fn what_was_allowed_on_an_older_version_is_decided_on_again() {
    let place = Place::new().await;
    let ada = place.user("ada").await;
    let old = place.room(ada.id).await;
    // Changed, but still open: written, and the event tells of the new version.
    let renamed = super::room(ada.id, "Den").raw;
    let mut changed = old.clone();
    changed.raw = renamed;
    place.write(move |tx| tx.save_channel(&changed)).await;
    let mut heard = place.store.committed().unwrap();
    let (release, held) = hold(&place).await;
    let both = [place.post(&old, &ada, "a"), place.post(&old, &ada, "b")];
    drop(release);
    held.await.unwrap().unwrap();
    for pending in both {
        assert!(pending.wait().await.is_ok());
    }
    let batch = heard.recv().await.unwrap();
    let names: Vec<Option<&str>> = batch
        .events
        .iter()
        .filter_map(|event| event.payload.message())
        .map(|written| written.channel.name.as_deref())
        .collect();
    assert_eq!(names, [Some("Den"), Some("Den")]);
    // Closed: refused, and nothing is left of it.
    let mut closed = place.channel(old.id).await;
    assert_eq!((closed.messages, closed.revision), (2, 1));
    closed.acl.write_any_user = false;
    place.write(move |tx| tx.save_channel(&closed)).await;
    let refused = place.post(&old, &ada, "c").wait().await.unwrap_err();
    assert_eq!(refused.refusal(), Some(Refusal::NoAccess));
    let after = place.channel(old.id).await;
    assert_eq!((after.messages, after.revision), (2, 2));
    // And one that is not there at all.
    let mut nowhere = old.clone();
    nowhere.id = ChannelId(999);
    let refused = place.post(&nowhere, &ada, "d").wait().await.unwrap_err();
    assert_eq!(refused.refusal(), Some(Refusal::ChannelNotFound));
}

#[tokio::test]
async fn the_newest_message_stays_the_newest_whichever_revision_allowed_it() {
    let place = Place::new().await;
    let ada = place.user("ada").await;
    let old = place.room(ada.id).await;
    let mut changed = old.clone();
    changed.raw = super::room(ada.id, "Den").raw;
    place.write(move |tx| tx.save_channel(&changed)).await;
    let new = place.channel(old.id).await;
    assert!(new.revision > old.revision);
    // A set writes its revisions in an order that differs from run to run, so one round proves little.
    for _ in 0..16 {
        let (release, held) = hold(&place).await;
        let posted = [
            place.post(&old, &ada, "allowed on the old one"),
            place.post(&new, &ada, "allowed on the new one"),
        ];
        drop(release);
        held.await.unwrap().unwrap();
        let mut newest = None;
        for pending in posted {
            newest = Some(pending.wait().await.unwrap().id);
        }
        assert_eq!(place.channel(old.id).await.recent_message_id, newest);
    }
}

#[tokio::test]
async fn two_processes_give_out_each_id_once() {
    let place = Place::new().await;
    let ada = place.user("ada").await;
    let room = place.room(ada.id).await;
    let other = place.another();
    let mut ids = Vec::new();
    for _ in 0..3 {
        ids.push(place.post(&room, &ada, "here").wait().await.unwrap().id);
        let there = post_to(&other, &room, &ada, "there");
        ids.push(there.wait().await.unwrap().id);
        let (id, author) = (room.id, ada.id);
        let job = other.write(move |tx| tx.insert_message(id, said(author, "by a job")));
        ids.push(job.await.unwrap().id);
    }
    assert!(ids.is_sorted_by(|a, b| a < b), "{ids:?}");
    assert_eq!(place.channel(room.id).await.messages, 9);
}

#[tokio::test]
async fn another_process_that_writes_while_the_lane_is_in_a_group_waits_for_it() {
    let place = Place::new().await;
    let ada = place.user("ada").await;
    let room = place.room(ada.id).await;
    let other = place.another();
    let (release, held) = hold(&place).await;
    let here = [place.post(&room, &ada, "a"), place.post(&room, &ada, "b")];
    // Its lane waits for the write lock, which the held group has.
    let there = post_to(&other, &room, &ada, "c");
    drop(release);
    held.await.unwrap().unwrap();
    let mut ids = vec![there.wait().await.unwrap().id];
    for pending in here {
        ids.push(pending.wait().await.unwrap().id);
    }
    ids.push(place.post(&room, &ada, "d").wait().await.unwrap().id);
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 4, "each has its own");
    assert_eq!(place.channel(room.id).await.messages, 4);
}
