//! What a stored filter of an app stream costs an event, when it lets nothing pass.

use super::world::World;
use criterion::Criterion;
use groundnut::event::Event;
use groundnut::model::{
    Clause, EventFilter, FilterId, FilterOwner, MatchPolicy, NewFilter, ObjectType, Operator,
};
use groundnut::protocol::event_filter::{CompiledFilter, SeenEvent};
use serde_json::{Value, json};
use std::cell::LazyCell;
use std::hint::black_box;
use std::sync::OnceLock;

fn filter(clauses: &[(&str, Operator, Value)]) -> CompiledFilter {
    let clause = |(field, operator, value): &(&str, Operator, Value)| Clause {
        object_type: ObjectType::Message,
        operator: *operator,
        field: (*field).to_owned(),
        value: value.clone(),
    };
    let owner = FilterOwner {
        client: "app".into(),
        user: None,
    };
    CompiledFilter::new(&EventFilter {
        id: FilterId(1),
        owner,
        revision: 0,
        says: NewFilter {
            name: "nothing".to_owned(),
            match_policy: MatchPolicy::IncludeAny,
            clauses: clauses.iter().map(clause).collect(),
        },
    })
    .unwrap()
}

/// With a rendering of its own each time: the first filter of an event pays for it.
fn asks(filter: &CompiledFilter, event: &Event, world: &World) -> bool {
    filter.lets_pass(&SeenEvent {
        event,
        site: &world.site,
        whole: &OnceLock::new(),
        is_authorized: &|_| false,
    })
}

pub(crate) fn bench(criterion: &mut Criterion) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let world = LazyCell::new(|| runtime.block_on(World::open()));
    let many: Vec<i64> = (1_000_000..1_001_000).collect();
    let mut group = criterion.benchmark_group("filter");
    let rooms_and_words = filter(&[
        ("/data/channel_id", Operator::OneOf, json!(many)),
        (
            "/data/content/text",
            Operator::Matches,
            json!("(?i)never said"),
        ),
        (
            "/data/content/entities/tags/*/text",
            Operator::Equals,
            json!("never"),
        ),
    ]);
    group.bench_function("three fields of the event", |bench| {
        bench.iter(|| asks(black_box(&rooms_and_words), world.message(), &world));
    });
    let in_raw = filter(&[(
        "/data/raw/org.example.x/*/y",
        Operator::Equals,
        json!("never"),
    )]);
    group.bench_function("a field that is rendered for it", |bench| {
        bench.iter(|| asks(black_box(&in_raw), world.message(), &world));
    });
    group.finish();
}
