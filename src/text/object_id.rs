//! `{object_id}` in links: the id of the object that a text belongs to, which is known only once it is stored.

use super::html;
use crate::model::Content;
use crate::model::content::Link;

/// The placeholder.
pub(super) const OBJECT_ID: &str = "{object_id}";

/// Replaces `{object_id}` once the id is known: in the targets of links, and in what is shown of these links. Elsewhere it
/// stays. What stands behind a link moves by what the link became longer or shorter. Cheap when there is none.
pub fn with_object_id(content: &mut Content, id: i64) {
    let links = &mut content.entities.links;
    let names_object = |link: &Link| link.url.contains(OBJECT_ID);
    if !links.iter().any(names_object) {
        return;
    }
    let id = id.to_string();
    let mut moves = Vec::new();
    for link in links.iter_mut().filter(|link| names_object(link)) {
        link.url = link.url.replace(OBJECT_ID, &id);
        let times = shown(link).matches(OBJECT_ID).count();
        if times > 0 {
            moves.push(Move {
                from: link.pos,
                to: link.pos + link.len,
                times,
            });
        }
    }
    moves.sort_unstable_by_key(|one| one.from);
    content.html = html::replace_in_links(&content.html, OBJECT_ID, &id);
    if moves.is_empty() {
        return;
    }
    content.text = replaced(&content.text, &moves, &id);
    let moved = |pos: usize| at(pos, &moves, id.len());
    for link in links {
        let (pos, end) = (moved(link.pos), moved(link.pos + link.len));
        let amended = link.amended_len.map(|length| moved(link.pos + length));
        if end - pos != link.len || moves.iter().any(|one| one.from == link.pos) {
            link.text = link_text(link, &id);
        }
        link.amended_len = amended.map(|end| end - pos);
        (link.pos, link.len) = (pos, end - pos);
    }
    for mention in &mut content.entities.mentions {
        mention.pos = moved(mention.pos);
    }
    for tag in &mut content.entities.tags {
        tag.pos = moved(tag.pos);
    }
}

/// A link in the text, in code points, that shows the placeholder so often.
struct Move {
    from: usize,
    to: usize,
    times: usize,
}

/// What is shown of a link, without the host that may be appended.
fn shown(link: &Link) -> &str {
    let end = link.text.char_indices().nth(link.len);
    let shown = end.and_then(|(end, _)| link.text.get(..end));
    shown.unwrap_or(&link.text)
}

fn link_text(link: &Link, id: &str) -> String {
    let shown = shown(link);
    let appended = link.text.strip_prefix(shown).unwrap_or_default();
    shown.replace(OBJECT_ID, id) + appended
}

/// Where a place of the text is afterwards; it is in no link but at its ends.
fn at(pos: usize, moves: &[Move], length: usize) -> usize {
    let passed = moves.iter().take_while(|one| one.to <= pos);
    let times: usize = passed.map(|one| one.times).sum();
    pos + times * length - times * OBJECT_ID.len()
}

/// The text with the placeholder replaced in these links.
fn replaced(text: &str, moves: &[Move], id: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut left = text.chars();
    let mut pos = 0;
    for one in moves {
        out.extend(left.by_ref().take(one.from - pos));
        let link: String = left.by_ref().take(one.to - one.from).collect();
        out.push_str(&link.replace(OBJECT_ID, id));
        pos = one.to;
    }
    out.push_str(left.as_str());
    out
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;
    use crate::model::UserId;
    use crate::text::{Source, compose};

    fn with_id(text: &str, id: i64) -> Content {
        let people = HashMap::from([(String::from("bob"), UserId(2))]);
        let mut content = compose(&Source::plain(text), &people, 2048).unwrap();
        with_object_id(&mut content, id);
        content
    }

    /// What each entity points at.
    fn spans(content: &Content) -> Vec<String> {
        let entities = &content.entities;
        let links = entities.links.iter().map(|link| (link.pos, link.len));
        let mentions = entities.mentions.iter().map(|one| (one.pos, one.len));
        let tags = entities.tags.iter().map(|tag| (tag.pos, tag.len));
        let spans = links.chain(mentions).chain(tags);
        spans
            .map(|(pos, len)| content.text.chars().skip(pos).take(len).collect())
            .collect()
    }

    #[test]
    fn the_id_is_in_targets_and_in_what_links_show_and_nowhere_else() {
        let content = with_id(
            "{object_id} [a](http://a.com/{object_id}) http://b.com/{object_id}",
            7,
        );
        assert_eq!(content.text, "{object_id} a [a.com] http://b.com/7");
        let links = &content.entities.links;
        assert_eq!(
            (&*links[0].url, &*links[0].text),
            ("http://a.com/7", "a [a.com]")
        );
        assert_eq!(
            (&*links[1].url, &*links[1].text),
            ("http://b.com/7", "http://b.com/7")
        );
        assert!(
            content.html.ends_with(
                "{object_id} <a href=\"http://a.com/7\">a</a> [a.com] \
                <a href=\"http://b.com/7\">http://b.com/7</a></span>"
            ),
            "{}",
            content.html
        );
        let none = with_id("{object_id} a.com", 7);
        assert_eq!(none.text, "{object_id} a.com");
        assert!(none.html.contains("{object_id} <a href"), "{}", none.html);
    }

    #[test]
    fn what_stands_behind_a_link_moves_with_it() {
        for id in [7, 12_345_678_901, 123_456_789_012_345] {
            let content = with_id(
                "🎉 #one [é {object_id} {object_id}](http://a.com/{object_id}) @bob #two \
                http://b.com/{object_id}?{object_id} [{object_id}](a.com) @bob {object_id}",
                id,
            );
            let own = format!("é {id} {id}");
            let address = format!("http://b.com/{id}?{id}");
            assert_eq!(
                content.text,
                format!(
                    "🎉 #one {own} [a.com] @bob #two {address} {{object_id}} [a.com] @bob {{object_id}}"
                )
            );
            assert_eq!(
                spans(&content),
                [
                    &own,
                    &address,
                    "{object_id}",
                    "@bob",
                    "@bob",
                    "#one",
                    "#two"
                ]
            );
            let first = &content.entities.links[0];
            assert_eq!(first.text, format!("{own} [a.com]"));
            assert_eq!(first.amended_len, Some(own.chars().count() + 8));
            assert!(
                content.html.contains(&format!(">{own}</a> [a.com] "))
                    && content.html.contains(&format!(">{address}</a> "))
                    && content.html.ends_with(" {object_id}</span>"),
                "{}",
                content.html
            );
        }
    }
}
