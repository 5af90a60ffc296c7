//! What a user's actor puts into the write lane for polls, and the sweep that closes them: the rule on the rows read there,
//! rows and events, in one transaction.
//!
//! Polls go by the clock of the machine, and not by the timestamps of writes, which never go back: after a clock that was
//! ahead is set right, a poll still closes when it should. One that has closed stays closed.

use std::sync::Arc;
use std::time::Duration;

use super::mail::{AnswerPoll, CreatePoll, DeletePoll};
use crate::event::{Payload, Polled};
use crate::model::visibility::{Occasion, shows_profile};
use crate::model::{Chosen, Closing, Failure, Poll, Refusal, Stamp, User, UserId, UserKind};
use crate::store::{Db, Store, Tx};

/// Users that the end of a poll names in its event, its creator included.
const MOST_CONCERNED: i64 = 10_000;
/// The soonest and the latest end that a call may ask for, from when it is carried out.
const SOONEST: Duration = Duration::from_secs(60);
const LATEST: Duration = Duration::from_secs(14 * 24 * 3600);
/// What a call may take on its way, and what two clocks may differ: a client asks for a minute from its own now.
const GRACE: Duration = Duration::from_secs(10);

/// Makes a poll.
///
/// # Errors
/// It would close too soon or too late.
pub fn create(tx: &mut Tx<'_>, mail: CreatePoll, now: Stamp) -> Result<Poll, Failure> {
    let creator = user(tx, mail.0.user_id)?;
    let closes_at = match mail.0.closing {
        Closing::After(minutes) => Stamp(now.0.saturating_add(minutes.saturating_mul(60_000_000))),
        Closing::At(at) => {
            // Counted from the end, so that no moment that is sent can overflow.
            let is_soon = at.minus(SOONEST) < now.minus(GRACE);
            let is_late = at.minus(LATEST) > now;
            if is_soon || is_late {
                return Err(Refusal::Invalid.at("closed_at").into());
            }
            at
        }
    };
    let poll = tx.insert_poll(mail.0, closes_at)?;
    tx.announce(Payload::PollCreated {
        polled: Box::new(Polled {
            poll: poll.clone(),
            creator,
        }),
    });
    Ok(poll)
}

/// Keeps what a user answers. Only the first answer is told, and without what it says.
///
/// # Errors
/// No such poll, or none of this user; one that is closed; a bot or a feed; a block between the two; positions that are
/// not there, or too many.
pub fn answer(tx: &mut Tx<'_>, mail: &AnswerPoll, now: Stamp) -> Result<Poll, Failure> {
    let poll = tx.poll(mail.id)?.ok_or(Refusal::PollNotFound)?;
    let principal = &mail.principal;
    let door = poll.door(Some(&principal.token), mail.token.as_deref());
    door.ok_or(Refusal::NoAccess)?;
    let answering = user(tx, principal.user)?;
    if answering.kind != UserKind::Human {
        return Err(Refusal::HumansOnly.into());
    }
    let between = tx.relationship(principal.user, poll.user_id)?;
    if !shows_profile(between, Occasion::Embedded) {
        return Err(Refusal::Blocked.into());
    }
    if !poll.takes_answers(now) {
        return Err(Refusal::PollClosed.into());
    }
    let chosen = Chosen::of(&mail.positions, poll.options.len());
    let chosen = chosen.ok_or_else(|| Refusal::Invalid.at("positions"))?;
    if i64::from(chosen.count()) > i64::from(poll.max_options) {
        return Err(Refusal::TooManyChosen.at("positions").into());
    }
    if tx.answer_poll(&poll, principal.user, chosen)? {
        let creator = user(tx, poll.user_id)?;
        tx.announce(Payload::PollAnswered {
            polled: Box::new(Polled {
                poll: poll.clone(),
                creator,
            }),
            user: (!poll.is_anonymous).then_some(answering),
        });
    }
    Ok(poll)
}

