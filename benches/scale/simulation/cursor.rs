//! The length of a cursor that has a position for each log.

/// Events of a log: its positions are below this.
const EVENTS: u64 = 1_000_000_000;
/// Events of a log between two checkpoints: a minute with 500 a second.
const BETWEEN: u64 = 60 * 500;

/// Characters with the positions of all logs, whole.
pub(super) fn whole(logs: u64) -> u64 {
    characters(2 + logs * bytes(EVENTS))
}

/// Characters with the number of a checkpoint that all nodes know, and how far the stream is behind it on each log that
/// has one of its channels.
pub(super) fn behind_checkpoint(logs: u64, channels: u64) -> u64 {
    characters(6 + touched(logs, channels) * (bytes(logs) + bytes(BETWEEN)))
}

/// Logs that have at least one of so many channels, on average.
fn touched(logs: u64, channels: u64) -> u64 {
    const WHOLE: u64 = 1_000_000;
    let missed = (0..channels).fold(WHOLE, |missed, _| missed * (logs - 1) / logs);
    (logs * (WHOLE - missed)).div_ceil(WHOLE)
}

/// Of a number that is written in as few bytes of seven bits as it needs.
fn bytes(number: u64) -> u64 {
    u64::from(number.max(1).ilog2() / 7 + 1)
}

/// Of base64.
fn characters(bytes: u64) -> u64 {
    (bytes * 4).div_ceil(3)
}
