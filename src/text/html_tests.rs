//! The html of any text is ours: a strict reader finds our own elements in it and nothing else, and reads the text, the
//! addresses and the names back.

use proptest::prelude::*;

use super::tests::people;
use super::*;

/// An element as the reader finds it.
#[derive(Debug, PartialEq, Eq)]
enum Node {
    Open(String, Vec<(String, String)>),
    Close(String),
    Text(String),
}

/// Reads html of exactly the form that this module writes. Anything else is an error: an attribute without quotes, a bare
/// `&`, a comment, a `<` that begins no element.
fn read(html: &str) -> Result<Vec<Node>, String> {
    let mut nodes = Vec::new();
    let mut rest = html;
    while !rest.is_empty() {
        let (text, behind) = rest.split_once('<').unwrap_or((rest, ""));
        if text.contains('>') {
            return Err(format!("a stray > in {text:?}"));
        }
        if !text.is_empty() {
            nodes.push(Node::Text(decode(text)?));
        }
        if text.len() == rest.len() {
            break;
        }
        let (tag, after) = behind.split_once('>').ok_or("an element without an end")?;
        nodes.push(element(tag)?);
        rest = after;
    }
    Ok(nodes)
}

fn element(tag: &str) -> Result<Node, String> {
    if let Some(name) = tag.strip_prefix('/') {
        return Ok(Node::Close(name.to_owned()));
    }
    let (name, mut rest) = tag.split_once(' ').unwrap_or((tag, ""));
    let mut attributes = Vec::new();
    while !rest.is_empty() {
        let end = rest.find(['=', ' ']).unwrap_or(rest.len());
        let (key, behind) = rest.split_at(end);
        if let Some(quoted) = behind.strip_prefix("=\"") {
            let (value, after) = quoted.split_once('"').ok_or("a quote that stays open")?;
            attributes.push((key.to_owned(), decode(value)?));
            rest = after.strip_prefix(' ').unwrap_or(after);
        } else {
            attributes.push((key.to_owned(), String::new()));
            rest = behind
                .strip_prefix(' ')
                .ok_or("an attribute without quotes")?;
        }
    }
    Ok(Node::Open(name.to_owned(), attributes))
}

fn decode(text: &str) -> Result<String, String> {
    let mut parts = text.split('&');
    let mut out = parts.next().unwrap_or_default().to_owned();
    if out.contains(['"', '\'']) {
        return Err(format!("a bare quote in {text:?}"));
    }
    for part in parts {
        let (name, behind) = part.split_once(';').ok_or("a bare &")?;
        out.push(match name {
            "amp" => '&',
            "lt" => '<',
            "gt" => '>',
            "quot" => '"',
            "#039" => '\'',
            _ => return Err(format!("&{name};")),
        });
        if behind.contains(['"', '\'']) {
            return Err(format!("a bare quote in {text:?}"));
        }
        out.push_str(behind);
    }
    Ok(out)
}

/// As html shows line ends: each is one.
fn lines(text: &str, end: &str) -> String {
    text.replace("\r\n", "\n")
        .replace('\r', "\n")
        .replace('\n', end)
}

/// What the reader found, in order.
#[derive(Debug, Default, PartialEq, Eq)]
struct Found {
    text: String,
    links: Vec<(String, Option<String>)>,
    mentions: Vec<(String, String)>,
    tags: Vec<String>,
}

/// Demands that the elements are ours, nested as we nest them.
fn found(html: &str) -> Result<Found, String> {
    let inner = html.strip_prefix(html::OPENING);
    let inner = inner.and_then(|inner| inner.strip_suffix(html::CLOSING));
    let mut found = Found::default();
    let mut open: Option<String> = None;
    for node in read(inner.ok_or("not within our element")?)? {
        match node {
            Node::Text(text) => found.text.push_str(&text),
            Node::Open(name, attributes) if name == "br" && attributes.is_empty() => {
                found.text.push('\n');
            }
            Node::Open(name, attributes) => {
                if let Some(outer) = open.replace(name.clone()) {
                    return Err(format!("{name} within {outer}"));
                }
                note(&mut found, &name, &attributes)?;
            }
            Node::Close(name) => {
                if open.take().as_deref() != Some(&name) {
                    return Err(format!("</{name}> closes nothing"));
                }
            }
        }
    }
    match open {
        Some(name) => Err(format!("{name} stays open")),
        None => Ok(found),
    }
}

