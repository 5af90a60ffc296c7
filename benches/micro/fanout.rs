//! One message to a room, from the shard's mailbox until the last receiver has read it. Their reading is part of
//! the time, on a core of its own, so this is the pace of both and not the cost of the shard.

use super::crowd::{Crowd, allowed};
use super::listener::display;
use super::world::World;
use bytes::BytesMut;
use criterion::{BenchmarkId, Criterion, SamplingMode, Throughput};
use groundnut::protocol::frame::render_ids;
use std::cell::{LazyCell, RefCell};
use std::io::Write;
use std::time::Duration;

/// Receivers and messages that wait together.
const ROOMS: [(usize, usize); 5] = [(1, 1), (100, 1), (1000, 1), (10_000, 1), (1000, 16)];

pub(crate) fn bench(criterion: &mut Criterion) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let world = LazyCell::new(|| runtime.block_on(World::open()));
    let mut group = criterion.benchmark_group("fanout");
    group.sampling_mode(SamplingMode::Flat);
    group.measurement_time(Duration::from_secs(5));
    group.sample_size(30);
    for (receivers, messages) in ROOMS {
        if !allowed(receivers) {
            let why = "both ends of their sockets are more than the limit of open files";
            let words = format!("fanout: {receivers} receivers left out: {why}\n");
            std::io::stderr().write_all(words.as_bytes()).unwrap();
            continue;
        }
        let crowd = LazyCell::new(|| RefCell::new(Crowd::gather(&world, receivers)));
        let id = match messages {
            1 => BenchmarkId::new("receivers", receivers),
            _ => BenchmarkId::new(format!("{messages} messages, receivers"), receivers),
        };
        let frames = receivers * messages;
        group.throughput(Throughput::Elements(frames as u64));
        group.bench_function(id, |bench| {
            let bytes = frame_bytes(&world) * frames;
            let mut crowd = crowd.borrow_mut();
            bench.iter(|| {
                let deliveries = (0..messages).map(|_| world.delivery());
                crowd.hear(deliveries.collect(), bytes);
            });
        });
    }
    group.finish();
}

fn frame_bytes(world: &World) -> usize {
    let frame = world.delivery().frame(display(), &world.site);
    let mut out = BytesMut::new();
    let id = "0".repeat(32);
    frame.write(&render_ids([id.as_str()]), &mut out);
    out.len()
}
