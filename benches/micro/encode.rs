//! From an event to bytes: the payload once, then one frame per receiver around it.

use super::listener::display;
use super::world::World;
use bytes::BytesMut;
use criterion::{BenchmarkId, Criterion, Throughput};
use groundnut::protocol::frame::render_ids;
use groundnut::protocol::object::PostPeople;
use groundnut::protocol::stream::{Beside, NotificationTargets, app_frame, user_frame};
use std::cell::LazyCell;
use std::hint::black_box;

pub(crate) fn bench(criterion: &mut Criterion) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let world = LazyCell::new(|| runtime.block_on(World::open()));
    let mut group = criterion.benchmark_group("encode");
    group.bench_function("payload for user streams", |bench| {
        let (event, now) = (world.message(), world.store.now());
        bench.iter(|| {
            user_frame(
                black_box(event),
                display(),
                &world.site,
                &Beside::default(),
                now,
            )
        });
    });
    group.bench_function("payload for app streams", |bench| {
        let (event, now) = (world.message(), world.store.now());
        let targets = NotificationTargets::default();
        bench.iter(|| {
            app_frame(
                black_box(event),
                display(),
                &world.site,
                (&targets, &PostPeople::default()),
                now,
            )
        });
    });
    for receivers in [1_u32, 1000] {
        group.throughput(Throughput::Elements(receivers.into()));
        let id = BenchmarkId::new("frames of one payload", receivers);
        group.bench_with_input(id, &receivers, |bench, receivers| {
            let now = world.store.now();
            let frame = user_frame(
                world.message(),
                display(),
                &world.site,
                &Beside::default(),
                now,
            );
            let ids: Vec<Vec<u8>> = (0..*receivers)
                .map(|number| render_ids([format!("{number:032}").as_str()]))
                .collect();
            let mut out = BytesMut::new();
            bench.iter(|| {
                for id in &ids {
                    out.clear();
                    black_box(frame.write(id, &mut out));
                }
            });
        });
    }
    group.finish();
}
