//! One message to a room, or one post to the followers of its author, from the shard's mailbox until the last receiver has read it. The receivers read on
//! another core, and their time is included: the figure is the throughput of both, not the cost of the shard.

use super::crowd::{Crowd, allowed};
use super::shard::Audience;
use criterion::{BenchmarkId, Criterion, SamplingMode, Throughput};
use std::cell::{LazyCell, RefCell};
use std::io::Write;
use std::time::Duration;

/// Receivers, and messages queued together.
const ROOMS: [(usize, u8, Audience); 7] = [
    (1, 1, Audience::Room),
    (100, 1, Audience::Room),
    (1000, 1, Audience::Room),
    (10_000, 1, Audience::Room),
    (1000, 16, Audience::Room),
    (1000, 1, Audience::Followers),
    (10_000, 1, Audience::Followers),
];

pub(crate) fn bench(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("fanout");
    group.sampling_mode(SamplingMode::Flat);
    group.measurement_time(Duration::from_secs(5));
    group.sample_size(30);
    for (receivers, messages, audience) in ROOMS {
        if !allowed(receivers) {
            let words = format!("fanout: {receivers} receivers need a higher `ulimit -n`\n");
            std::io::stderr().write_all(words.as_bytes()).unwrap();
            continue;
        }
        let crowd = LazyCell::new(|| RefCell::new(Crowd::gather(receivers, audience)));
        let id = match (messages, audience) {
            (1, Audience::Followers) => BenchmarkId::new("followers", receivers),
            (1, Audience::Room) => BenchmarkId::new("receivers", receivers),
            _ => BenchmarkId::new(format!("{messages} messages, receivers"), receivers),
        };
        let frames = receivers * usize::from(messages);
        group.throughput(Throughput::Elements(frames as u64));
        group.bench_function(id, |bench| {
            let mut crowd = crowd.borrow_mut();
            bench.iter(|| crowd.hear(messages));
        });
    }
    group.finish();
}
