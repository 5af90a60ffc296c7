//! What was written, held against the log: what was acknowledged is there, what was refused is not, nothing is there twice, and
//! each message stands where its author had the right to write it.

use std::collections::{BTreeSet, HashMap, HashSet};

use diesel::sql_types::Text;

use super::super::ending::holds_what_was_acknowledged;
use super::super::ledger::{Allowed, Fact, Ledger};
use super::users::Written;
use crate::support::database::Sql;

#[derive(diesel::QueryableByName)]
struct Said {
    #[diesel(sql_type = Text)]
    text: String,
}

/// The texts of messages and posts. Each was sent once, whatever its sender was told.
const TEXTS: &str = "SELECT body::json #>> '{written,message,content,text}' AS text FROM log_events \
    WHERE kind = 'message_created' \
    UNION ALL SELECT body::json #>> '{posted,post,content,text}' FROM log_events WHERE kind = 'post_created'";

pub(super) fn is_in_the_log(written: &Written, ledger: &Ledger, url: &str) -> Result<(), String> {
    holds_what_was_acknowledged(ledger, &written.messages)?;
    holds_posts(ledger, &written.posts)?;
    let texts: Vec<Said> = Sql::connects(url).loads(TEXTS);
    let mut known = HashSet::new();
    for said in &texts {
        if !known.insert(said.text.as_str()) {
            return Err(format!("written twice: {:.16}", said.text));
        }
    }
    let mut refused = written.refused.iter();
    match refused.find(|(text, _)| known.contains(text.as_str())) {
        Some((text, answers)) => Err(format!("refused, and in the log: {text:.16} {answers:?}")),
        None => stands_where_it_may(ledger),
    }
}

fn holds_posts(ledger: &Ledger, posts: &[i64]) -> Result<(), String> {
    for post in posts {
        let entries = ledger.entries.values();
        let count = entries
            .filter(
                |entry| matches!(entry.fact, Fact::Posted { id, gone: false, .. } if id == *post),
            )
            .count();
        if count != 1 {
            return Err(format!(
                "post {post} was acknowledged, and is in the log {count} times"
            ));
        }
    }
    Ok(())
}

/// No message of a user is behind the end of the right to write it: of a member that was removed, of a token that was revoked.
fn stands_where_it_may(ledger: &Ledger) -> Result<(), String> {
    let mut writers: HashMap<i64, &Allowed> = HashMap::new();
    // By app and user. One that never had an event here has a token from before.
    let mut tokens: HashMap<(&str, i64), BTreeSet<i64>> = HashMap::new();
    for (pos, entry) in &ledger.entries {
        match &entry.fact {
            Fact::Channel {
                channel,
                writers: new,
                ..
            } => {
                writers.insert(*channel, new);
            }
            Fact::Token {
                client,
                id,
                user,
                on,
            } => {
                let live = tokens.entry((client, *user)).or_default();
                match on {
                    true => live.insert(*id),
                    false => live.remove(id),
                };
            }
            Fact::Said {
                channel,
                author,
                client,
                gone: false,
                ..
            } => {
                let may = writers.get(channel).is_none_or(|these| these.has(*author));
                let live = tokens.get(&(client.as_str(), *author));
                if !may {
                    return Err(format!(
                        "{pos} is behind its author's removal: {:?}",
                        entry.fact
                    ));
                }
                if live.is_some_and(BTreeSet::is_empty) {
                    return Err(format!(
                        "{pos} is behind the end of its token: {:?}",
                        entry.fact
                    ));
                }
            }
            Fact::Said { .. }
            | Fact::Posted { .. }
            | Fact::Joined { .. }
            | Fact::Related { .. }
            | Fact::Other => {}
        }
    }
    Ok(())
}
