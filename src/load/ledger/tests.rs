use super::*;

fn room(listeners: u32, messages: u32) -> Ledger {
    let mut room = Ledger::default();
    for _ in 0..listeners {
        room.join();
    }
    for _ in 0..messages {
        let seq = room.number(0, 0);
        room.answered(seq, true);
    }
    room
}

fn hear_all(room: &mut Ledger, reception: &mut Reception, numbers: &[u32]) -> Vec<Receipt> {
    numbers
        .iter()
        .map(|seq| room.hear(reception, *seq).0)
        .collect()
}

#[test]
fn the_first_listener_fixes_the_order() {
    let mut room = room(2, 3);
    let (mut ada, mut bob) = (Reception::from_start(), Reception::from_start());
    assert_eq!(
        hear_all(&mut room, &mut ada, &[1, 0, 2]),
        [Receipt::InOrder; 3]
    );
    assert_eq!(
        hear_all(&mut room, &mut bob, &[1, 0, 2]),
        [Receipt::InOrder; 3]
    );
    assert_eq!(room.lost(&ada) + room.lost(&bob) + room.unheard(), 0);
}

#[test]
fn another_order_is_noticed() {
    let mut room = room(2, 3);
    let (mut ada, mut bob) = (Reception::from_start(), Reception::from_start());
    hear_all(&mut room, &mut ada, &[0, 1, 2]);
    let heard = hear_all(&mut room, &mut bob, &[1, 0, 2]);
    assert_eq!(
        heard,
        [Receipt::Skipped(1), Receipt::Late, Receipt::InOrder]
    );
    assert_eq!(room.lost(&bob), 0);
}

#[test]
fn holes_and_tails_are_lost() {
    let mut room = room(2, 4);
    let (mut ada, mut bob) = (Reception::from_start(), Reception::from_start());
    hear_all(&mut room, &mut ada, &[0, 1, 2]);
    assert_eq!(
        hear_all(&mut room, &mut bob, &[0, 2]),
        [Receipt::InOrder, Receipt::Skipped(1)]
    );
    assert_eq!((room.lost(&ada), room.lost(&bob)), (0, 1));
    assert_eq!(room.unheard(), 1, "the last one reached nobody");
    assert_eq!(
        room.lost(&Reception::from_start()),
        3,
        "a listener that heard nothing lost all"
    );
}

#[test]
fn repetitions_do_not_complete_a_message() {
    let mut room = room(2, 1);
    let (mut ada, mut bob) = (Reception::from_start(), Reception::from_start());
    assert_eq!(room.hear(&mut ada, 0), (Receipt::InOrder, false));
    assert_eq!(room.hear(&mut ada, 0), (Receipt::Again, false));
    assert_eq!(room.hear(&mut bob, 0), (Receipt::InOrder, true));
    assert_eq!(room.hear(&mut bob, 9), (Receipt::Unknown, false));
}

#[test]
fn an_answer_after_the_last_listener_completes() {
    let mut room = room(1, 0);
    let seq = room.number(0, 0);
    let mut reception = Reception::from_start();
    assert_eq!(room.hear(&mut reception, seq), (Receipt::InOrder, false));
    assert!(room.answered(seq, true));
    assert!(!room.answered(seq, true), "only once");
}

#[test]
fn refused_messages_complete_and_are_not_lost() {
    let mut room = room(1, 0);
    let seq = room.number(0, 0);
    assert!(room.answered(seq, false));
    assert_eq!(
        (room.lost(&Reception::from_start()), room.unheard()),
        (0, 0)
    );
}

#[test]
fn nobody_waits_for_a_listener_that_left() {
    let mut room = room(2, 2);
    let (mut ada, mut bob) = (Reception::from_start(), Reception::from_start());
    hear_all(&mut room, &mut ada, &[0, 1]);
    hear_all(&mut room, &mut bob, &[0]);
    assert_eq!(room.leave(&bob), 1);
    assert_eq!(room.listeners(), 1);
}

#[test]
fn who_comes_late_misses_nothing() {
    let mut room = room(1, 5);
    let mut ada = Reception::from_start();
    hear_all(&mut room, &mut ada, &[0, 1, 2, 3, 4]);
    let mut eve = Reception::from_now();
    assert_eq!(room.lost(&eve), 0);
    assert_eq!(
        hear_all(&mut room, &mut eve, &[3, 4]),
        [Receipt::InOrder; 2]
    );
    assert_eq!(room.lost(&eve), 0);
}

#[test]
fn old_messages_are_forgotten_once_everybody_has_them() {
    let mut room = room(1, 0);
    let mut reception = Reception::from_start();
    let most = u32::try_from(REMEMBERED_MESSAGES).unwrap();
    for _ in 0..most + 100 {
        let seq = room.number(0, 0);
        room.answered(seq, true);
        assert_eq!(room.hear(&mut reception, seq).0, Receipt::InOrder);
    }
    assert!(room.sent.len() <= REMEMBERED_MESSAGES + 1 && room.order.len() == room.sent.len());
    assert_eq!(room.sent(), u64::from(most) + 100);
    assert_eq!(room.lost(&reception), 0);
    assert_eq!(
        room.hear(&mut reception, 5).0,
        Receipt::Again,
        "forgotten, not unknown"
    );
    assert_eq!(room.hear(&mut reception, most + 100).0, Receipt::Unknown);
    let late = Reception {
        cursor: 3,
        from_start: true,
        ..Reception::default()
    };
    assert_eq!(
        room.lost(&late),
        u64::from(most) + 97,
        "what was forgotten was accepted"
    );
}

#[test]
fn a_message_that_somebody_waits_for_is_not_forgotten() {
    let mut room = room(2, 0);
    let mut ada = Reception::from_start();
    for _ in 0..REMEMBERED_MESSAGES + 100 {
        let seq = room.number(0, 0);
        room.answered(seq, true);
        room.hear(&mut ada, seq);
    }
    let mut bob = Reception::from_start();
    assert_eq!(room.hear(&mut bob, 0), (Receipt::InOrder, true));
    assert_eq!(room.lost(&bob), REMEMBERED_MESSAGES as u64 + 99);
}

#[test]
fn a_gap_too_wide_to_remember_is_lost() {
    let wide = REMEMBERED_GAP + 2;
    let mut room = room(2, wide);
    let (mut ada, mut bob) = (Reception::from_start(), Reception::from_start());
    for seq in 0..wide {
        room.hear(&mut ada, seq);
    }
    let heard = room.hear(&mut bob, wide - 1).0;
    assert_eq!(heard, Receipt::Skipped(wide - 1));
    assert_eq!(room.lost(&bob), u64::from(wide) - 1);
}
