//! Texts that nobody means well with.

use super::tests::people;
use super::*;

/// A small generator, so that a failure can be repeated from the seed that is printed.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % sides as u64).unwrap()
    }
}

#[rustfmt::skip]
const SHREDS: [&str; 64] = [
    "@amy", "@bob", "@nobody", "@", "#", "#fun", "#1", "#é", "/", "/@bob", "[", "]", "(", ")",
    "](", "[a](b.com)", "[x](javascript:alert(1))", "[<b>](http://a.com/'\"> \"<t>\")", " \"t\")",
    "http://", "https://a.com/x", "ftp://", "javascript:", "data:text/html,", "a.com", "www.",
    ".", "..", "…", ":", ":80", "?", "&", "&#x27;", "<script>", "</span>", "<a href=\"", "\"",
    "'", "`", "\\", "\n", "\r\n", "\r", " ", "\t", "\u{0}", "\u{202E}", "\u{200D}", "\u{FE0F}",
    "😜", "❤️", "日本", "é", "e\u{301}", "[::1]", "127.0.0.1", "me@x.com", "_", "-", "{object_id}",
    "%0a", "\u{10FFFF}", "x",
];

fn random_text(dice: &mut Dice) -> String {
    let mut text = String::new();
    for _ in 0..dice.roll(24) {
        if dice.roll(8) == 0 {
            let point = u32::try_from(dice.roll(0x11_0000)).unwrap();
            text.push(char::from_u32(point).unwrap_or('\u{FFFD}'));
        } else {
            text.push_str(SHREDS[dice.roll(SHREDS.len())]);
        }
    }
    text
}

/// What a browser would show; panics on markup that is not ours.
fn shown(html: &str) -> String {
    let mut out = String::new();
    let mut rest = html;
    while let Some((before, after)) = rest.split_once('<') {
        let (tag, after) = after.split_once('>').expect("tags are closed");
        out.push_str(before);
        rest = after;
        if tag == "br" {
            out.push('\n');
        } else if let Some(attributes) = tag.strip_prefix("a href=\"") {
            let schemes = ["http://", "https://", "ftp://", "gopher://"];
            let lower = attributes.to_ascii_lowercase();
            assert!(
                schemes.iter().any(|scheme| lower.starts_with(scheme)),
                "{tag}"
            );
            let quotes = tag.matches('"').count();
            assert!(
                quotes == 2 || (quotes == 4 && tag.contains("\" title=\"")),
                "{tag}"
            );
        } else {
            let ours = [
                "span itemscope itemtype=\"https://",
                "span data-mention-id=\"",
                "span data-tag-name=\"",
                "/span",
                "/a",
            ];
            assert!(ours.iter().any(|ours| tag.starts_with(ours)), "{tag}");
        }
    }
    out.push_str(rest);
    assert!(!out.contains(['>', '"', '\'']), "{html}");
    for (escaped, plain) in [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#039;", "'"),
    ] {
        out = out.replace(escaped, plain);
    }
    out.replace("&amp;", "&")
}

fn piece(content: &Content, pos: usize, len: usize) -> String {
    let piece: String = content.text.chars().skip(pos).take(len).collect();
    assert_eq!(piece.chars().count(), len, "{content:?}");
    piece
}

fn assert_sound(content: &Content) {
    let mut ranges = Vec::new();
    for link in &content.entities.links {
        let whole = link.amended_len.unwrap_or(link.len);
        assert!(link.len > 0 && whole >= link.len);
        assert_eq!(piece(content, link.pos, whole), link.text);
        ranges.push((link.pos, link.pos + whole));
    }
    for mention in &content.entities.mentions {
        assert_eq!(
            piece(content, mention.pos, mention.len),
            format!("@{}", mention.text)
        );
        ranges.push((mention.pos, mention.pos + mention.len));
    }
    for tag in &content.entities.tags {
        assert_eq!(piece(content, tag.pos, tag.len), format!("#{}", tag.text));
        ranges.push((tag.pos, tag.pos + tag.len));
    }
    ranges.sort_unstable();
    assert!(
        ranges.windows(2).all(|pair| pair[0].1 <= pair[1].0),
        "{content:?}"
    );
    // A client-made link may begin between a carriage return and its line feed: then two lines end.
    let lines = |text: &str| {
        let lines = text.split(['\r', '\n']).filter(|line| !line.is_empty());
        lines.map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(lines(&shown(&content.html)), lines(&content.text));
}

#[test]
#[expect(
    clippy::print_stderr,
    reason = "a failure is repeated from the printed seed"
)]
fn nothing_breaks_it() {
    let seed = 0x9E37_79B9_7F4A_7C15;
    eprintln!("seed {seed:#x}");
    let (mut dice, people) = (Dice(seed), people());
    for round in 0..40_000 {
        let mut source = Source::plain(&random_text(&mut dice));
        source.parse_links = dice.roll(8) > 0;
        source.parse_markdown_links = dice.roll(8) > 0;
        for _ in 0..dice.roll(12).saturating_sub(9) {
            let url = if dice.roll(4) == 0 {
                random_text(&mut dice)
            } else {
                String::from("b.com/'x")
            };
            let (pos, len) = (dice.roll(20), dice.roll(8));
            source.links.push(GivenLink {
                pos,
                len,
                url,
                title: Some(random_text(&mut dice)),
            });
        }
        let names = names_in(&source);
        if let Ok(mut content) = compose(&source, &people, 2048) {
            assert_sound(&content);
            let found = content.entities.mentions.iter();
            assert!(
                found
                    .map(|m| m.text.to_ascii_lowercase())
                    .all(|name| names.contains(&name))
            );
            with_object_id(&mut content, 123_456);
            assert!(
                shown(&content.html).len() >= content.text.trim().len() / 2,
                "round {round}"
            );
        }
    }
}

#[test]
fn hostile_repetition_is_read_once() {
    for shred in [
        "[",
        "[a](",
        "[a](b",
        "[a](b.c \"",
        "a.",
        "http://",
        "@a ",
        "(((",
        "é",
        "a.com ",
        "#",
    ] {
        let text = shred.repeat(200_000 / shred.len());
        let no_one = HashMap::new();
        // Reading any of these again and again would take minutes.
        assert!(compose(&Source::plain(&text), &no_one, 2048).is_err());
        assert!(names_in(&Source::plain(&text)).len() <= MOST_NAMES);
    }
}
