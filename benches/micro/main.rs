//! Parts of the server by themselves, each up to the point where a bystander could see its effect.
//!
//! `cargo bench --bench micro -- [encode|route|fanout|store_write|upgrade]`; `scripts/bench` runs all with fixed
//! parameters and sets the result beside the one that was kept. A whole server under load is the load
//! tester's business, and `benches/peers`.
//!
//! * `world` a database with an event of each common kind · `listener` a connection as its shard knows it
//! * `crowd` a shard with real sockets that are read · `server` the program itself
//! * `cores` who runs where

#![expect(
    clippy::unwrap_used,
    reason = "a bench that cannot be set up has nothing to measure, and nobody to answer"
)]

mod cores;
mod crowd;
mod encode;
mod fanout;
mod listener;
mod route;
mod server;
mod store_write;
mod upgrade;
mod world;

use criterion::Criterion;

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    encode::bench(&mut criterion);
    route::bench(&mut criterion);
    fanout::bench(&mut criterion);
    store_write::bench(&mut criterion);
    upgrade::bench(&mut criterion);
    criterion.final_summary();
}
