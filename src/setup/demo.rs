//! `--demo`: a few users, a public room and a private one, in an empty database.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::json;

use crate::actors::channel::write::{allowed_message, create};
use crate::model::{Acl, CHAT, Channel, ClientId, Failure, NewChannel, NewMessage, User, UserId};
use crate::store::secret::hash_password;
use crate::store::{NewUser, Store, Tx};
use crate::text::raw::{On, check};
use crate::text::{Source, compose};
use crate::web::{Demo, DemoPerson};

const PEOPLE: [(&str, &str); 4] = [
    ("ada", "Ada Lovelace"),
    ("grace", "Grace Hopper"),
    ("linus", "Linus Pauling"),
    ("mary", "Mary Anning"),
];

/// Messages in the public room: index of the author, text.
const TALK: [(usize, &str); 6] = [
    (
        0,
        "Good morning! This is the lounge: everybody may read and write here.",
    ),
    (1, "Morning, @ada. Did the engine run through the night?"),
    (0, "It did. Twelve hours, not one message lost. #groundnut"),
    (
        2,
        "Then let us try two windows side by side: what one writes, the other reads at once.",
    ),
    (
        3,
        "Typing shows too. And if you pull the plug, the page says so and comes back by itself.",
    ),
    (
        1,
        "The protocol is the one of [pnut.io](https://pnut.io), so your own client will do as well.",
    ),
];

/// Fills an empty database; returns the demo's users, also when an earlier start has created them.
///
/// # Errors
/// The database is in trouble.
pub async fn fill(store: &Store) -> Result<Demo, Failure> {
    let names: Vec<String> = PEOPLE.iter().map(|(name, _)| (*name).to_owned()).collect();
    let (known, anybody) = store
        .read(move |db| Ok((db.ids_by_name(&names)?, db.user(UserId(1))?.is_some())))
        .await?;
    if known.len() < PEOPLE.len() {
        // Accounts with published passwords may not be mixed with real ones. The first account of a
        // database has id 1, and accounts are never removed.
        if anybody {
            return Err(Failure::Trouble(
                "--demo fills an empty database only, and this one has accounts; name another with --database-url".into(),
            ));
        }
        // Hashing is slow on purpose: done before, it does not block the write lane.
        let hashes = PEOPLE
            .iter()
            .map(|(name, _)| hash_password(&password(name)));
        let hashes = hashes.collect::<Result<Vec<_>, _>>()?;
        store.write(move |tx| populate(tx, hashes)).await?;
    }
    let person = |(name, _): &(&str, &str)| DemoPerson {
        username: (*name).to_owned(),
        password: password(name),
    };
    Ok(Demo {
        people: PEOPLE.iter().map(person).collect(),
    })
}

fn password(name: &str) -> String {
    format!("{name}-demo")
}

fn populate(tx: &mut Tx<'_>, hashes: Vec<String>) -> Result<(), Failure> {
    let mut people: Vec<Arc<User>> = Vec::new();
    for ((username, name), hash) in PEOPLE.iter().zip(hashes) {
        people.push(Arc::new(tx.create_user(&NewUser {
            username: (*username).to_owned(),
            name: Some((*name).to_owned()),
            password_hash: Some(hash),
            ..NewUser::default()
        })?));
    }
    let [ada, grace, linus, mary] = people.as_slice() else {
        return Ok(());
    };
    let open = Acl {
        write_any_user: true,
        read_any_user: true,
        read_public: true,
        ..Acl::default()
    };
    let lounge = room(tx, ada.id, open, "Lounge", "Everybody is welcome.")?;
    let members = Acl {
        write: vec![grace.id, mary.id],
        ..Acl::default()
    };
    let workshop = room(tx, ada.id, members, "Workshop", "Ada, Grace and Mary only.")?;
    for user in [grace, linus, mary] {
        tx.subscribe(lounge.id, user.id)?;
    }
    let ids: HashMap<String, UserId> = people
        .iter()
        .map(|user| (user.username.to_lowercase(), user.id))
        .collect();
    for (who, text) in TALK {
        let Some(author) = people.get(who) else {
            continue;
        };
        say(tx, &lounge, author, text, &ids)?;
    }
    say(
        tx,
        &workshop,
        grace,
        "Only the three of us can read this.",
        &ids,
    )
}

fn room(
    tx: &mut Tx<'_>,
    owner: UserId,
    acl: Acl,
    name: &str,
    about: &str,
) -> Result<Arc<Channel>, Failure> {
    let settings = json!({"io.pnut.core.chat-settings": [
        {"name": name, "description": {"text": about}, "categories": ["community"]}
    ]});
    let raw = check(&settings, On::Channel, usize::MAX)?;
    create(
        tx,
        NewChannel {
            kind: CHAT.to_owned(),
            owner: Some(owner),
            acl,
            raw,
        },
        owner,
        true,
    )
}

fn say(
    tx: &mut Tx<'_>,
    channel: &Channel,
    author: &Arc<User>,
    text: &str,
    people: &HashMap<String, UserId>,
) -> Result<(), Failure> {
    let client = ClientId::from(super::page::CLIENT);
    let Some(client) = tx.client(&client)? else {
        return Ok(());
    };
    let new = NewMessage {
        user_id: author.id,
        client: client.brief,
        content: compose(&Source::plain(text), people, usize::MAX)?,
        raw: Default::default(),
        is_nsfw: false,
        reply_to: None,
        update_marker: true,
    };
    allowed_message(tx, channel, author.clone(), new).map(drop)
}
