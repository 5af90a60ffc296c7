//! What processes cost: processor time in nanoseconds, resident memory, descriptors, cores.

use nix::sched::{CpuSet, sched_getaffinity, sched_setaffinity};
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::time::ClockId;
use nix::unistd::Pid;
use std::time::Duration;

/// Processor time that a process and all its threads, past ones too, have used.
pub(super) fn cpu_time(pid: u32) -> Option<Duration> {
    let pid = Pid::from_raw(i32::try_from(pid).ok()?);
    ClockId::pid_cpu_clock_id(pid)
        .and_then(ClockId::now)
        .ok()
        .map(Duration::from)
}

/// Processor time of a process with its children and theirs: a server may have worker processes.
pub(super) fn cpu_time_of_family(pid: u32) -> Option<Duration> {
    let own = cpu_time(pid)?;
    Some(
        own + children(pid)
            .into_iter()
            .filter_map(cpu_time_of_family)
            .sum::<Duration>(),
    )
}

/// Time that all cores of the machine have worked, for whomever.
pub(super) fn machine_busy() -> Option<Duration> {
    let text = std::fs::read_to_string("/proc/stat").ok()?;
    let numbers = text.lines().next()?.split_whitespace().skip(1);
    let ticks: Vec<u64> = numbers.filter_map(|number| number.parse().ok()).collect();
    // user nice system idle iowait irq softirq steal; what guests use is in user already.
    let &[user, nice, system, _, _, irq, softirq, steal, ..] = ticks.as_slice() else {
        return None;
    };
    // Linux reports all process times in hundredths of a second.
    Some(Duration::from_millis(
        10 * (user + nice + system + irq + softirq + steal),
    ))
}

/// Resident memory of a process with its children, in bytes: cheap to ask for, and off by some hundred kilobytes
/// because each core keeps a part of the count to itself.
pub(super) fn resident_bytes_roughly(pid: u32) -> Option<u64> {
    let own = field(pid, "status", "VmRSS:")?;
    let others = children(pid).into_iter().filter_map(resident_bytes_roughly);
    Some(own + others.sum::<u64>())
}

/// Resident memory of a process with its children, in bytes.
pub(super) fn resident_bytes(pid: u32) -> Option<u64> {
    // smaps_rollup walks the tables and is exact; status adds counters that lag behind.
    let own = field(pid, "smaps_rollup", "Rss:").or_else(|| field(pid, "status", "VmRSS:"))?;
    Some(
        own + children(pid)
            .into_iter()
            .filter_map(resident_bytes)
            .sum::<u64>(),
    )
}

/// Memory of the machine, in bytes.
pub(super) fn machine_memory() -> Option<u64> {
    kilobytes("/proc/meminfo", "MemTotal:")
}

fn field(pid: u32, file: &str, name: &str) -> Option<u64> {
    kilobytes(&format!("/proc/{pid}/{file}"), name)
}

fn kilobytes(path: &str, name: &str) -> Option<u64> {
    let text = std::fs::read_to_string(path).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes * 1024)
}

fn children(pid: u32) -> Vec<u32> {
    let path = format!("/proc/{pid}/task/{pid}/children");
    let list = std::fs::read_to_string(path).unwrap_or_default();
    list.split_whitespace()
        .filter_map(|pid| pid.parse().ok())
        .collect()
}

/// Cores that this process may run on.
pub(super) fn cores() -> Vec<usize> {
    let Ok(set) = sched_getaffinity(Pid::from_raw(0)) else {
        return Vec::new();
    };
    (0..CpuSet::count())
        .filter(|core| set.is_set(*core).unwrap_or(false))
        .collect()
}

/// Keeps the calling thread, and what it starts from now on, to the given cores.
pub(super) fn pin(cores: &[usize]) -> nix::Result<()> {
    let mut set = CpuSet::new();
    for core in cores {
        set.set(*core)?;
    }
    sched_setaffinity(Pid::from_raw(0), &set)
}

/// Raises the descriptor limit to at least `needed` where that is allowed; the limit that holds then.
pub(super) fn descriptors(needed: u64) -> u64 {
    let Ok((soft, hard)) = getrlimit(Resource::RLIMIT_NOFILE) else {
        return needed;
    };
    if soft >= needed {
        return soft;
    }
    if setrlimit(Resource::RLIMIT_NOFILE, needed, hard.max(needed)).is_ok() {
        return needed;
    }
    // Only a privileged process may raise the hard limit; the soft one goes up to it.
    if setrlimit(Resource::RLIMIT_NOFILE, hard, hard).is_ok() {
        hard
    } else {
        soft
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_own_process_costs_something() {
        let pid = std::process::id();
        assert!(cpu_time_of_family(pid).unwrap() > Duration::ZERO);
        let (exactly, roughly) = (resident_bytes(pid), resident_bytes_roughly(pid));
        assert!(exactly.unwrap() > 100_000 && roughly.unwrap() > 100_000);
        assert!(machine_busy().is_some());
        assert!(machine_memory() > resident_bytes(pid));
        assert!(!cores().is_empty());
    }
}
