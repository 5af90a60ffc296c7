//! A database on disk with one user, one room, and their events in the log.

use groundnut::actors::channel::write::create;
use groundnut::actors::delivery::{Delivery, NewDelivery};
use groundnut::clock::Clock;
use groundnut::event::{Event, Payload, Posted};
use groundnut::model::{
    Acl, CHAT, Channel, ClientBrief, Failure, Message, NewChannel, NewMessage, Post, PostCounts,
    PostId, Raw, Scopes, Token, TokenId, User,
};
use groundnut::protocol::site::Site;
use groundnut::protocol::stream::NotificationTargets;
use groundnut::store::{Answer, NewClient, NewUser, PlainMessage, Store, StoreOptions, Tx};
use groundnut::text::{Source, compose};
use std::collections::HashMap;
use std::sync::Arc;
use tempfile::TempDir;

/// Length of each message's text; the load tester uses the same.
const TEXT_BYTES: usize = 256;

pub(crate) struct World {
    pub(crate) store: Store,
    pub(crate) site: Site,
    pub(crate) author: Arc<User>,
    pub(crate) token: Arc<Token>,
    pub(crate) room: Arc<Channel>,
    /// The events of the set-up, and one message.
    pub(crate) events: Vec<Arc<Event>>,
    new: NewMessage,
    _directory: TempDir,
}

impl World {
    /// On the disk of the build: a database in memory would have nothing to sync.
    pub(crate) async fn open() -> Self {
        let directory = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let options = StoreOptions {
            url: format!("sqlite://{}", directory.path().join("bench.db").display()),
            lane_batch: 512,
            ..StoreOptions::default()
        };
        let store = Store::open(&options, Clock::default(), Arc::default()).unwrap();
        let mut committed = store.committed().unwrap();
        let (author, client, room) = store.write(people_and_room).await.unwrap();
        let text = "the room is full and everybody listens ".repeat(TEXT_BYTES);
        let text: String = text.chars().take(TEXT_BYTES - 1).chain(['.']).collect();
        let new = NewMessage {
            user_id: author.id,
            client: client.clone(),
            content: compose(&Source::plain(&text), &HashMap::new(), usize::MAX).unwrap(),
            raw: Raw::default(),
            is_nsfw: false,
            reply_to: None,
            update_marker: false,
        };
        let token = Arc::new(Token {
            id: TokenId(1),
            client,
            user: Some(author.id),
            scopes: Scopes::parse("messages").unwrap(),
        });
        let mut world = Self {
            store,
            site: Site::new("http://127.0.0.1:8080"),
            author,
            token,
            room,
            events: Vec::new(),
            new,
            _directory: directory,
        };
        world.write().await.unwrap();
        while let Ok(batch) = committed.try_recv() {
            world.events.extend(batch.events.iter().cloned());
        }
        // From now on a reader takes the events, as in a server.
        std::thread::spawn(move || while committed.blocking_recv().is_some() {});
        world
    }

    /// Puts one more message into the lane; the returned value resolves after the commit.
    pub(crate) fn write(&self) -> impl Future<Output = Result<Message, Failure>> + use<> {
        let (answer, pending) = Answer::new();
        let message = PlainMessage {
            channel: self.room.brief(),
            revision: self.room.revision,
            author: self.author.clone(),
            new: self.new.clone(),
            allow: Box::new(|_| Ok(())),
        };
        self.store.post(message, answer);
        pending.wait()
    }

    /// The first event that matches.
    pub(crate) fn event(&self, is_such: impl Fn(&Payload) -> bool) -> &Arc<Event> {
        let mut events = self.events.iter();
        events.find(|event| is_such(&event.payload)).unwrap()
    }

    pub(crate) fn message(&self) -> &Arc<Event> {
        self.event(|body| matches!(body, Payload::MessageCreated { .. }))
    }

    /// The message as a delivery, not yet rendered.
    pub(crate) fn delivery(&self) -> Arc<Delivery> {
        self.deliver(self.message().clone())
    }

    /// A post with the text of the message, by the same author.
    pub(crate) fn post_delivery(&self) -> Arc<Delivery> {
        let message = self.message();
        let post = Post {
            id: PostId(1_000_000),
            user_id: self.author.id,
            client: self.new.client.clone(),
            thread_id: PostId(1_000_000),
            reply_to: None,
            repost_of: None,
            created_at: message.at,
            content: self.new.content.clone(),
            raw: Raw::default(),
            is_nsfw: false,
            revision: 0,
            deleted_at: None,
            counts: PostCounts::default(),
        };
        let posted = Posted {
            post,
            author: self.author.clone(),
            original: None,
            answered: None,
            heard_from: Vec::new(),
        };
        let payload = Payload::PostCreated {
            posted: Box::new(posted),
        };
        self.deliver(Arc::new(Event {
            payload,
            ..Event::clone(message)
        }))
    }

    fn deliver(&self, event: Arc<Event>) -> Arc<Delivery> {
        Arc::new(Delivery::new(NewDelivery {
            samples: Default::default(),
            event,
            hidden: Arc::default(),
            earlier: Vec::new(),
            withheld: groundnut::actors::delivery::Withheld::new(),
            apps: Arc::default(),
            targets: NotificationTargets::default(),
            channel_numbers: None,
            dispatched: self.store.now(),
            shards: 1,
        }))
    }
}

type Made = (Arc<User>, ClientBrief, Arc<Channel>);

fn people_and_room(tx: &mut Tx<'_>) -> Result<Made, Failure> {
    let client = tx.create_client(&NewClient {
        id: "bench-bench-bench-bench-bench-01".into(),
        secret: None,
        name: "bench".to_owned(),
        url: "https://bench.example".to_owned(),
        redirect_uris: Vec::new(),
        owner: None,
        is_public: true,
        is_private: false,
        description: None,
    })?;
    let author = Arc::new(tx.create_user(&NewUser {
        username: "listener1".to_owned(),
        ..NewUser::default()
    })?);
    let acl = Acl {
        write_any_user: true,
        read_any_user: true,
        read_public: true,
        ..Acl::default()
    };
    let room = NewChannel {
        kind: CHAT.to_owned(),
        owner: Some(author.id),
        acl,
        raw: Raw::default(),
    };
    let room = create(tx, room, author.id, true)?;
    Ok((author, client.brief, room))
}
