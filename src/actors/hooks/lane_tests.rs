use super::*;

fn letter(pos: i64) -> Letter {
    sized(pos, 10)
}

fn sized(pos: i64, bytes: usize) -> Letter {
    Letter {
        first: Pos(pos),
        last: Pos(pos),
        id: format!("e.{pos}"),
        is_gap: false,
        body: vec![b'x'; bytes].into(),
    }
}

fn take(lanes: &mut Lanes, letters: &[(usize, i64)], span: (i64, i64)) {
    let letters = letters.iter().map(|(lane, pos)| (*lane, letter(*pos)));
    lanes.take(letters.collect(), (Pos(span.0), Pos(span.1)));
}

fn begun(lanes: &mut Lanes, now: Instant) -> Vec<(usize, u32, i64)> {
    let begun = lanes.begin(now).into_iter();
    begun
        .map(|(lane, attempt, letter)| (lane, attempt, letter.last.0))
        .collect()
}

#[test]
fn each_lane_posts_one_letter_at_a_time_and_the_others_do_not_wait() {
    let (mut lanes, now) = (Lanes::new(&[0]), Instant::now());
    take(&mut lanes, &[(1, 3), (2, 4), (1, 5)], (0, 9));
    assert_eq!(begun(&mut lanes, now), [(1, 1, 3), (2, 1, 4)]);
    assert_eq!(begun(&mut lanes, now), []);
    lanes.settle(2);
    assert_eq!(lanes.positions()[..3], [9, 2, 9]);
    assert_eq!(begun(&mut lanes, now), [], "the second waits for the first");
    lanes.settle(1);
    assert_eq!(begun(&mut lanes, now), [(1, 1, 5)]);
    lanes.settle(1);
    assert_eq!(lanes.positions()[..3], [9, 9, 9]);
    assert_eq!(lanes.bytes(), 0);
}

#[test]
fn a_lane_that_fails_waits_and_counts_its_attempts() {
    let (mut lanes, now) = (Lanes::new(&[0]), Instant::now());
    take(&mut lanes, &[(0, 1), (0, 2)], (0, 2));
    let later = now + Duration::from_secs(1);
    for attempt in 1..=3 {
        assert_eq!(begun(&mut lanes, now), [(0, attempt, 1)]);
        assert_eq!(lanes.fail(0).unwrap().1, attempt);
        lanes.pause(0, later);
        assert_eq!(begun(&mut lanes, now), []);
        assert_eq!(lanes.next_due(), Some(later));
        lanes.pause(0, now);
    }
    assert_eq!(lanes.positions_without_first_of(0)[0], 1);
    lanes.settle(0);
    assert_eq!(begun(&mut lanes, now), [(0, 1, 2)], "a letter of its own");
}

#[test]
fn a_full_lane_keeps_its_place_and_reads_on_when_it_has_room() {
    let (mut lanes, now) = (Lanes::new(&[0]), Instant::now());
    let many: Vec<(usize, i64)> = (1..=100).map(|pos| (0, pos)).collect();
    take(&mut lanes, &many, (0, 100));
    assert_eq!(lanes.next_read(Pos(100)), None, "the others are at the end");
    assert!(!lanes.wants(0, Pos(0), Pos(65)));
    take(&mut lanes, &[(1, 101)], (100, 101));
    assert_eq!(lanes.positions()[..2], [0, 100]);
    assert_eq!(begun(&mut lanes, now).len(), 2);
    lanes.settle(0);
    assert_eq!(lanes.next_read(Pos(101)), None, "not for one letter");
    for _ in 1..LETTERS / 2 {
        begun(&mut lanes, now);
        lanes.settle(0);
    }
    assert_eq!(lanes.next_read(Pos(101)), Some(Pos(64)));
    assert!(lanes.wants(0, Pos(64), Pos(65)));
    assert!(!lanes.wants(1, Pos(64), Pos(65)), "the other has it");
    let more: Vec<(usize, i64)> = (65..=100).map(|pos| (0, pos)).collect();
    take(&mut lanes, &more, (64, 101));
    let mut seen = Vec::new();
    while let Some((_, _, pos)) = begun(&mut lanes, now).first() {
        seen.push(*pos);
        lanes.settle(0);
    }
    assert_eq!(seen, (33..=96).collect::<Vec<i64>>());
    assert_eq!(lanes.next_read(Pos(101)), Some(Pos(96)), "97 had no room");
}

fn gap(first: i64, last: i64) -> (usize, Letter) {
    let letter = Letter {
        first: Pos(first),
        is_gap: true,
        ..letter(last)
    };
    (GAPS, letter)
}

