//! Texts of the scripts of the world, most of which put no blank where Latin has one.

use super::tests::{composed, people};
use super::*;

fn link_texts(text: &str) -> Vec<String> {
    let links = composed(text).entities.links;
    links.into_iter().map(|link| link.text).collect()
}

fn mentioned(text: &str) -> Vec<String> {
    let mentions = composed(text).entities.mentions;
    mentions.into_iter().map(|mention| mention.text).collect()
}

fn tags(text: &str) -> Vec<String> {
    let tags = composed(text).entities.tags;
    tags.into_iter().map(|tag| tag.text).collect()
}

/// Script, a word of it, its full stop, and whether it puts blanks between words.
const SCRIPTS: [(&str, &str, char, bool); 18] = [
    ("Latin", "wörter", '.', true),
    ("Cyrillic", "слово", '.', true),
    ("Greek", "λέξη", ';', true),
    ("Arabic", "كلمة", '۔', true),
    ("Hebrew", "מילה", '.', true),
    ("Armenian", "բառ", '։', true),
    ("Georgian", "სიტყვა", '.', true),
    ("Devanagari", "शब्द", '।', true),
    ("Bengali", "শব্দ", '।', true),
    ("Tamil", "சொல்", '.', true),
    ("Ethiopic", "ቃል", '።', true),
    ("Thai", "ขอบคุณ", '.', false),
    ("Lao", "ຂອບໃຈ", '.', false),
    ("Khmer", "អរគុណ", '។', false),
    ("Burmese", "ကျေးဇူး", '။', false),
    ("Chinese", "谢谢", '。', false),
    ("Japanese", "ありがとうカタカナ", '。', false),
    ("Korean", "에서", '.', false),
];

#[test]
fn an_address_ends_where_the_sentence_of_any_script_goes_on() {
    for (script, word, stop, has_blanks) in SCRIPTS {
        for text in [
            format!("{word} https://example.com/a{stop}"),
            format!("{word} https://example.com/a {word}"),
            format!("{word}{stop} https://example.com/a{stop} {word}"),
        ] {
            assert_eq!(
                link_texts(&text),
                ["https://example.com/a"],
                "{script}: {text}"
            );
        }
        let path = format!("https://example.com/{word}");
        assert_eq!(link_texts(&format!("{path}{stop}")), [path], "{script}");
        if has_blanks {
            continue;
        }
        let glued = format!("{word}https://example.com{word}{stop}{word}");
        assert_eq!(
            link_texts(&glued),
            ["https://example.com"],
            "{script}: {glued}"
        );
        // A full stop of ASCII and the next word could be a path.
        let blank = if stop.is_ascii() { " " } else { "" };
        let bare = format!("{word}example.com{word}和example.org/x{stop}{blank}{word}");
        assert_eq!(
            link_texts(&bare),
            ["example.com", "example.org/x"],
            "{script}"
        );
        let port = format!("http://localhost:8080{word}");
        assert_eq!(link_texts(&port), ["http://localhost:8080"], "{script}");
        let local = format!("http://localhost{word}");
        assert_eq!(link_texts(&local), ["http://localhost"], "{script}");
    }
}

#[test]
fn punctuation_of_other_scripts_ends_an_address() {
    for stop in "；：，、。！？।॥،؛؟۔。፡።។៕၊။།”」』）】〉》«»".chars()
    {
        for rest in ["", "x", " x"] {
            let text = format!("https://example.com/a{stop}{rest}");
            assert_eq!(link_texts(&text), ["https://example.com/a"], "{stop:?}");
        }
    }
    // Within words of titles.
    for whole in [
        "https://ca.example.com/Paral·lel",
        "https://ja.example.com/ア・イ",
    ] {
        assert_eq!(link_texts(whole), [whole]);
    }
}

#[test]
fn hosts_in_other_scripts_stay_whole() {
    for host in [
        "例え.jp",
        "пример.рф",
        "münchen.de",
        "한국.com",
        "ไทย.com",
        "उदाहरण.com",
    ] {
        assert_eq!(link_texts(host), [host]);
        let https = format!("https://{host}");
        assert_eq!(link_texts(&https).join(" "), https);
    }
    // Real hosts mix scripts; a scheme says where they begin.
    for mixed in [
        "https://abc中文.com",
        "https://東京abc.com",
        "https://例え.jp/道",
    ] {
        assert_eq!(link_texts(mixed), [mixed]);
    }
    assert_eq!(link_texts("https://例え.jpを見て"), ["https://例え.jp"]);
}

