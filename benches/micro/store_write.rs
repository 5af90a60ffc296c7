//! Durable messages into the store, without HTTP and actors: one at a time, and with several in flight, so that
//! they share commits. The database is a file with `synchronous=FULL`, so the disk is included.

use super::world::World;
use criterion::{BenchmarkId, Criterion, SamplingMode, Throughput};
use std::cell::LazyCell;
use std::collections::VecDeque;
use std::time::Duration;
use tokio::runtime::Builder;

/// Writes of one pass with several in flight: enough to make start and end negligible.
const WRITES: usize = 2048;

pub(crate) fn bench(criterion: &mut Criterion) {
    let runtime = Builder::new_current_thread().build().unwrap();
    let world = LazyCell::new(|| runtime.block_on(World::open()));
    let mut group = criterion.benchmark_group("store_write");
    group.sampling_mode(SamplingMode::Flat);
    group.measurement_time(Duration::from_secs(5));
    group.sample_size(20);
    for under_way in [1_usize, 64, 256] {
        let writes = if under_way == 1 { 16 } else { WRITES };
        group.throughput(Throughput::Elements(writes as u64));
        let id = BenchmarkId::new("under way", under_way);
        group.bench_with_input(id, &under_way, |bench, under_way| {
            bench.iter(|| runtime.block_on(write(&world, writes, *under_way)));
        });
    }
    group.finish();
}

/// The lane answers in the order of its queue, so waiting for the oldest write never waits too long.
async fn write(world: &World, writes: usize, under_way: usize) {
    let mut waiting = VecDeque::with_capacity(under_way);
    for _ in 0..writes {
        waiting.push_back(world.write());
        if waiting.len() >= under_way
            && let Some(oldest) = waiting.pop_front()
        {
            oldest.await.unwrap();
        }
    }
    for oldest in waiting {
        oldest.await.unwrap();
    }
}
