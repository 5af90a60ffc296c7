use super::*;
use crate::model::content::{Link, Mention, Tag};

pub(super) fn people() -> HashMap<String, UserId> {
    HashMap::from([
        (String::from("amy"), UserId(12)),
        (String::from("bob"), UserId(2)),
    ])
}

pub(super) fn composed(text: &str) -> Content {
    compose(&Source::plain(text), &people(), 2048).unwrap_or_else(|no| panic!("{text:?}: {no:?}"))
}

fn inner_html(text: &str) -> String {
    let html = composed(text).html;
    let inner = html
        .strip_prefix(html::OPENING)
        .and_then(|rest| rest.strip_suffix(html::CLOSING));
    inner.unwrap().to_owned()
}

fn tags(text: &str) -> Vec<String> {
    composed(text)
        .entities
        .tags
        .into_iter()
        .map(|tag| tag.text)
        .collect()
}

fn mentions(text: &str) -> Vec<String> {
    composed(text)
        .entities
        .mentions
        .into_iter()
        .map(|mention| mention.text)
        .collect()
}

#[test]
fn vector_with_everything() {
    let content = composed("Hi @bob, see [docs](https://example.com/a \"T\") #Rust_lang");
    assert_eq!(content.text, "Hi @bob, see docs [example.com] #Rust_lang");
    let link = Link {
        amended_len: Some(18),
        len: 4,
        pos: 13,
        text: String::from("docs [example.com]"),
        title: Some(String::from("T")),
        url: String::from("https://example.com/a"),
    };
    let mention = Mention {
        id: UserId(2),
        is_copy: false,
        is_leading: false,
        len: 4,
        pos: 3,
        text: String::from("bob"),
    };
    let tag = Tag {
        len: 10,
        pos: 32,
        text: String::from("Rust_lang"),
    };
    assert_eq!(content.entities.links, [link]);
    assert_eq!(content.entities.mentions, [mention]);
    assert_eq!(content.entities.tags, [tag]);
    assert_eq!(
        content.html,
        "<span itemscope itemtype=\"https://pnut.io/schemas/Post\">Hi \
         <span data-mention-id=\"2\" data-mention-name=\"bob\" itemprop=\"mention\">@bob</span>, see \
         <a href=\"https://example.com/a\" title=\"T\">docs</a> [example.com] \
         <span data-tag-name=\"Rust_lang\" itemprop=\"tag\">#Rust_lang</span></span>"
    );
}

#[test]
fn vector_anchor_equals_host() {
    let content = composed("[example.com](example.com/x)");
    assert_eq!(content.text, "example.com");
    let link = Link {
        amended_len: Some(11),
        len: 11,
        pos: 0,
        text: String::from("example.com"),
        title: None,
        url: String::from("http://example.com/x"),
    };
    assert_eq!(content.entities.links, [link]);
}

#[test]
fn vector_copies_and_code_points() {
    let content = composed("😜 #fun /@amy @bob");
    let tag = content.entities.tags.first().unwrap();
    assert_eq!((tag.pos, tag.len), (2, 4));
    let found: Vec<_> = content.entities.mentions.iter().collect();
    assert_eq!(
        (found[0].text.as_str(), found[0].pos, found[0].len),
        ("amy", 8, 4)
    );
    assert_eq!(
        (found[1].text.as_str(), found[1].pos, found[1].len),
        ("bob", 13, 4)
    );
    assert!(
        found
            .iter()
            .all(|mention| mention.is_copy && !mention.is_leading)
    );
}

#[test]
fn vector_leading() {
    let content = composed(">~-> @bob yo");
    let mention = content.entities.mentions.first().unwrap();
    assert_eq!((mention.pos, mention.len, mention.is_leading), (5, 4, true));
}

#[test]
fn leading_and_copy_end_where_they_should() {
    let flags = |text: &str| -> Vec<(bool, bool)> {
        let mentions = composed(text).entities.mentions;
        mentions
            .iter()
            .map(|mention| (mention.is_leading, mention.is_copy))
            .collect()
    };
    assert_eq!(
        flags("@bob @amy hi @bob"),
        [(true, false), (true, false), (false, false)]
    );
    assert_eq!(flags("@nobody @bob"), [(false, false)]);
    assert_eq!(flags("x /@bob, @amy"), [(false, true), (false, false)]);
    assert_eq!(flags("[😜](a.com) @bob"), [(false, false)]);
}

#[test]
fn mentions_stand_alone() {
    assert_eq!(
        mentions("\"@amy '@bob (@Amy) /@BOB é"),
        ["amy", "bob", "Amy", "BOB"]
    );
    assert!(mentions("me@amy x_@bob é@bob @amyy @ amy @").is_empty());
    assert!(mentions("http://x.com/@amy [@bob](x.com)").is_empty());
    assert!(mentions(&format!("@{}", "amy".repeat(8))).is_empty());
}

#[test]
fn names_are_looked_up_once() {
    let mut names = names_in(&Source::plain(
        "@Amy @amy, @who? me@bob http://a.com/@bob #@bob",
    ));
    names.sort();
    assert_eq!(names, ["amy", "bob", "who"]);
    assert!(names_in(&Source::plain("nobody here")).is_empty());
}

#[test]
fn tags_of_all_scripts() {
    assert_eq!(
        tags("#fun, #été #日本語 #x😜y. #हिन्दी #1a #_b #❤️"),
        ["fun", "été", "日本語", "x😜y", "हिन्दी", "1a", "_b", "❤️"]
    );
    assert!(tags("# #1 #_ a#b &#x27; http://a.com/#frag").is_empty());
    assert!(is_nsfw(&composed("careful #NSFW")) && !is_nsfw(&composed("nsfw #fun")));
}

#[test]
fn limits_count_what_was_written() {
    let no_one = HashMap::new();
    let fits = format!(
        "{}[x](https://example.com/long/way \"title\")",
        "é".repeat(255)
    );
    let content = compose(&Source::plain(&fits), &no_one, 256).unwrap();
    assert_eq!(content.text.chars().count(), 256 + " [example.com]".len());
    let over = compose(&Source::plain(&format!("{fits}!")), &no_one, 256);
    assert_eq!(over, Err(Refusal::TooLong.at("text")));
    for blank in ["", " \n\t\u{3000}"] {
        let empty = compose(&Source::plain(blank), &no_one, 256);
        assert_eq!(empty, Err(Refusal::EmptyText.at("text")));
    }
    assert_eq!(composed(" a \n").text, " a \n");
}

#[test]
fn html_is_escaped() {
    assert_eq!(
        inner_html("<b>\"&\"</b> 'x'"),
        "&lt;b&gt;&quot;&amp;&quot;&lt;/b&gt; &#039;x&#039;"
    );
    assert_eq!(inner_html("a\nb\r\nc\rd"), "a<br>b<br>c<br>d");
    assert_eq!(
        inner_html("[<i>](http://a.com/?a'b&c \"<t'>\")"),
        "<a href=\"http://a.com/?a&#039;b&amp;c\" title=\"&lt;t&#039;&gt;\">&lt;i&gt;</a> [a.com]"
    );
    assert_eq!(
        inner_html("http://a.com/\"onclick=alert(1)"),
        "<a href=\"http://a.com/\">http://a.com/</a>&quot;onclick=alert(1)"
    );
}
