//! The result as one page that opens without a network: pictures are inline SVG, no script, no font.

use super::figure::figure;
use super::pictures;
use super::{Ended, Report, actors};
use std::fmt::Write;

const STYLE: &str = "\
:root{color-scheme:light dark;--ink:#1c1c1e;--paper:#fff;--line:#d8d8dc;--soft:#6b6b70}\
@media(prefers-color-scheme:dark){:root{--ink:#ececf0;--paper:#17171a;--line:#3a3a40;--soft:#9a9aa2}\
figure svg{filter:invert(.9) hue-rotate(180deg)}}\
body{font:15px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--paper);max-width:60rem;\
margin:2rem auto;padding:0 1rem}h1{font-size:1.4rem}h2{font-size:1.1rem;margin-top:2rem}\
table{border-collapse:collapse;width:100%}th,td{border-bottom:1px solid var(--line);padding:.25rem .5rem;\
text-align:right;font-variant-numeric:tabular-nums}th:first-child,td:first-child{text-align:left}\
figure{margin:1rem 0}figure svg{width:100%;height:auto}figcaption,.soft{color:var(--soft)}\
.wide{overflow-x:auto}.note{border-left:3px solid #b7791f;padding-left:.75rem}";

/// The whole page.
pub(in crate::load) fn page(report: &Report) -> String {
    let title = format!("groundnut loadtest {}", report.plan.kind.word());
    let mut html = format!(
        "<!doctype html><html lang=en><meta charset=utf-8>\
         <meta name=viewport content=\"width=device-width,initial-scale=1\">\
         <title>{title}</title><style>{STYLE}</style><h1>{title}</h1>"
    );
    let machine = &report.machine;
    paragraph(
        &mut html,
        "soft",
        &format!(
            "groundnut {} · {} · {} cores · Linux {}",
            report.version, machine.processor, machine.cores, machine.kernel,
        ),
    );
    paragraph(&mut html, "soft", &report.command);
    match &report.ended {
        Ended::Complete => {}
        Ended::Interrupted => paragraph(&mut html, "note", "Interrupted: this is what there was."),
        Ended::ServerGone(words) => {
            paragraph(
                &mut html,
                "note",
                &format!("The server died. Its last words: {words}"),
            );
        }
        Ended::Trouble(why) => paragraph(&mut html, "note", &format!("Stopped: {why}")),
    }
    for note in &report.notes {
        paragraph(&mut html, "note", note);
    }
    let cells = report.rows.iter();
    let cells = cells.map(|row| vec![row.name.clone(), figure(row.value), row.unit.clone()]);
    table(&mut html, "Figures", &["", "", ""], cells);
    for (caption, svg) in pictures::all(report) {
        let caption = escaped(caption);
        // Writing to a String cannot fail.
        write!(
            html,
            "<figure>{svg}<figcaption>{caption}</figcaption></figure>"
        )
        .unwrap_or_default();
    }
    if let Some((heads, cells)) = actors::rooms(report, usize::MAX) {
        table(&mut html, "Channel actors", &heads, cells.into_iter());
        paragraph(&mut html, "soft", actors::LEGEND);
    }
    if let Some((heads, cells)) = actors::others(report) {
        let title = "Shards and firehoses";
        table(&mut html, title, &heads, cells.into_iter());
    }
    html
}

fn paragraph(html: &mut String, class: &str, text: &str) {
    write!(html, "<p class={class}>{}</p>", escaped(text)).unwrap_or_default();
}

fn table(html: &mut String, title: &str, head: &[&str], rows: impl Iterator<Item = Vec<String>>) {
    let title = escaped(title);
    write!(html, "<h2>{title}</h2><div class=wide><table><tr>").unwrap_or_default();
    for name in head {
        write!(html, "<th>{}</th>", escaped(name)).unwrap_or_default();
    }
    for row in rows {
        html.push_str("<tr>");
        for cell in row {
            write!(html, "<td>{}</td>", escaped(&cell)).unwrap_or_default();
        }
    }
    html.push_str("</table></div>");
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_others_stay_words() {
        let mut html = String::new();
        paragraph(&mut html, "note", "<script>&");
        assert_eq!(html, "<p class=note>&lt;script&gt;&amp;</p>");
    }
}
