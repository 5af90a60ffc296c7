//! User streams that outlive their connection. What they subscribe to is written in `kept_subscriptions.rs`.

use std::collections::HashMap;

use diesel::prelude::*;

use super::db::to_json;
use super::schema::{nodes, stream_sessions};
use super::statements::{ListSessions, ParkSession, execute, query};
use super::{Db, Failure, Tx};
use crate::event::{Pos, Topic};
use crate::fault::{Seeded, seeded};
use crate::model::{
    ChannelId, ConnectionId, NodeEpoch, PostId, Refusal, Stamp, SubscriptionId, TokenId, UserId,
};
use crate::protocol::filter::Filter;
use crate::protocol::query::Query;

/// A subscription of a session.
#[derive(Clone, Debug, PartialEq)]
pub struct KeptSubscription {
    /// What the client knows it by.
    pub id: SubscriptionId,
    /// The endpoint.
    pub topic: Topic,
    /// What is left out.
    pub filter: Filter,
    /// The token of the subscribing call.
    pub token: TokenId,
    /// The position behind which it begins.
    pub since: Pos,
    /// It may not go on: why. It does not come back when that is over.
    pub ended: Option<Refusal>,
}

/// A session, and what it keeps.
pub(super) struct Listed {
    pub(super) user: UserId,
    pub(super) node: Option<NodeEpoch>,
    /// In the order in which they were made.
    pub(super) kept: Vec<KeptSubscription>,
}

type Row = (String, String, String, i64, i64, Option<String>);

/// A session, its user and its node, with one subscription or none.
type ListedRow = (
    String,
    i64,
    Option<String>,
    Option<String>,
    Option<String>,
    Option<String>,
    Option<i64>,
    Option<i64>,
    Option<String>,
);

impl Db<'_> {
    /// Sessions that were last seen before, at most so many.
    pub fn stream_sessions_seen_before(
        &mut self,
        before: Stamp,
        most: i64,
    ) -> Result<Vec<ConnectionId>, Failure> {
        let ids = stream_sessions::table
            .filter(stream_sessions::seen_at.lt(before.0))
            .order(stream_sessions::seen_at.asc())
            .limit(most)
            .select(stream_sessions::id)
            .load::<String>(self.sql)?;
        Ok(ids.into_iter().map(ConnectionId::from).collect())
    }

    /// How many there are.
    pub fn stream_session_count(&mut self) -> Result<i64, Failure> {
        Ok(stream_sessions::table.count().get_result(self.sql)?)
    }

    /// The subscriptions of a session of this user as they are now. `None`: it is gone.
    #[cfg(test)]
    pub(super) fn stream_session(
        &mut self,
        id: &ConnectionId,
        user: UserId,
    ) -> Result<Option<Vec<KeptSubscription>>, Failure> {
        let found = self.list_sessions(&[id])?.remove(id);
        Ok(found
            .filter(|found| found.user == user)
            .map(|found| found.kept))
    }

    /// Those of these sessions that there are.
    pub(super) fn list_sessions(
        &mut self,
        ids: &[&ConnectionId],
    ) -> Result<HashMap<ConnectionId, Listed>, Failure> {
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        let ids = to_json(&ids)?;
        let rows = query::<ListSessions>(&[(&*ids).into()]).load::<ListedRow>(self.sql)?;
        let mut all: HashMap<ConnectionId, Listed> = HashMap::new();
        for (session, user, node, id, topic, filter, token, since, ended) in rows {
            let user = UserId(user);
            let listed = all.entry(session.into()).or_insert_with(|| Listed {
                user,
                node: node.map(NodeEpoch::from),
                kept: Vec::new(),
            });
            // Nothing is there for a session without subscriptions.
            let columns = (id, topic, filter, token, since);
            if let (Some(id), Some(topic), Some(filter), Some(token), Some(since)) = columns {
                let row = (id, topic, filter, token, since, ended);
                listed.kept.extend(into_model(row, user));
            }
        }
        Ok(all)
    }
}

