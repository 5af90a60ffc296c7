//! The html form of a text. Every text of a client passes through [`escape`].

use std::fmt::Write;

use crate::model::content::Mention;

/// Before every text.
pub(super) const OPENING: &str = r#"<span itemscope itemtype="https://pnut.io/schemas/Post">"#;
/// After every text.
pub(super) const CLOSING: &str = "</span>";

const HREF: &str = "<a href=\"";

/// Writes text between tags; line ends become `<br>`.
pub(super) fn escape(out: &mut String, text: &str) {
    escape_with(out, text, "<br>");
}

/// Writes text between the quotes of an attribute.
pub(super) fn escape_attribute(out: &mut String, text: &str) {
    escape_with(out, text, " ");
}

/// A text as html, to be put between tags.
pub fn to_html(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    escape(&mut out, text);
    out
}

/// A text as html, to be put between the quotes of an attribute.
pub fn to_attribute(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    escape_attribute(&mut out, text);
    out
}

fn escape_with(out: &mut String, text: &str, line_end: &str) {
    let mut from = 0;
    for (i, byte) in text.bytes().enumerate() {
        let replacement = match byte {
            b'&' => "&amp;",
            b'<' => "&lt;",
            b'>' => "&gt;",
            b'"' => "&quot;",
            b'\'' => "&#039;",
            b'\n' => line_end,
            // The line feed of a pair speaks for both.
            b'\r' if text.as_bytes().get(i + 1) == Some(&b'\n') => "",
            b'\r' => line_end,
            _ => continue,
        };
        out.push_str(text.get(from..i).unwrap_or_default());
        out.push_str(replacement);
        from = i + 1;
    }
    out.push_str(text.get(from..).unwrap_or_default());
}

/// Writes a link, without the host that may be appended.
pub(super) fn link(out: &mut String, anchor: &str, url: &str, title: Option<&str>) {
    out.push_str(HREF);
    escape_attribute(out, url);
    if let Some(title) = title {
        out.push_str("\" title=\"");
        escape_attribute(out, title);
    }
    out.push_str("\">");
    escape(out, anchor);
    out.push_str("</a>");
}

/// Writes a mention; names consist of characters that need no escaping.
pub(super) fn mention(out: &mut String, mention: &Mention) {
    // Writing to a string cannot fail.
    let _written = write!(
        out,
        r#"<span data-mention-id="{id}" data-mention-name="{name}" itemprop="mention">@{name}</span>"#,
        id = mention.id,
        name = mention.text,
    );
}

/// Writes a tag; tags consist of characters that need no escaping.
pub(super) fn tag(out: &mut String, tag: &str) {
    let _written = write!(
        out,
        r#"<span data-tag-name="{tag}" itemprop="tag">#{tag}</span>"#
    );
}

/// Replaces a placeholder in the targets of links and in what is shown of these links, and nowhere else. A client's own
/// `<a href="` and `</a>` were escaped, so every one that is found here is ours.
pub(super) fn replace_in_links(html: &str, placeholder: &str, value: &str) -> String {
    let mut parts = html.split(HREF);
    let mut out = String::with_capacity(html.len());
    out.push_str(parts.next().unwrap_or_default());
    for part in parts {
        let (url, rest) = cut(part, "\"");
        let (title, rest) = cut(rest, ">");
        let (shown, behind) = cut(rest, "</a>");
        out.push_str(HREF);
        if url.contains(placeholder) {
            out.push_str(&url.replace(placeholder, value));
            out.push_str(title);
            out.push_str(&shown.replace(placeholder, value));
            out.push_str(behind);
        } else {
            out.push_str(part);
        }
    }
    out
}

/// In front of what is looked for, and from there on.
fn cut<'t>(text: &'t str, before: &str) -> (&'t str, &'t str) {
    let at = text.find(before).unwrap_or(0);
    text.split_at_checked(at).unwrap_or(("", text))
}