#[test]
fn emphasis_around_an_address_is_not_part_of_it() {
    for (text, link) in [
        ("_https://example.com/a_", "https://example.com/a"),
        ("__https://example.com/a__ x", "https://example.com/a"),
        ("~~https://example.com/a~~", "https://example.com/a"),
        ("*https://example.com/a*", "https://example.com/a"),
        ("_https://example.com_", "https://example.com"),
        ("_example.com/a_", "example.com/a"),
        ("https://example.com/a_", "https://example.com/a_"),
    ] {
        assert_eq!(link_texts(text), [link], "{text}");
    }
}

#[test]
fn a_mention_and_a_tag_may_touch_words_of_scripts_without_blanks_only() {
    for (script, word, stop, has_blanks) in SCRIPTS {
        let spaced = format!("{word} @bob {word} #{word}{stop}");
        assert_eq!(mentioned(&spaced), ["bob"], "{script}");
        assert_eq!(tags(&spaced), [word], "{script}");
        let glued = format!("{word}@bob{word}");
        let tag = format!("{word}#{word}");
        if has_blanks {
            assert!(mentioned(&glued).is_empty(), "{script}: {glued}");
            assert!(tags(&tag).is_empty(), "{script}: {tag}");
        } else {
            assert_eq!(mentioned(&glued), ["bob"], "{script}");
            assert_eq!(tags(&tag), [word], "{script}");
        }
    }
    // The accent makes it another name, composed or not.
    assert!(mentioned("@bobé").is_empty() && mentioned("@bob\u{301}").is_empty());
    assert!(mentioned("e\u{301}@bob").is_empty());
    assert_eq!(mentioned("❤\u{fe0f}@bob\u{fe0f}"), ["bob"]);
}

#[test]
fn names_for_the_people_of_a_text_are_found_in_all_scripts() {
    assert_eq!(names_in(&Source::plain("你好@bob谢谢")), ["bob"]);
}

#[test]
fn a_handle_of_another_network_mentions_nobody_here() {
    for text in [
        "@bob@example.social",
        "hi @bob@example.social!",
        "谢谢@bob@example.social",
        "@bob.jones@example.social",
        "@bob:example.org",
    ] {
        let content = composed(text);
        assert!(content.entities.mentions.is_empty(), "{text}");
        assert!(content.entities.links.is_empty(), "{text}");
    }
    for text in [
        "@bob",
        "@bob:",
        "@bob: hello.world",
        "@bob@",
        "@bob.",
        "(@bob)",
        "@bob, @nobody",
    ] {
        assert_eq!(mentioned(text), ["bob"], "{text}");
    }
}

#[test]
fn a_text_that_cannot_be_seen_is_empty() {
    for text in [
        "\u{200B}",
        "\u{2060}\u{202E} ",
        "\u{FEFF}\u{00AD}",
        "\u{3164}\u{115F}\u{FFA0}",
        "\u{2800}\u{00A0}",
        "\u{E0020}\u{FE0F}\u{034F}\u{180E}",
        "\u{200D}\u{200C}\u{200E}\u{200F}",
        "\u{1}\u{7f}\u{85}",
        "\u{FFF9}\u{FFFB}\u{2028}\u{2066}\u{2069}",
    ] {
        assert!(is_invisible(text), "{text:?}");
        let refused = compose(&Source::plain(text), &people(), 2048).unwrap_err();
        assert_eq!(refused.refusal, Refusal::EmptyText, "{text:?}");
    }
    for (script, word, stop, _) in SCRIPTS {
        assert!(
            !is_invisible(word) && !is_invisible(&stop.to_string()),
            "{script}"
        );
    }
    for text in ["👍", "\u{200B}.", "👨‍👩‍👧", "\u{0301}", "م\u{200C}"] {
        assert!(!is_invisible(text), "{text:?}");
    }
}

#[test]
fn the_tag_for_what_is_not_safe_for_work_is_known_in_any_spelling() {
    assert!(is_nsfw(&composed("x #N_SFW")) && !is_nsfw(&composed("x #nsfw2")));
}
