//! Server side on the first core, client side on the second, as the load tester does it.

use nix::sched::{CpuSet, sched_getaffinity, sched_setaffinity};
use nix::unistd::Pid;

/// The calling thread on one core, and back where it was when this goes.
pub(crate) struct Pinned {
    before: CpuSet,
}

impl Pinned {
    /// On the core of the server.
    pub(crate) fn first() -> Self {
        Self::nth(0)
    }

    /// On the core of the clients. Where there is only one core, nothing is pinned.
    pub(crate) fn second() -> Self {
        Self::nth(1)
    }

    fn nth(nth: usize) -> Self {
        let before = sched_getaffinity(Pid::from_raw(0)).unwrap();
        let cores = (0..CpuSet::count()).filter(|core| before.is_set(*core).unwrap_or(false));
        let cores: Vec<usize> = cores.collect();
        if let (true, Some(core)) = (cores.len() > 1, cores.get(nth)) {
            let mut one = CpuSet::new();
            one.set(*core).unwrap();
            sched_setaffinity(Pid::from_raw(0), &one).unwrap();
        }
        Self { before }
    }
}

impl Drop for Pinned {
    fn drop(&mut self) {
        sched_setaffinity(Pid::from_raw(0), &self.before).unwrap_or_default();
    }
}
