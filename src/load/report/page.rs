//! The result as one page that opens without a network: the verdict first, pictures as inline SVG, no script, no font.
//!
//! It is read on phones and by screen readers: one column, tables with captions and heads of rows, wide ones in
//! regions that scroll and take the focus, and for each picture its figures in words.

use super::figure::figure;
use super::pictures::{self, Drawing};
use super::verdict::{Check, Outcome};
use super::{Ended, Report, actors, nodes};
use std::fmt::Write;

const STYLE: &str = include_str!("page.css");

/// The whole page.
pub(in crate::load) fn page(report: &Report) -> String {
    let plan = report.plan.kind.word();
    let headline = report.verdict.headline();
    let mut html = format!(
        "<!doctype html>\n<html lang=en>\n<head><meta charset=utf-8>\
         <meta name=viewport content=\"width=device-width,initial-scale=1\">\
         <title>{headline}: loadtest {plan}</title><style>{STYLE}</style></head>\n<body>\n<main>\n"
    );
    verdict(&mut html, report);
    html.push_str("<section aria-labelledby=origin><h2 id=origin>What was measured</h2>");
    paragraph(&mut html, "", &format!("groundnut {}", report.command));
    paragraph(&mut html, "soft", &report.origin());
    for note in &report.notes {
        paragraph(&mut html, "note", note);
    }
    html.push_str("</section>\n<section aria-labelledby=figures><h2 id=figures>Figures</h2>");
    figures(&mut html, report);
    html.push_str("</section>\n<section aria-labelledby=pictures><h2 id=pictures>Pictures</h2>");
    for (number, drawing) in pictures::all(report).iter().enumerate() {
        picture(&mut html, number, drawing);
    }
    html.push_str("</section>\n");
    if let Some(lines) = nodes::table(report) {
        let mut lines = lines.into_iter();
        let heads = lines.next().unwrap_or_default();
        let heads: Vec<&str> = heads.iter().map(String::as_str).collect();
        table(&mut html, "Nodes", &heads, lines);
    }
    if let Some((heads, cells)) = actors::rooms(report, usize::MAX) {
        table(&mut html, "Channel actors", &heads, cells.into_iter());
        paragraph(&mut html, "soft", actors::LEGEND);
    }
    if let Some((heads, cells)) = actors::others(report) {
        table(&mut html, "Shards and firehoses", &heads, cells.into_iter());
    }
    html.push_str("</main>\n</body>\n</html>\n");
    html
}

/// The outcome as the heading of the page, then every check in words: colour alone says nothing.
fn verdict(html: &mut String, report: &Report) {
    let verdict = &report.verdict;
    let class: &str = verdict.outcome.into();
    let headline = escaped(&verdict.headline());
    // Writing to a String cannot fail.
    write!(html, "<h1 class={class}>{headline}</h1>").unwrap_or_default();
    if verdict.outcome == Outcome::Aborted {
        let why = match &report.ended {
            Ended::Complete | Ended::Interrupted => {
                "Interrupted: this is what there was.".to_owned()
            }
            Ended::ServerGone(words) => format!("The server died. Its last words: {words}"),
            Ended::Trouble(why) => format!("Stopped: {why}"),
        };
        paragraph(html, "note", &why);
    }
    let list = |html: &mut String, word: &str, check: &Check| {
        let (name, words) = (escaped(&check.name), escaped(&check.words));
        let line = format!("<li class={word}><b>{word}</b> {name}: {words}</li>");
        html.push_str(&line);
    };
    html.push_str("<ul class=checks>");
    for check in verdict.failed() {
        list(html, "failed", check);
    }
    html.push_str("</ul>");
    let passed = verdict.passed().count();
    if passed > 0 {
        let open = if verdict.outcome == Outcome::Passed {
            " open"
        } else {
            ""
        };
        let head =
            format!("<details{open}><summary>{passed} checks passed</summary><ul class=checks>");
        html.push_str(&head);
        for check in verdict.passed() {
            list(html, "passed", check);
        }
        html.push_str("</ul></details>\n");
    }
}

fn figures(html: &mut String, report: &Report) {
    let several = report.runs > 1;
    let heads: &[&str] = if several {
        &["figure", "median", "lowest", "highest", "unit"]
    } else {
        &["figure", "value", "unit"]
    };
    let cells = report.rows.iter().map(|row| {
        let mut line = vec![row.name.clone(), figure(row.value)];
        let spread = [row.low, row.high].map(|value| value.map_or(String::new(), figure));
        line.extend(spread.into_iter().filter(|_| several));
        line.push(row.unit.clone());
        line
    });
    let caption = match report.runs {
        0 | 1 => "Figures of the run".to_owned(),
        runs => format!("Medians of {runs} runs"),
    };
    table(html, &caption, heads, cells);
}

fn picture(html: &mut String, number: usize, drawing: &Drawing) {
    let (caption, words) = (escaped(drawing.caption), escaped(&drawing.words));
    let svg = &drawing.svg;
    writeln!(
        html,
        "<figure aria-labelledby=c{number}><div class=wide tabindex=0 role=region \
         aria-labelledby=c{number}><div role=img aria-label=\"{caption}. {words}\">{svg}</div></div>\
         <figcaption id=c{number}>{caption}. <span class=soft>{words}</span></figcaption></figure>"
    )
    .unwrap_or_default();
}

fn paragraph(html: &mut String, class: &str, text: &str) {
    let class = if class.is_empty() {
        String::new()
    } else {
        format!(" class={class}")
    };
    write!(html, "<p{class}>{}</p>", escaped(text)).unwrap_or_default();
}

fn table(html: &mut String, caption: &str, head: &[&str], rows: impl Iterator<Item = Vec<String>>) {
    let caption = escaped(caption);
    // Units are words; numbers end at the right.
    let class = if head.last() == Some(&"unit") {
        " class=units"
    } else {
        ""
    };
    write!(
        html,
        "<div class=wide tabindex=0 role=region aria-label=\"{caption}\"><table{class}>\
         <caption>{caption}</caption><thead><tr>"
    )
    .unwrap_or_default();
    for name in head {
        write!(html, "<th scope=col>{}</th>", escaped(name)).unwrap_or_default();
    }
    html.push_str("</tr></thead><tbody>");
    for row in rows {
        html.push_str("<tr>");
        for (column, cell) in row.iter().enumerate() {
            let cell = escaped(cell);
            let written = match column {
                0 => write!(html, "<th scope=row>{cell}</th>"),
                _ => write!(html, "<td>{cell}</td>"),
            };
            written.unwrap_or_default();
        }
        html.push_str("</tr>");
    }
    html.push_str("</tbody></table></div>\n");
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_others_stay_words() {
        let mut html = String::new();
        paragraph(&mut html, "note", "<script>&\"");
        assert_eq!(html, "<p class=note>&lt;script&gt;&amp;&quot;</p>");
    }
}
