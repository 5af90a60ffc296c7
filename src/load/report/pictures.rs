//! Pictures of a result, drawn by `plotters` as SVG text.

use super::Report;
use super::figure::figure;
use crate::load::measure::Second;
use plotters::coord::Shift;
use plotters::prelude::*;
use std::error::Error;

const SIZE: (u32, u32) = (900, 320);
/// More points than this on a line would only be drawn over each other.
const POINTS: usize = 900;
const BLUE_INK: RGBColor = RGBColor(37, 99, 235);
const ORANGE_INK: RGBColor = RGBColor(217, 119, 6);
const GREEN_INK: RGBColor = RGBColor(5, 150, 105);

type Drawn = Result<(), Box<dyn Error>>;
type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

/// One line of a picture.
struct Line {
    name: &'static str,
    ink: RGBColor,
    points: Vec<(f64, f64)>,
}

/// What the axes mean.
struct Axes {
    across: &'static str,
    up: &'static str,
}

/// A caption, the axes, and the lines.
type Picture = (&'static str, Axes, Vec<Line>);

/// A picture, and what it shows in words for those who do not see it.
#[derive(Debug)]
pub(super) struct Drawing {
    pub(super) caption: &'static str,
    pub(super) words: String,
    pub(super) svg: String,
}

/// All pictures for which there is something to show.
pub(super) fn all(report: &Report) -> Vec<Drawing> {
    let mut pictures = vec![percentiles(report)];
    pictures.extend(over_time(report));
    let drawn = pictures.into_iter().filter_map(|(caption, axes, lines)| {
        let svg = picture(&axes, &lines)?;
        let words = words(&axes, &lines);
        Some(Drawing {
            caption,
            words,
            svg,
        })
    });
    drawn.collect()
}

/// Each line from its lowest to its highest value.
fn words(axes: &Axes, lines: &[Line]) -> String {
    let each = lines.iter().filter(|line| !line.points.is_empty());
    let each = each.map(|line| {
        let values = || line.points.iter().map(|(_, up)| *up);
        let low = values().fold(f64::INFINITY, f64::min);
        let high = values().fold(0.0, f64::max);
        format!(
            "{}: {} to {} {}",
            line.name,
            figure(low),
            figure(high),
            axes.up
        )
    });
    each.collect::<Vec<_>>().join("; ")
}

fn percentiles(report: &Report) -> Picture {
    let axes = Axes {
        across: "nines (1 = 90 %, 2 = 99 %, 3 = 99.9 %)",
        up: "ms",
    };
    let line = |name, ink, points| Line { name, ink, points };
    let lines = vec![
        line(
            "arrival at a listener",
            BLUE_INK,
            nines(&report.arrival_curve),
        ),
        line(
            "answer to the writer",
            ORANGE_INK,
            nines(&report.answer_curve),
        ),
    ];
    (
        "Delay by percentile: how many nines arrive within which time",
        axes,
        lines,
    )
}

fn over_time(report: &Report) -> [Picture; 4] {
    let line = |name, ink, value: fn(&Second) -> f64| Line {
        name,
        ink,
        points: report
            .seconds
            .chunks(report.seconds.len().div_ceil(POINTS).max(1))
            .filter_map(|chunk| {
                // The peak of each step: a picture of hours still shows the worst second.
                let peak = chunk.iter().map(value).fold(0.0, f64::max);
                Some((chunk.first()?.at_seconds, peak))
            })
            .collect(),
    };
    let axes = |up| Axes {
        across: "seconds",
        up,
    };
    let delays = vec![
        line("p50", GREEN_INK, |second| second.arrival.p50_ms),
        line("p99", BLUE_INK, |second| second.arrival.p99_ms),
        line("p99.9", ORANGE_INK, |second| second.arrival.p999_ms),
    ];
    let frames = vec![line("frames", BLUE_INK, |second| second.frames as f64)];
    let processor = vec![
        line("server", BLUE_INK, |second| {
            second.server_cpu_percent.unwrap_or(0.0)
        }),
        line("tester", ORANGE_INK, |second| second.client_busy_percent),
    ];
    let memory = vec![line("resident", BLUE_INK, |second| {
        second.server_resident_bytes.unwrap_or(0) as f64 / 1048576.0
    })];
    [
        ("Delay of arrivals over time", axes("ms"), delays),
        ("Frames per second", axes("frames/s"), frames),
        ("Processor time", axes("% of a core"), processor),
        ("Memory of the server", axes("MiB"), memory),
    ]
}

/// Percentiles on a scale where each nine takes the same room.
fn nines(curve: &[(f64, f64)]) -> Vec<(f64, f64)> {
    curve
        .iter()
        .map(|(percent, ms)| (-(1.0 - percent / 100.0).log10(), *ms))
        .collect()
}

fn picture(axes: &Axes, lines: &[Line]) -> Option<String> {
    let points = || lines.iter().flat_map(|line| &line.points);
    if points().count() < 2 || points().all(|(_, value)| *value == 0.0) {
        return None;
    }
    let mut svg = String::new();
    {
        let area = SVGBackend::with_string(&mut svg, SIZE).into_drawing_area();
        // A picture that cannot be drawn is left out; the figures are in the table.
        draw(&area, axes, lines).ok()?;
    }
    Some(svg)
}

fn draw(area: &Area<'_>, axes: &Axes, lines: &[Line]) -> Drawn {
    let points = || lines.iter().flat_map(|line| line.points.iter().copied());
    let left = points()
        .map(|(across, _)| across)
        .fold(f64::INFINITY, f64::min);
    let right = points()
        .map(|(across, _)| across)
        .fold(left + 0.1, f64::max);
    let top = points().map(|(_, up)| up).fold(0.0, f64::max) * 1.1;
    area.fill(&WHITE)?;
    let mut chart = ChartBuilder::on(area)
        .margin(12)
        .x_label_area_size(36)
        .y_label_area_size(72)
        .build_cartesian_2d(left..right, 0.0..top)?;
    chart
        .configure_mesh()
        .light_line_style(WHITE)
        .bold_line_style(BLACK.mix(0.1))
        .axis_style(BLACK.mix(0.4))
        .x_desc(axes.across)
        .x_label_formatter(&|value| figure(*value))
        .y_desc(axes.up)
        .y_label_formatter(&|value| figure(*value))
        .draw()?;
    for line in lines.iter().filter(|line| !line.points.is_empty()) {
        let ink = line.ink;
        chart
            .draw_series(LineSeries::new(
                line.points.iter().copied(),
                ink.stroke_width(2),
            ))?
            .label(line.name)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 16, y)], ink.stroke_width(2)));
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::UpperLeft)
        .background_style(WHITE.mix(0.8))
        .border_style(BLACK.mix(0.2))
        .draw()?;
    area.present()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nines_are_evenly_spaced() {
        let shown = nines(&[(0.0, 1.0), (90.0, 2.0), (99.0, 3.0)]);
        for (at, (nine, _)) in shown.iter().enumerate() {
            assert!((nine - at as f64).abs() < 1e-9);
        }
    }

    #[test]
    fn a_line_becomes_an_svg_and_nothing_becomes_none() {
        let axes = Axes {
            across: "s",
            up: "ms",
        };
        let line = |points| {
            [Line {
                name: "p50",
                ink: BLUE_INK,
                points,
            }]
        };
        let rising = line(vec![(0.0, 1.0), (1.0, 2.0)]);
        assert_eq!(words(&axes, &rising), "p50: 1 to 2 ms");
        let svg = picture(&axes, &rising).unwrap();
        assert!(svg.starts_with("<svg") && svg.contains("p50"), "{svg}");
        assert!(picture(&axes, &line(vec![(0.0, 0.0), (1.0, 0.0)])).is_none());
        assert!(picture(&axes, &line(Vec::new())).is_none());
    }
}
