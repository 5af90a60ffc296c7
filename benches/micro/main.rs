//! Single components of the server, each measured up to an externally visible effect.
//!
//! `cargo bench --bench micro -- [encode|compression|filter|route|fanout|homes|store_write|upgrade]`; `scripts/bench` runs all with fixed
//! parameters and compares the result with the kept one. The load tester and `benches/peers` measure a whole
//! server under load.
//!
//! * `world` a database with an event of each common kind · `listener` a connection as its shard holds it
//! * `shard` a shard with real sockets · `crowd` the receivers · `server` the server as a process
//! * `cores` CPU affinity

#![expect(
    clippy::unwrap_used,
    reason = "a bench that cannot be set up has nothing to measure, and nobody to answer"
)]

mod compression;
mod cores;
mod crowd;
mod encode;
mod fanout;
mod filter;
mod homes;
mod listener;
mod route;
mod server;
mod shard;
mod store_write;
mod upgrade;
mod world;

use criterion::Criterion;
use shard::Audience;
use std::time::Duration;

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let shown: Vec<&str> = words.iter().map(String::as_str).collect();
    if let [shard::NAME, receivers, audience] = shown[..] {
        return shard::serve(receivers.parse().unwrap(), Audience::named(audience));
    }
    let (warm_up, measured) = (Duration::from_secs(1), Duration::from_secs(3));
    let criterion = Criterion::default().warm_up_time(warm_up);
    let mut criterion = criterion.measurement_time(measured).configure_from_args();
    encode::bench(&mut criterion);
    compression::bench(&mut criterion);
    filter::bench(&mut criterion);
    route::bench(&mut criterion);
    fanout::bench(&mut criterion);
    homes::bench(&mut criterion);
    store_write::bench(&mut criterion);
    upgrade::bench(&mut criterion);
    criterion.final_summary();
}