fn note(found: &mut Found, name: &str, attributes: &[(String, String)]) -> Result<(), String> {
    let known: Vec<(&str, &str)> = attributes
        .iter()
        .map(|(key, value)| (key.as_str(), value.as_str()))
        .collect();
    match (name, known.as_slice()) {
        ("a", [("href", url)]) => found.links.push(((*url).to_owned(), None)),
        ("a", [("href", url), ("title", title)]) => {
            let link = ((*url).to_owned(), Some((*title).to_owned()));
            found.links.push(link);
        }
        (
            "span",
            [
                ("data-mention-id", id),
                ("data-mention-name", name),
                ("itemprop", "mention"),
            ],
        ) => {
            found.mentions.push(((*id).to_owned(), (*name).to_owned()));
        }
        ("span", [("data-tag-name", tag), ("itemprop", "tag")]) => {
            found.tags.push((*tag).to_owned());
        }
        _ => return Err(format!("<{name}> with {known:?}")),
    }
    Ok(())
}

/// What the reader has to find.
fn expected(content: &Content) -> Found {
    let entities = &content.entities;
    let by_place = |places: Vec<usize>| {
        let mut order: Vec<usize> = (0..places.len()).collect();
        order.sort_by_key(|at| places[*at]);
        order
    };
    let links = by_place(entities.links.iter().map(|link| link.pos).collect());
    Found {
        text: lines(&content.text, "\n"),
        links: links
            .into_iter()
            .map(|at| {
                let link = &entities.links[at];
                let title = link.title.as_deref().map(|title| lines(title, " "));
                (lines(&link.url, " "), title)
            })
            .collect(),
        mentions: entities
            .mentions
            .iter()
            .map(|mention| (mention.id.to_string(), mention.text.clone()))
            .collect(),
        tags: entities.tags.iter().map(|tag| tag.text.clone()).collect(),
    }
}

/// Pieces that mean something to html, to markdown, to addresses or to entities, and any characters between them.
fn texts() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        2 => prop::sample::select(vec![
            "<", ">", "\"", "'", "&", "&lt;", "&#039;", "<script>", "</span>", "<a href=\"", "<!--", "-->", "]]>",
            "@amy", "@bob", "#tag", "#Ünï_1", "[", "](", ")", "[a](http://b.com/?q=\"x\" \"t<i>\")",
            "https://a.com/?a='\"><", "javascript:alert(1)", "\n", "\r", "\r\n", " ", "\u{0}", "{object_id}",
        ]).prop_map(str::to_owned),
        1 => any::<char>().prop_map(String::from),
        1 => "\\PC{0,6}",
    ];
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

fn given() -> impl Strategy<Value = Vec<GivenLink>> {
    let url = prop_oneof![
        Just(String::from("https://a.com/x")),
        texts().prop_map(|tail| format!("http://b.com/{tail}")),
        texts(),
    ];
    let link = (0..40_usize, 0..12_usize, url, prop::option::of(texts()));
    let link = link.prop_map(|(pos, len, url, title)| GivenLink {
        pos,
        len,
        url,
        title,
    });
    prop::collection::vec(link, 0..3)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn the_html_of_any_text_reads_back_as_the_text(
        text in texts(),
        links in given(),
        parse_links in any::<bool>(),
        parse_markdown_links in any::<bool>(),
        id in 1..i64::MAX,
    ) {
        let source = Source { text, parse_links, parse_markdown_links, links };
        // Links that do not fit are refused; then the text without them.
        let bare = Source { links: Vec::new(), ..source.clone() };
        let composed = compose(&source, &people(), 10_000).or_else(|_| compose(&bare, &people(), 10_000));
        if let Ok(mut content) = composed {
            for _ in 0..2 {
                let read = found(&content.html);
                prop_assert_eq!(read.as_ref(), Ok(&expected(&content)), "{}", content.html);
                for (url, _) in read.map(|found| found.links).unwrap_or_default() {
                    let scheme = url.split_once(':').map(|(scheme, _)| scheme.to_ascii_lowercase());
                    let is_web = scheme.is_some_and(|s| ["http", "https", "ftp", "gopher"].contains(&s.as_str()));
                    prop_assert!(is_web, "{url}");
                }
                // Again, with the id in its links.
                with_object_id(&mut content, id);
            }
        }
    }
}

#[test]
fn the_reader_itself_refuses_what_is_not_ours() {
    for html in [
        "<script></script>",
        "<a href=\"x\" onclick=\"y\">z</a>",
        "<a href=x>z</a>",
        "<b>x</b>",
        "a & b",
        "it's",
        "<a href=\"x\">y",
        "<span data-tag-name=\"a\" itemprop=\"tag\"><br x=\"\"></span>",
        "<!-- x -->",
        "a > b",
    ] {
        let html = format!("{}{html}{}", html::OPENING, html::CLOSING);
        assert!(found(&html).is_err(), "{html}");
    }
}