#[test]
fn a_lane_that_finds_the_log_trimmed_behind_the_others_says_so() {
    let (mut lanes, now) = (Lanes::new(&[0]), Instant::now());
    let many: Vec<(usize, i64)> = (1..=70).map(|pos| (0, pos)).collect();
    take(&mut lanes, &many, (0, 200));
    for _ in 0..LETTERS / 2 {
        begun(&mut lanes, now);
        lanes.settle(0);
    }
    assert_eq!(lanes.next_read(Pos(200)), Some(Pos(64)));
    assert!(lanes.wants(GAPS, Pos(64), Pos(100)));
    for _ in 0..2 {
        lanes.take(vec![gap(65, 100)], (Pos(64), Pos(150)));
    }
    assert_eq!(lanes.positions()[GAPS], 64, "until it is said");
    assert_eq!(begun(&mut lanes, now), [(0, 1, 33), (GAPS, 1, 100)]);
    assert_eq!(lanes.positions_without_first_of(GAPS)[GAPS], 200);
    lanes.settle(GAPS);
    assert_eq!(lanes.positions()[GAPS], 200);
    assert_eq!(begun(&mut lanes, now), [], "once");
    assert!(!lanes.wants(GAPS, Pos(64), Pos(100)), "all have heard it");
}

#[test]
fn gaps_that_wait_out_of_order_are_all_read_again() {
    let (mut lanes, now) = (Lanes::new(&[200]), Instant::now());
    lanes.take(vec![gap(201, 210)], (Pos(200), Pos(220)));
    assert_eq!(begun(&mut lanes, now), [(GAPS, 1, 210)]);
    lanes.0[3].read_to = Pos(50);
    lanes.take(vec![gap(51, 99)], (Pos(50), Pos(120)));
    assert_eq!(lanes.positions()[GAPS], 50);
    lanes.read_again(None);
    lanes.settle(GAPS);
    assert_eq!(lanes.positions()[GAPS], 50);
    assert_eq!(lanes.next_read(Pos(220)), Some(Pos(50)));
}

#[test]
fn a_letter_that_was_on_its_way_when_a_right_was_lost_is_judged_again() {
    let (mut lanes, now) = (Lanes::new(&[0]), Instant::now());
    take(&mut lanes, &[(0, 1), (1, 2)], (0, 2));
    begun(&mut lanes, now);
    lanes.read_again(None);
    lanes.settle(1);
    lanes.fail(0);
    lanes.pause(0, now);
    assert_eq!(begun(&mut lanes, now), [], "not as it was");
    assert_eq!(lanes.next_read(Pos(2)), Some(Pos(0)));
    take(&mut lanes, &[(0, 1)], (0, 2));
    assert_eq!(begun(&mut lanes, now), [(0, 2, 1)]);
    lanes.fail(0);
    lanes.pause(0, now);
    assert_eq!(begun(&mut lanes, now), [(0, 3, 1)], "judged already");
}

#[test]
fn a_lane_is_full_by_bytes_too() {
    let mut lanes = Lanes::new(&[0]);
    let large = (1..=3).map(|pos| (0, sized(pos, BYTES / 2))).collect();
    lanes.take(large, (Pos(0), Pos(3)));
    assert_eq!(lanes.bytes(), BYTES);
    assert!(!lanes.wants(0, Pos(2), Pos(3)));
}

#[test]
fn what_waits_is_forgotten_and_what_is_being_posted_is_not() {
    let (mut lanes, now) = (Lanes::new(&[5]), Instant::now());
    take(&mut lanes, &[(0, 6), (0, 7), (1, 8)], (5, 9));
    assert_eq!(begun(&mut lanes, now).len(), 2);
    lanes.settle(1);
    take(&mut lanes, &[(1, 10)], (9, 12));
    lanes.read_again(None);
    assert_eq!(lanes.positions()[..3], [5, 9, 12]);
    assert_eq!(lanes.next_read(Pos(12)), Some(Pos(6)));
    lanes.settle(0);
    assert_eq!(lanes.positions()[..2], [6, 9]);
}

#[test]
fn attempts_are_remembered_when_a_letter_is_read_again() {
    let (mut lanes, now) = (Lanes::new(&[0]), Instant::now());
    take(&mut lanes, &[(0, 1)], (0, 1));
    begun(&mut lanes, now);
    lanes.fail(0);
    lanes.read_again(Some(0));
    take(&mut lanes, &[(0, 1)], (0, 1));
    assert_eq!(begun(&mut lanes, now), [(0, 2, 1)]);
}

#[test]
fn places_of_another_number_of_lanes_begin_with_the_first() {
    assert_eq!(Lanes::new(&[7, 3, 9]).positions(), vec![3; GAPS + 1]);
    let places: Vec<i64> = (0..=i64::from(PARTS)).collect();
    assert_eq!(Lanes::new(&places).positions(), places);
}

#[test]
fn a_pause_is_spread_and_what_the_receiver_asks_for_is_bounded() {
    let seconds = Duration::from_secs;
    for _ in 0..100 {
        let pause = jittered(seconds(8), None, seconds(60));
        assert!((seconds(6)..=seconds(10)).contains(&pause));
        assert_eq!(
            jittered(seconds(8), Some(seconds(30)), seconds(60)),
            seconds(30)
        );
        assert_eq!(
            jittered(seconds(8), Some(seconds(9999)), seconds(60)),
            seconds(60)
        );
    }
}