impl Tx<'_> {
    /// Begins a session. Of more than `most` of a user the one that was opened or continued first ends.
    pub fn open_stream_session(
        &mut self,
        id: &ConnectionId,
        user: UserId,
        most: usize,
        node: Option<&NodeEpoch>,
    ) -> Result<(), Failure> {
        let now = self.now();
        let kept = i64::try_from(most.saturating_sub(1)).unwrap_or(i64::MAX);
        let too_many = stream_sessions::table
            .filter(stream_sessions::user_id.eq(user.0))
            .order(stream_sessions::opened_at.desc())
            .offset(kept)
            .limit(i64::MAX)
            .select(stream_sessions::id)
            .load::<String>(self.sql)?;
        diesel::delete(stream_sessions::table.filter(stream_sessions::id.eq_any(too_many)))
            .execute(self.sql)?;
        diesel::insert_into(stream_sessions::table)
            .values((
                stream_sessions::id.eq(id.as_str()),
                stream_sessions::user_id.eq(user.0),
                stream_sessions::opened_at.eq(now.0),
                stream_sessions::seen_at.eq(now.0),
                stream_sessions::node.eq(node.map(NodeEpoch::as_str)),
            ))
            .execute(self.sql)?;
        Ok(())
    }

    /// A session ends. Says whether there was one, of this user.
    pub fn end_stream_session(&mut self, user: UserId, id: &ConnectionId) -> Result<bool, Failure> {
        let own = stream_sessions::table
            .filter(stream_sessions::id.eq(id.as_str()))
            .filter(stream_sessions::user_id.eq(user.0));
        Ok(diesel::delete(own).execute(self.sql)? > 0)
    }

    /// The connection of a session is gone, if another node has none for it.
    pub fn park_stream_session(
        &mut self,
        id: &ConnectionId,
        node: Option<&NodeEpoch>,
    ) -> Result<(), Failure> {
        let now = self.now().0;
        let node = node.map(NodeEpoch::as_str);
        execute::<ParkSession>(self.sql, &[now.into(), id.as_str().into(), node.into()])?;
        if seeded(Seeded::SessionEndsWithConnection) {
            self.end_stream_sessions(std::slice::from_ref(id), Stamp(i64::MAX), None)?;
        }
        Ok(())
    }

    /// These sessions have a connection.
    pub fn see_stream_sessions(&mut self, ids: &[ConnectionId]) -> Result<(), Failure> {
        let now = self.now();
        let ids: Vec<&str> = ids.iter().map(ConnectionId::as_str).collect();
        diesel::update(stream_sessions::table.filter(stream_sessions::id.eq_any(ids)))
            .set(stream_sessions::seen_at.eq(now.0))
            .execute(self.sql)?;
        Ok(())
    }

    /// The server starts: the connections of all sessions are gone since now, as far as their clients know.
    pub fn see_all_stream_sessions(&mut self) -> Result<(), Failure> {
        let now = self.now();
        diesel::update(stream_sessions::table)
            .set((
                stream_sessions::seen_at.eq(now.0),
                // A database that was moved from a server names nodes of that.
                stream_sessions::node.eq(None::<String>),
            ))
            .execute(self.sql)?;
        Ok(())
    }

    /// These sessions are over, unless they were seen meanwhile, or another node has a connection of them.
    pub fn end_stream_sessions(
        &mut self,
        ids: &[ConnectionId],
        before: Stamp,
        node: Option<&NodeEpoch>,
    ) -> Result<(), Failure> {
        let ids: Vec<&str> = ids.iter().map(ConnectionId::as_str).collect();
        let node = node.map_or("", NodeEpoch::as_str);
        let is_elsewhere = nodes::table
            .filter(nodes::epoch.nullable().eq(stream_sessions::node))
            .filter(nodes::epoch.ne(node));
        let over = stream_sessions::table
            .filter(stream_sessions::id.eq_any(ids))
            .filter(stream_sessions::seen_at.lt(before.0))
            .filter(diesel::dsl::not(diesel::dsl::exists(is_elsewhere)));
        diesel::delete(over).execute(self.sql)?;
        Ok(())
    }
}

