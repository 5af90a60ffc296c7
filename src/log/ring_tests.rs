use super::*;
use crate::event::samples::{ADA, BOB, message, related};
use crate::event::{Event, Timestamps};
use crate::model::{ChannelId, Relation, Stamp};
use crate::protocol::query::Query;
use crate::protocol::render_class::RenderClass;
use crate::protocol::site::Site;
use crate::protocol::stream::Place;

const ROOM: ChannelId = ChannelId(41);
const OTHER: ChannelId = ChannelId(43);

fn event(pos: i64, payload: Payload) -> Arc<RenderedEvent> {
    let event = Event {
        pos: Some(Pos(pos)),
        at: Stamp(pos),
        payload,
        timestamps: Timestamps::default(),
        row_bytes: 100,
    };
    let place = Place {
        epoch: "e".into(),
        fanned_out: Stamp(0),
    };
    Arc::new(RenderedEvent::new(Arc::new(event), place))
}

fn ring(bound: usize) -> Ring {
    Ring::new("e".into(), Pos(10), bound)
}

fn positions(slice: &Slice) -> Vec<i64> {
    let events = slice.events.iter();
    events
        .filter_map(|event| event.event.pos)
        .map(|pos| pos.0)
        .collect()
}

#[test]
fn what_a_stream_missed_is_found_by_its_keys_and_nothing_else_is() {
    let ring = ring(usize::MAX);
    let room = |pos| event(pos, message(ROOM, ADA));
    let other = |pos| event(pos, message(OTHER, ADA));
    ring.push([room(11), other(12), room(13), other(14), other(15)]);
    let keys = [RoutingKey::Messages(ROOM), RoutingKey::ChannelNews(ROOM)];
    let after = |pos, most| ring.after(Pos(pos), Some(&keys), most).unwrap();
    assert_eq!(positions(&after(10, 9)), [11, 13], "once each");
    assert_eq!(after(10, 9).reached, Pos(15));
    assert_eq!(positions(&after(10, 1)), [11]);
    assert_eq!(after(10, 1).reached, Pos(11), "there is more");
    assert_eq!(positions(&after(11, 1)), [13]);
    assert_eq!(after(11, 1).reached, Pos(15), "there is no more");
    assert_eq!(after(99, 9).reached, Pos(99), "a reader may be ahead");
    let all = ring.after(Pos(12), None, 2).unwrap();
    assert_eq!((positions(&all), all.reached), (vec![13, 14], Pos(14)));
}

#[test]
fn both_users_of_a_relation_find_it() {
    let ring = ring(usize::MAX);
    ring.push([
        event(11, related(Relation::Block, ADA, BOB, false)),
        event(12, message(ROOM, ADA)),
        event(13, message(ROOM, ADA)),
    ]);
    for user in [ADA, BOB] {
        let found = ring.after(Pos(10), Some(&[RoutingKey::User(user)]), 9);
        assert_eq!(positions(&found.unwrap()), [11]);
    }
}

#[test]
fn over_its_bound_the_oldest_leave_and_are_said_to_have_left() {
    let weight = event(11, message(ROOM, ADA)).weight(2);
    let ring = ring(3 * weight);
    for pos in 11..=20 {
        ring.push([event(pos, message(ROOM, ADA))]);
    }
    assert!(ring.after(Pos(16), None, 99).is_none());
    assert_eq!(
        positions(&ring.after(Pos(17), None, 99).unwrap()),
        [18, 19, 20]
    );
    assert_eq!(ring.bytes(), 3 * weight);
    // What is rendered counts too, and goes with its event.
    let newest = ring.after(Pos(19), None, 1).unwrap().events.remove(0);
    let class = RenderClass::from_query(&Query::default());
    newest.frame(class, &Site::new("http://x.example"));
    assert!(ring.bytes() > 3 * weight);
    let oldest = ring.after(Pos(17), None, 1).unwrap().events.remove(0);
    oldest.frame(class, &Site::new("http://x.example"));
    ring.restart_behind(Pos(30));
    assert_eq!(ring.bytes(), 0);
    oldest.frame(
        class.with(RenderClass::CURSOR),
        &Site::new("http://x.example"),
    );
    assert_eq!(ring.bytes(), 0, "it is no longer kept here");
    assert!(ring.after(Pos(29), None, 1).is_none());
    assert_eq!(ring.after(Pos(30), None, 1).unwrap().reached, Pos(30));
}

#[test]
fn a_compressed_frame_is_made_once_for_live_streams_and_replays_and_counts_as_it_is() {
    let ring = ring(usize::MAX);
    let live = event(11, message(ROOM, ADA));
    ring.push([live.clone()]);
    let site = Site::new("http://x.example");
    let frame = |event: &RenderedEvent, query| {
        event.frame(RenderClass::from_query(&Query::parse(query)), &site)
    };
    let weighed = || ring.bytes();
    let before = weighed();
    let sent = frame(&live, "compress=zstd");
    let compressed = weighed() - before;
    let replayed = ring.after(Pos(10), None, 1).unwrap().events.remove(0);
    assert!(Arc::ptr_eq(&sent, &frame(&replayed, "compress=zstd")));
    assert_eq!(weighed() - before, compressed);
    assert!(!Arc::ptr_eq(&sent, &frame(&live, "")));
    let text = weighed() - before - compressed;
    assert!(compressed * 2 < text, "{compressed} of {text}");
}

#[test]
fn a_hole_empties_it() {
    let ring = ring(usize::MAX);
    ring.push([event(11, message(ROOM, ADA))]);
    ring.push([event(14, message(ROOM, ADA))]);
    assert!(ring.after(Pos(10), None, 9).is_none());
    assert!(ring.after(Pos(12), None, 9).is_none());
    assert_eq!(positions(&ring.after(Pos(13), None, 9).unwrap()), [14]);
    assert_eq!(ring.head(), Pos(14));
}

#[test]
fn a_log_that_went_back_is_handed_over_no_farther_than_it_goes() {
    let ring = ring(usize::MAX);
    ring.push((11..=20).map(|pos| event(pos, message(ROOM, ADA))));
    ring.note_routing(Pos(20));
    ring.note_handed_over(Pos(20));
    ring.go_back(Pos(15));
    assert_eq!(
        (ring.head(), ring.routed(), ring.handed_over()),
        (Pos(15), Pos(15), Pos(15))
    );
    assert!(ring.after(Pos(14), None, 9).is_none(), "the table has it");
    ring.push([event(16, message(ROOM, BOB))]);
    assert_eq!(positions(&ring.after(Pos(15), None, 9).unwrap()), [16]);
    // Of shards that have less it says no more.
    ring.note_handed_over(Pos(12));
    ring.go_back(Pos(14));
    assert_eq!(ring.handed_over(), Pos(12));
}
