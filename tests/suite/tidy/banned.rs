//! Each ban of `clippy.toml` bites: one call per ban, which clippy has to catch. An expectation that is not met is a
//! warning of clippy itself, and warnings are errors in `scripts/check`.

use actix::prelude::*;
use dashmap::DashMap;

use super::{read, root};

struct Deaf;

impl Actor for Deaf {
    type Context = Context<Self>;
}

#[derive(Message)]
#[rtype(result = "()")]
struct Mail;

impl Handler<Mail> for Deaf {
    type Result = ();
    fn handle(&mut self, _: Mail, _: &mut Self::Context) {}
}

// actix::Addr::do_send
#[expect(clippy::disallowed_methods, reason = "the proof")]
fn ignores_the_bound_of_a_mailbox(addr: &Addr<Deaf>) {
    addr.do_send(Mail);
}

// actix::Recipient::do_send
#[expect(clippy::disallowed_methods, reason = "the proof")]
fn ignores_the_bound_of_a_recipient(recipient: &Recipient<Mail>) {
    recipient.do_send(Mail);
}

// std::time::SystemTime::now
#[expect(clippy::disallowed_methods, reason = "the proof")]
fn goes_around_the_clock() -> std::time::SystemTime {
    std::time::SystemTime::now()
}

// std::env::var
#[expect(clippy::disallowed_methods, reason = "the proof")]
fn goes_around_the_settings() -> bool {
    std::env::var("HOME").is_ok()
}

// std::env::vars_os
#[expect(clippy::disallowed_methods, reason = "the proof")]
fn reads_the_whole_environment() -> bool {
    std::env::vars_os().next().is_some()
}

// dashmap::mapref::one::Ref
#[expect(clippy::await_holding_invalid_type, reason = "the proof")]
async fn holds_a_shared_guard(map: &DashMap<u8, u8>) {
    if let Some(guard) = map.get(&0) {
        std::future::ready(()).await;
        drop(guard);
    }
}

// dashmap::mapref::one::RefMut
#[expect(clippy::await_holding_invalid_type, reason = "the proof")]
async fn holds_a_guard(map: &DashMap<u8, u8>) {
    if let Some(guard) = map.get_mut(&0) {
        std::future::ready(()).await;
        drop(guard);
    }
}

#[test]
fn every_ban_has_its_proof_here() {
    let here = read(&root().join(file!()));
    let bans = read(&root().join("clippy.toml"));
    let paths = bans.lines().filter_map(|line| {
        let (_, path) = line.split_once("path = \"")?;
        path.split('"').next()
    });
    let unproven: Vec<_> = paths
        .filter(|path| {
            !here
                .lines()
                .any(|line| line.strip_prefix("// ") == Some(path))
        })
        .collect();
    assert!(unproven.is_empty(), "not proven to bite: {unproven:?}");
}

#[test]
fn the_proofs_are_real_calls() {
    System::new().block_on(async {
        let addr = Deaf.start();
        ignores_the_bound_of_a_mailbox(&addr);
        ignores_the_bound_of_a_recipient(&addr.recipient());
        let map = DashMap::from_iter([(0, 0)]);
        holds_a_shared_guard(&map).await;
        holds_a_guard(&map).await;
    });
    assert!(goes_around_the_clock().elapsed().is_ok());
    assert!(goes_around_the_settings() || reads_the_whole_environment());
}