/// A topic that this program does not know is left out: a newer one wrote it.
fn into_model(
    (id, topic, filter, token, since, ended): Row,
    user: UserId,
) -> Option<KeptSubscription> {
    Some(KeptSubscription {
        id: id.into(),
        topic: topic_named(&topic, user)?,
        filter: Filter::from_query(&Query::parse(&filter)),
        token: TokenId(token),
        since: Pos(since),
        // A reason of a newer program is one, too.
        ended: ended.map(|slug| refusal_of(&slug).unwrap_or(Refusal::NoAccess)),
    })
}

fn refusal_of(slug: &str) -> Option<Refusal> {
    let mut all = Refusal::ALL.iter().copied();
    all.find(|refusal| refusal.slug() == slug)
}

/// The stored form of a topic; the user is that of the session.
pub(super) fn name_of(topic: Topic) -> String {
    match topic {
        Topic::ChannelMessages(id) => format!("messages:{id}"),
        Topic::ChannelSubscribers(id) => format!("subscribers:{id}"),
        Topic::ChannelPresence(id) => format!("channel_presence:{id}"),
        Topic::Thread(id) => format!("thread:{id}"),
        Topic::Inbox(_) => String::from("inbox"),
        Topic::Presence => String::from("presence"),
        Topic::Token(_) => String::from("token"),
        Topic::Files(_) => String::from("files"),
        Topic::Following(_) => String::from("following"),
        Topic::Followers(_) => String::from("followers"),
        Topic::Home(_) => String::from("home"),
        Topic::Unified(_) => String::from("unified"),
        Topic::OwnPosts(_) => String::from("own_posts"),
        Topic::Mentions(_) => String::from("mentions"),
        Topic::Markers(_) => String::from("markers"),
    }
}

fn topic_named(name: &str, user: UserId) -> Option<Topic> {
    let (kind, id) = match name.split_once(':') {
        Some((kind, id)) => (kind, id.parse::<i64>().ok()?),
        None => (name, 0),
    };
    Some(match kind {
        "messages" => Topic::ChannelMessages(ChannelId(id)),
        "subscribers" => Topic::ChannelSubscribers(ChannelId(id)),
        "channel_presence" => Topic::ChannelPresence(ChannelId(id)),
        "thread" => Topic::Thread(PostId(id)),
        "inbox" => Topic::Inbox(user),
        "presence" => Topic::Presence,
        "token" => Topic::Token(user),
        "files" => Topic::Files(user),
        "following" => Topic::Following(user),
        "followers" => Topic::Followers(user),
        "home" => Topic::Home(user),
        "unified" => Topic::Unified(user),
        "own_posts" => Topic::OwnPosts(user),
        "mentions" => Topic::Mentions(user),
        "markers" => Topic::Markers(user),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_topic_is_read_as_it_was_stored() {
        let me = UserId(7);
        for topic in [
            Topic::ChannelMessages(ChannelId(1)),
            Topic::ChannelSubscribers(ChannelId(2)),
            Topic::ChannelPresence(ChannelId(3)),
            Topic::Thread(PostId(4)),
            Topic::Inbox(me),
            Topic::Presence,
            Topic::Token(me),
            Topic::Files(me),
            Topic::Following(me),
            Topic::Followers(me),
            Topic::Home(me),
            Topic::Unified(me),
            Topic::OwnPosts(me),
            Topic::Mentions(me),
            Topic::Markers(me),
        ] {
            assert_eq!(topic_named(&name_of(topic), me), Some(topic));
        }
        assert_eq!(topic_named("markers:x", me), None);
        assert_eq!(topic_named("of-a-newer-program", me), None);
    }
}