/// Deletes a poll of one's own, closed or not. What was answered goes after it, see [`sweep_answers`].
///
/// # Errors
/// No such poll, or another's, or one that the scopes do not open.
pub fn delete(tx: &mut Tx<'_>, mail: &DeletePoll) -> Result<Poll, Failure> {
    let poll = tx.poll(mail.id)?.ok_or(Refusal::PollNotFound)?;
    let (user_id, token) = (mail.principal.user, &mail.principal.token);
    if poll.user_id != user_id || !token.scopes.open_poll(&poll.kind) {
        return Err(Refusal::NoAccess.into());
    }
    let concerned = concerned(tx, &poll)?;
    let poll = tx.delete_poll(poll)?;
    let creator = user(tx, poll.user_id)?;
    tx.announce(Payload::PollDeleted {
        polled: Box::new(Polled {
            poll: poll.clone(),
            creator,
        }),
        concerned,
    });
    Ok(poll)
}

/// Removes what was answered to deleted polls, some answers per transaction, so that other writes come between. Readers see
/// none of it from the deletion on. What a stop or a failure interrupts is found by the next call.
pub async fn sweep_answers(store: &Store) {
    // Mostly there is nothing to do, which costs the writes nothing.
    let is_any = |db: &mut Db<'_>| Ok(db.poll_to_clear()?.is_some());
    if !store.read(is_any).await.unwrap_or(false) {
        return;
    }
    while let Ok(true) = store.write(clear_poll).await {}
}

fn clear_poll(tx: &mut Tx<'_>) -> Result<bool, Failure> {
    tx.clear_poll()
}

/// How long to wait at most until polls are looked at again: the clock may be set, and another process may make one.
const PAUSE: Duration = Duration::from_secs(1);

/// Closes the polls that are due, one small transaction each, so that other writes come between. Returns how long to wait
/// until the next one may be. What a stop interrupts is found by the next call.
pub async fn close_due(store: &Store) -> Duration {
    loop {
        // Mostly there is nothing to do, which costs the writes nothing.
        let next = store.read(|db: &mut Db<'_>| db.next_closing()).await;
        let Ok(next) = next else {
            // The failure is logged where it happens.
            return PAUSE;
        };
        let now = store.now();
        match next {
            Some(next) if next <= now => {
                if !matches!(store.write(move |tx| close_next(tx, now)).await, Ok(true)) {
                    return PAUSE;
                }
            }
            Some(next) => return PAUSE.min(Duration::from_micros(now.micros_until(next))),
            None => return PAUSE,
        }
    }
}

/// Whether there was one.
fn close_next(tx: &mut Tx<'_>, now: Stamp) -> Result<bool, Failure> {
    let Some(due) = tx.due_poll(now)? else {
        return Ok(false);
    };
    let concerned = concerned(tx, &due)?;
    let poll = tx.close_poll(due)?;
    let creator = user(tx, poll.user_id)?;
    tx.announce(Payload::PollClosed {
        polled: Box::new(Polled { poll, creator }),
        concerned,
    });
    Ok(true)
}

/// The creator, and those that answered: not of an anonymous poll, whose end must not tell who they are.
fn concerned(tx: &mut Tx<'_>, poll: &Poll) -> Result<Vec<UserId>, Failure> {
    let mut users = match poll.is_anonymous {
        true => Vec::new(),
        false => tx.poll_participants(poll.id, MOST_CONCERNED)?,
    };
    if !users.contains(&poll.user_id) {
        users.truncate(usize::try_from(MOST_CONCERNED - 1).unwrap_or(0));
        users.push(poll.user_id);
    }
    Ok(users)
}

fn user(tx: &mut Tx<'_>, id: UserId) -> Result<Arc<User>, Failure> {
    Ok(Arc::new(tx.user(id)?.ok_or(Refusal::UserNotFound)?))
}
