use super::*;
use crate::actors::SetPresence;
use crate::bus::tests::TestBus;
use crate::clock::Clock;

const ADA: UserId = UserId(1);
const BOB: UserId = UserId(65);
const ROOM: ChannelId = ChannelId(7);

struct Server {
    node: NodeId,
    bus: TestBus,
    board: PresenceBoard,
}

impl Server {
    fn new(node: u64) -> Self {
        let bus = TestBus::new(node);
        Self {
            node: NodeId(node),
            board: PresenceBoard::new(Clock::default(), bus.bus.clone()),
            bus,
        }
    }

    fn says(&self, user: UserId, text: &str) {
        self.board.set(user, self.until(Some(text), 60));
    }

    fn until(&self, text: Option<&str>, seconds: i64) -> SetPresence {
        let until = Stamp(self.board.clock.now().0 + seconds * 1_000_000);
        let text = text.map(str::to_owned);
        SetPresence { text, until }
    }

    fn shows(&self, user: UserId) -> Option<String> {
        self.board.of(user).text
    }

    fn in_room(&self, user: UserId) -> Option<String> {
        let there = self.board.channels.get(&ROOM)?;
        there.get(&user)?.text.clone()
    }
}

/// Whether two have the same, as of now.
fn agrees(a: &Server, b: &Server) -> bool {
    let at = a.board.clock.now();
    a.board.sums(at) == b.board.sums(at)
}

/// Compares the two until neither has anything to say.
fn agree(a: &Server, b: &Server) {
    let mut said = vec![(a, b, a.board.digest()), (b, a, b.board.digest())];
    while let Some((from, to, what)) = said.pop() {
        let replies = to.board.take(from.node, &what);
        said.extend(replies.into_iter().map(|reply| (to, from, reply)));
    }
    assert!(agrees(a, b));
}

#[test]
fn changes_arrive_in_any_order_and_the_later_one_holds() {
    let (mut a, b) = (Server::new(1), Server::new(2));
    a.says(ADA, "one");
    a.says(ADA, "two");
    let changes = a.bus.said();
    assert_eq!(changes.len(), 2);
    for change in changes.iter().rev() {
        b.board.take(a.node, change);
    }
    assert_eq!(b.shows(ADA).as_deref(), Some("two"));
    assert!(agrees(&b, &a));
    // It was set behind what this server has seen, whatever its clock says.
    b.says(ADA, "three");
    assert!(
        b.board.everywhere.get(&ADA).unwrap().set_at > a.board.everywhere.get(&ADA).unwrap().set_at
    );
}

#[test]
fn servers_that_missed_everything_agree_by_their_digests() {
    let (a, b) = (Server::new(1), Server::new(2));
    a.says(ADA, "on a");
    b.says(BOB, "on b");
    b.board.set_in(ADA, ROOM, b.until(Some("typing"), 60));
    agree(&a, &b);
    for server in [&a, &b] {
        assert_eq!(server.shows(ADA).as_deref(), Some("on a"));
        assert_eq!(server.shows(BOB).as_deref(), Some("on b"));
        assert_eq!(server.in_room(ADA).as_deref(), Some("typing"));
    }
}

#[test]
fn what_ended_on_one_server_does_not_come_back_from_another() {
    let (a, b) = (Server::new(1), Server::new(2));
    a.board.set_in(ADA, ROOM, a.until(Some("typing"), 60));
    a.says(BOB, "here");
    agree(&a, &b);
    let fresh = Server::new(3);
    a.board.leave(ADA, ROOM);
    a.board.take_offline(BOB);
    a.board.sweep();
    // `b` has missed both, and brings what it has to a server that has nothing.
    agree(&b, &fresh);
    assert_eq!(fresh.in_room(ADA).as_deref(), Some("typing"));
    for behind in [&b, &fresh] {
        // A pause between two questions, for the story alone.
        *a.board.exchange.asked.lock().unwrap() = None;
        *a.board.exchange.told.lock().unwrap() = None;
        *behind.board.exchange.asked.lock().unwrap() = None;
        *behind.board.exchange.told.lock().unwrap() = None;
        agree(&a, behind);
        for server in [&a, behind] {
            assert_eq!(server.in_room(ADA), None);
            assert_eq!(server.shows(BOB), None);
        }
    }
}

