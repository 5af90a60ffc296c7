use std::time::Instant;

use smallvec::smallvec;

use super::*;
use crate::event::samples::ADA;

fn counts() -> (Counts, Waiting, Arc<Metrics>) {
    let metrics = Arc::new(Metrics::default());
    let (counts, waiting) = Counts::new(b"key", &metrics);
    (counts, waiting, metrics)
}

fn wants() -> SmallVec<[Want; 2]> {
    smallvec![Want {
        key: 7,
        limit: 5,
        period: Duration::from_secs(60),
        ban: Duration::ZERO,
    }]
}

#[actix::test]
async fn a_call_that_waits_in_vain_is_the_last_one_until_redis_answers() {
    let (counts, mut waiting, metrics) = counts();
    assert_eq!(counts.calls(wants()).await, None, "nothing was heard yet");
    assert!(waiting.asks.try_recv().is_err(), "it was not asked");
    waiting.state.set_works(true);
    let asked = Instant::now();
    assert_eq!(counts.calls(wants()).await, None);
    assert!(asked.elapsed() >= PATIENCE && !counts.works());
    assert_eq!(counts.calls(wants()).await, None);
    assert!(matches!(waiting.asks.try_recv(), Ok(Ask::Calls { .. })));
    assert!(
        waiting.asks.try_recv().is_err(),
        "the next one does not ask"
    );
    assert_eq!(metrics.get(Counter::CountedAlone), 3);
    assert_eq!(metrics.get(Counter::CountedTogether), 0);
}

#[actix::test]
async fn changes_beyond_the_bound_of_the_queue_are_told_with_everything_else() {
    let (counts, waiting, _) = counts();
    let holder = Holder::User(ADA);
    for _ in 0..WAITING {
        counts.changed(holder);
    }
    assert!(!waiting.state.is_stale.load(Ordering::Relaxed));
    counts.changed(holder);
    assert!(waiting.state.is_stale.load(Ordering::Relaxed));
    waiting.state.set_works(true);
    assert_eq!(counts.hold(holder, 3).await, None, "no room to ask");
}

#[test]
fn a_name_has_one_number_with_one_key_and_another_with_another() {
    let (counts, ..) = counts();
    let number = |name: &[&[u8]]| counts.number(name).unwrap();
    assert_eq!(number(&[b"ab", b"c"]), number(&[b"ab", b"c"]));
    assert_ne!(number(&[b"ab", b"c"]), number(&[b"a", b"bc"]));
    let (other, _) = Counts::new(b"kez", &Arc::default());
    assert_ne!(other.number(&[b"ab"]), counts.number(&[b"ab"]));
    assert_eq!(Counts::default().number(&[b"ab"]), None);
}
