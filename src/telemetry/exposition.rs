//! The metrics page: Prometheus' text format, with the current values.
//!
//! The atomics stay where they are counted; a collector reads them for each scrape.

use std::fmt;
use std::sync::Arc;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric, prometheus_text};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::Registry;
use strum::VariantArray as _;

use super::{Counter, Metrics, Span};

/// Media type of the page.
pub use prometheus_text::CONTENT_TYPE;

/// Before each name.
const PREFIX: &str = "groundnut";

/// Upper bounds of the buckets on the page, in microseconds.
const BOUNDS: [u64; 15] = [
    50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000,
    1_000_000, 5_000_000,
];

/// The type of the exemplars, which we have none of.
type NoLabels = [(&'static str, &'static str); 0];

/// A metric whose values are kept elsewhere, read for this page.
#[derive(Debug)]
pub struct Sample {
    /// Name behind the prefix; of a counter it ends in `_total`.
    pub name: &'static str,
    /// One sentence.
    pub help: &'static str,
    /// What it is, and its values.
    pub value: SampleValue,
}

/// Values of a [`Sample`].
#[derive(Debug)]
pub enum SampleValue {
    /// Only rises.
    Counter(u64),
    /// Rises and falls.
    Gauge(usize),
    /// One gauge for each value of the label `kind`.
    GaugeByKind(Vec<(&'static str, usize)>),
}

/// The whole page.
///
/// # Errors
/// Writing to a string does not fail; the encoder's signature says that it may.
pub fn page(metrics: Arc<Metrics>, samples: Vec<Sample>) -> Result<String, fmt::Error> {
    let mut registry = Registry::with_prefix(PREFIX);
    registry.register_collector(Box::new(metrics));
    registry.register_collector(Box::new(Samples(samples)));
    let mut page = String::new();
    prometheus_text::encode(&mut page, &registry)?;
    // Series are selected by this text. The encoder writes the one bound below 0.0001 in another way.
    Ok(page.replace("le=\"5e-05\"", "le=\"0.00005\""))
}

#[derive(Debug)]
struct Samples(Vec<Sample>);

impl Collector for Samples {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        for Sample { name, help, value } in &self.0 {
            match value {
                SampleValue::Counter(value) => counter(&mut encoder, name, help, *value)?,
                SampleValue::Gauge(value) => {
                    let metric = encoder.encode_descriptor(name, help, None, MetricType::Gauge)?;
                    gauge(*value).encode(metric)?;
                }
                SampleValue::GaugeByKind(values) => {
                    let mut metric =
                        encoder.encode_descriptor(name, help, None, MetricType::Gauge)?;
                    for (kind, value) in values {
                        let labels = [("kind", *kind)];
                        gauge(*value).encode(metric.encode_family(&labels)?)?;
                    }
                }
            }
        }
        Ok(())
    }
}

impl Collector for Metrics {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        for one in Counter::VARIANTS {
            counter(&mut encoder, one.name(), one.help(), self.get(*one))?;
        }
        let help = "Time of the parts of a write, from its request to its last subscriber.";
        let kind = MetricType::Histogram;
        let mut metric = encoder.encode_descriptor("part_seconds", help, None, kind)?;
        for span in Span::VARIANTS {
            let histogram = self.spans().of(*span);
            let bounds = BOUNDS.map(|micros| micros as f64 / 1e6);
            let bounds = bounds.into_iter().chain([f64::INFINITY]);
            let counts = histogram.between(&BOUNDS);
            let buckets: Vec<(f64, u64)> = bounds.zip(counts.iter().copied()).collect();
            let sum = histogram.sum() as f64 / 1e6;
            let labels = [("part", span.label())];
            let mut family = metric.encode_family(&labels)?;
            family.encode_histogram::<NoLabels>(sum, counts.iter().sum(), &buckets, None)?;
        }
        Ok(())
    }
}

/// The encoder adds `_total` to the names of counters.
fn counter(encoder: &mut DescriptorEncoder<'_>, name: &str, help: &str, value: u64) -> fmt::Result {
    let name = name.strip_suffix("_total").unwrap_or(name);
    let metric = encoder.encode_descriptor(name, help, None, MetricType::Counter)?;
    ConstCounter::new(value).encode(metric)
}

fn gauge(value: usize) -> ConstGauge<i64> {
    ConstGauge::new(i64::try_from(value).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_has_the_names_labels_and_values_that_scrapers_know() {
        let metrics = Arc::new(Metrics::default());
        metrics.add(Counter::FramesSent, 5);
        for micros in [40, 50, 2_000_000, 60_000_000] {
            metrics.spans().of(Span::FanOut).record(micros);
        }
        let samples = vec![
            Sample {
                name: "store_commits_total",
                help: "Transactions committed.",
                value: SampleValue::Counter(7),
            },
            Sample {
                name: "actor_mailbox_depth",
                help: "Mails that wait.",
                value: SampleValue::GaugeByKind(vec![("channel", 3), ("shard", 0)]),
            },
            Sample {
                name: "stream_connections",
                help: "Websockets.",
                value: SampleValue::Gauge(2),
            },
        ];
        let page = page(metrics, samples).unwrap();
        let lines: Vec<&str> = page.lines().collect();
        for expected in [
            "# HELP groundnut_stream_frames_total Frames written to sockets or to their queues.",
            "# TYPE groundnut_stream_frames_total counter",
            "groundnut_stream_frames_total 5",
            "groundnut_store_commits_total 7",
            "# TYPE groundnut_actor_mailbox_depth gauge",
            "groundnut_actor_mailbox_depth{kind=\"channel\"} 3",
            "groundnut_actor_mailbox_depth{kind=\"shard\"} 0",
            "groundnut_stream_connections 2",
            "# TYPE groundnut_part_seconds histogram",
            "groundnut_part_seconds_bucket{part=\"fan_out\",le=\"0.00005\"} 2",
            "groundnut_part_seconds_bucket{part=\"fan_out\",le=\"0.0025\"} 2",
            "groundnut_part_seconds_bucket{part=\"fan_out\",le=\"1\"} 2",
            "groundnut_part_seconds_bucket{part=\"fan_out\",le=\"5\"} 3",
            "groundnut_part_seconds_bucket{part=\"fan_out\",le=\"+Inf\"} 4",
            "groundnut_part_seconds_count{part=\"fan_out\"} 4",
            "groundnut_part_seconds_sum{part=\"fan_out\"} 62.00009",
            "groundnut_part_seconds_count{part=\"lane_wait\"} 0",
        ] {
            assert!(lines.contains(&expected), "{expected} is missing:\n{page}");
        }
    }

    #[test]
    fn every_counter_and_part_is_documented() {
        let document = include_str!("../../docs/operations.md");
        for counter in Counter::VARIANTS {
            let row = format!("| `{}` | counter | {} |", counter.name(), counter.help());
            assert!(document.contains(&row), "docs/operations.md lacks\n{row}");
        }
    }
}