#[test]
fn what_is_over_is_swept_and_is_no_difference() {
    let (a, b) = (Server::new(1), Server::new(2));
    a.board.set_in(ADA, ROOM, a.until(Some("gone"), -700));
    assert!(agrees(&a, &b));
    a.board.sweep();
    assert!(a.board.channels.is_empty());
    // For another server it may not be over yet.
    a.board.set_in(ADA, ROOM, a.until(Some("gone"), -1));
    assert!(agrees(&a, &b));
    a.board.sweep();
    assert_eq!(a.board.channels.len(), 1);
    b.board.take(a.node, b"[not what servers say]");
    assert!(b.board.everywhere.is_empty());
}

#[test]
fn servers_whose_clocks_are_apart_agree_about_what_has_ended_for_one_of_them() {
    let (a, b) = (Server::new(1), Server::new(2));
    a.board.clock.advance(Duration::from_secs(240));
    a.board.set_in(ADA, ROOM, a.until(Some("typing"), 5));
    agree(&a, &b);
    a.board.clock.advance(Duration::from_secs(10));
    a.board.sweep();
    for (from, to) in [(&a, &b), (&b, &a)] {
        assert!(to.board.take(from.node, &from.board.digest()).is_empty());
    }
    // Nor does one that missed it take it for news for ever.
    let late = Server::new(3);
    late.board.clock.advance(Duration::from_secs(250));
    agree(&b, &late);
    assert!(late.board.take(b.node, &b.board.digest()).is_empty());
}

#[test]
fn a_question_to_another_server_is_not_answered() {
    let (a, b) = (Server::new(1), Server::new(2));
    a.says(ADA, "here");
    let want = packed(&Said::Want {
        of: 3,
        buckets: u64::MAX,
    });
    assert!(a.board.take(b.node, &want).is_empty());
    let want = packed(&Said::Want {
        of: 1,
        buckets: u64::MAX,
    });
    assert_eq!(a.board.take(b.node, &want).len(), 1);
}

#[test]
fn a_server_that_begins_gets_all_in_answers_that_are_bounded() {
    let (a, fresh) = (Server::new(1), Server::new(2));
    let users = 3 * i64::try_from(ANSWERED).unwrap();
    for user in 0..users {
        a.says(UserId(user), "here");
    }
    let ready = || {
        // A pause between two questions, for the story alone.
        *fresh.board.exchange.asked.lock().unwrap() = None;
    };
    let mut turns = 0;
    while !agrees(&a, &fresh) {
        ready();
        turns += 1;
        let mut count = 0;
        for want in fresh.board.take(a.node, &a.board.digest()) {
            for entries in a.board.take(fresh.node, &want) {
                let Ok(Said::Entries(told)) = serde_json::from_slice(&entries) else {
                    continue;
                };
                count += told.len();
                told.into_iter().for_each(|told| fresh.board.merge(told));
            }
        }
        assert!((1..=ANSWERED).contains(&count), "{count} in turn {turns}");
    }
    assert!((3..=6).contains(&turns), "{turns} turns");
}

#[test]
fn a_bucket_that_is_larger_than_an_answer_is_one() {
    let a = Server::new(1);
    let users = i64::try_from(ANSWERED).unwrap() + 1;
    for user in 0..users {
        a.says(UserId(64 * user), "here");
    }
    a.says(UserId(1), "in another bucket");
    let told = |messages: Vec<Bytes>| -> usize {
        let said = messages.iter().map(|one| serde_json::from_slice(one));
        let told = said.map(|said| match said {
            Ok(Said::Entries(told)) => told.len(),
            Ok(Said::Digest { .. } | Said::Want { .. }) | Err(_) => 0,
        });
        told.sum()
    };
    let all = told(a.board.entries(1));
    assert_eq!(all, ANSWERED + 1);
}

#[test]
fn a_user_that_was_there_last_month_is_forgotten_by_all_at_once() {
    let (a, b) = (Server::new(1), Server::new(2));
    a.says(ADA, "long ago");
    b.board.clock.advance(Duration::from_secs(31 * 86_400));
    let digest = b.board.digest();
    // As of then neither has anything that counts.
    assert!(a.board.take(b.node, &digest).is_empty());
    a.board.clock.advance(Duration::from_secs(31 * 86_400));
    assert!(a.board.entries(u64::MAX).is_empty());
    a.board.sweep();
    assert!(a.board.everywhere.is_empty());
}

#[test]
fn what_is_dated_by_a_clock_that_is_wrong_is_not_taken() {
    let (mut a, b) = (Server::new(1), Server::new(2));
    a.board.clock.advance(Duration::from_secs(3600));
    a.says(ADA, "in an hour");
    for change in a.bus.said() {
        b.board.take(a.node, &change);
    }
    assert_eq!(b.shows(ADA), None);
}
