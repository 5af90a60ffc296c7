//! The streams of a server that stops are closed in waves, so that their clients do not all come back in one second.

use std::time::Duration;

use futures_util::future::join_all;
use tokio::time::Instant;

use crate::actors::Shared;
use crate::actors::shard::mail::CloseShare;
use crate::protocol::goodbye::Goodbye;

/// A wave is somewhere in each such part of the time.
const WAVE: Duration = Duration::from_millis(100);
/// Streams that may be closed in a second without need for more time: few streams end soon.
const PER_SECOND: u32 = 500;
/// Left between the end of the last connections and the end of the time: their deadlines are ticks of a busy thread.
const MARGIN: Duration = Duration::from_secs(1);
/// How long a shard may take to tell its connections goodbye.
pub(super) const TELL: Duration = Duration::from_secs(1);

/// How long the waves take. After the last one, clients have `linger` for their answer within the time of the stop.
fn spread(wished: Duration, budget: Duration, linger: Duration, streams: usize) -> Duration {
    let streams = u32::try_from(streams).unwrap_or(u32::MAX);
    let needed = Duration::from_secs(1).saturating_mul(streams) / PER_SECOND;
    let most = budget.saturating_sub(linger).saturating_sub(MARGIN);
    wished.min(most).min(needed)
}

/// How many waves that are.
fn waves(spread: Duration) -> u32 {
    let waves = spread.as_millis() / WAVE.as_millis();
    u32::try_from(waves).unwrap_or(u32::MAX).max(1)
}

/// Closes all streams, in waves.
pub(super) async fn close_streams(shared: &Shared, budget: Duration) {
    let limits = &shared.streams;
    let streams = shared.directory.counts().0;
    let spread = spread(
        Duration::from_millis(limits.drain_spread_ms),
        budget,
        Duration::from_millis(limits.linger_ms),
        streams,
    );
    let waves = waves(spread);
    tracing::info!(streams, waves, "closing all streams");
    let begin = Instant::now();
    for wave in 0..waves {
        if waves > 1 {
            let jitter = WAVE.mul_f64(rand::random::<f64>());
            tokio::time::sleep_until(begin + WAVE * wave + jitter).await;
        }
        let closed = close_one_of(shared, waves - wave).await;
        tracing::debug!(wave, closed, "streams were closed");
    }
}

/// Closes a part of the streams that are still open. Gives how many.
pub(super) async fn close_one_of(shared: &Shared, one_of: u32) -> usize {
    let share = CloseShare {
        one_of,
        goodbye: Goodbye::GoingAway,
    };
    // All at once: one that hangs delays none of the others.
    let shards = shared.shards.all();
    let told = shards
        .iter()
        .map(|shard| tokio::time::timeout(TELL, shard.send_past_bound(share)));
    let mut closed = 0;
    for answer in join_all(told).await {
        match answer {
            Ok(Ok(count)) => closed += count,
            Ok(Err(_)) | Err(_) => {
                tracing::warn!("a worker thread could not close its connections");
            }
        }
    }
    closed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_streams_end_at_once_and_many_within_the_time_of_the_stop() {
        let seconds = Duration::from_secs;
        let within =
            |wished, budget, streams| spread(seconds(wished), seconds(budget), seconds(2), streams);
        assert_eq!(within(5, 10, 0), Duration::ZERO);
        assert_eq!(within(5, 10, 300), Duration::from_millis(600));
        assert_eq!(within(5, 10, 20_000), seconds(5));
        assert_eq!(
            within(60, 10, 20_000),
            seconds(7),
            "three are left for answers"
        );
        assert_eq!(within(5, 1, 20_000), Duration::ZERO);
        assert_eq!(within(5, 10, usize::MAX), seconds(5));
        assert_eq!(waves(Duration::ZERO), 1);
        assert_eq!(waves(Duration::from_millis(600)), 6);
        assert_eq!(waves(seconds(5)), 50);
    }
}
