use super::tests::{composed, people};
use super::*;

/// The pieces of text that became links, and where they lead.
fn links(text: &str) -> Vec<(String, String)> {
    let links = composed(text).entities.links;
    links
        .into_iter()
        .map(|link| (link.text, link.url))
        .collect()
}

fn link_texts(text: &str) -> Vec<String> {
    links(text).into_iter().map(|(text, _)| text).collect()
}

#[test]
fn inline_links_end_where_people_mean() {
    let cases = [
        ("see http://a.com/x.", "http://a.com/x"),
        ("(http://a.com/x_(y))", "http://a.com/x_(y)"),
        ("(see www.a.com/x)", "www.a.com/x"),
        ("http://a.com/ab… more", "http://a.com/ab"),
        ("\"https://a.com/?q=1&r=2\"!", "https://a.com/?q=1&r=2"),
        ("http://localhost:8080/x, ok", "http://localhost:8080/x"),
        ("http://192.168.0.1/x", "http://192.168.0.1/x"),
        ("http://[::1]:80/x", "http://[::1]:80/x"),
        ("ftp://user:pw@files.a.com/x", "ftp://user:pw@files.a.com/x"),
        ("gopher://a.com", "gopher://a.com"),
        ("HTTP://A.COM/x", "HTTP://A.COM/x"),
        ("見てhttp://a.com/x。次", "http://a.com/x"),
        ("http://xn--ls8h.la/", "http://xn--ls8h.la/"),
        ("💩.la rocks", "💩.la"),
        ("a.com, yes", "a.com"),
        ("a.co.uk?", "a.co.uk"),
        ("пример.рф", "пример.рф"),
        ("a.com:81?", "a.com:81"),
        ("10.0.0.1:80", "10.0.0.1:80"),
        ("a.com/@bob", "a.com/@bob"),
        ("http://a.com/{object_id}", "http://a.com/{object_id}"),
    ];
    for (text, link) in cases {
        assert_eq!(link_texts(text), [link], "{text}");
    }
    assert_eq!(
        links("www.a.com"),
        [(String::from("www.a.com"), String::from("http://www.a.com"))]
    );
}

#[test]
fn what_is_no_link() {
    for text in [
        "me@x.com",
        "me.you@x.com",
        "john.name+x@gmail.com",
        "e.g. this",
        "version 1.2.3.4",
        "file.unknowntld",
        "xhttp://foo",
        "javascript:alert(1)",
        "javascript://a.com/%0aalert(1)",
        "data:text/html,x",
        "http://",
        "http://-",
        "http://.../",
        "@bob.co.uk",
        "@nobody.co.uk",
        "src/a.com",
        "...",
        "a..com",
    ] {
        assert!(links(text).is_empty(), "{text}: {:?}", links(text));
    }
}

#[test]
fn markdown_links() {
    let cases = [
        ("[a](http://www.b.com)", "a [b.com]", "http://www.b.com"),
        ("[a [b] c](b.com)", "a [b] c [b.com]", "http://b.com"),
        (
            "[b.com](http://evil@c.com/b.com)",
            "b.com [c.com]",
            "http://evil@c.com/b.com",
        ),
        (
            "[www.b.com](https://www.b.com/)",
            "www.b.com",
            "https://www.b.com/",
        ),
        (
            "[a](http://b.com/x_(y) )",
            "a [b.com]",
            "http://b.com/x_(y)",
        ),
        (
            "[@bob #x c.com](b.com)",
            "@bob #x c.com [b.com]",
            "http://b.com",
        ),
        ("[a](http://[::1]/x)", "a [[::1]]", "http://[::1]/x"),
    ];
    for (source, text, url) in cases {
        let content = composed(source);
        assert_eq!(content.text, text, "{source}");
        assert_eq!(content.entities.links.len(), 1, "{source}");
        assert_eq!(content.entities.links[0].url, url, "{source}");
        assert!(content.entities.mentions.is_empty() && content.entities.tags.is_empty());
    }
    for source in [
        "[a](b)",
        "[a](/b)",
        "[](b.com)",
        "[ ](b.com)",
        "[a] (b.com)",
        "[a [b [c]]](x)",
        "[a](javascript:alert(1))",
        "[a](JavaScript://b.com/%0aalert(1))",
        "[a](data:text/html,<script>)",
        "[a](vbscript:b.x)",
        "[a](http:\\\\b.x)",
        "[a](x b)",
        "[a](x\ny)",
        "[a",
        "[a](",
    ] {
        let content = composed(source);
        // The host alone may still be an inline link.
        assert_eq!(content.text, source);
        assert!(
            content
                .entities
                .links
                .iter()
                .all(|link| link.amended_len.is_none())
        );
    }
}

#[test]
fn switches() {
    let text = "[a](http://b.com) http://c.com @bob";
    let source = |inline, markdown| Source {
        parse_links: inline,
        parse_markdown_links: markdown,
        ..Source::plain(text)
    };
    let found = |inline, markdown| {
        let content = compose(&source(inline, markdown), &people(), 2048).unwrap();
        assert_eq!(content.entities.mentions.len(), 1);
        content
            .entities
            .links
            .into_iter()
            .map(|link| link.text)
            .collect::<Vec<_>>()
    };
    assert_eq!(found(true, true), ["a [b.com]", "http://c.com"]);
    assert_eq!(found(false, true), ["a [b.com]"]);
    assert_eq!(found(true, false), ["http://b.com", "http://c.com"]);
    assert!(found(false, false).is_empty());
}

fn given(text: &str, links: &[(usize, usize, &str)]) -> Result<Content, Refused> {
    let link = |&(pos, len, url): &(usize, usize, &str)| GivenLink {
        pos,
        len,
        url: url.to_owned(),
        title: None,
    };
    let source = Source {
        links: links.iter().map(link).collect(),
        ..Source::plain(text)
    };
    compose(&source, &people(), 2048)
}

#[test]
fn links_made_by_clients() {
    let content = given(
        "😜 docs, a.com #x",
        &[(8, 5, "https://a.com/y"), (2, 4, "b.com")],
    )
    .unwrap();
    assert_eq!(content.text, "😜 docs [b.com], a.com #x");
    let [docs, host] = content.entities.links.as_slice() else {
        panic!("two links")
    };
    assert_eq!((docs.pos, docs.len, docs.amended_len), (2, 4, Some(12)));
    assert_eq!((host.pos, host.len, host.amended_len), (16, 5, None));
    assert_eq!(host.url, "https://a.com/y");
    assert_eq!(content.entities.tags[0].pos, 22);

    let inside = given("see http://a.com/@bob", &[(17, 4, "b.com")]).unwrap();
    let texts: Vec<_> = inside
        .entities
        .links
        .iter()
        .map(|link| link.text.as_str())
        .collect();
    assert_eq!(texts, ["http://a.com/", "@bob [b.com]"]);

    for wrong in [
        (0, 0, "b.com"),
        (0, 9, "b.com"),
        (8, 1, "b.com"),
        (usize::MAX, 1, "b.com"),
        (1, usize::MAX, "b.com"),
        (3, 1, "b.com"),
        (0, 3, "javascript:alert(1)"),
        (0, 3, ""),
    ] {
        assert!(given("abc defg", &[wrong]).is_err(), "{wrong:?}");
    }
    assert!(given("abc", &[(0, 2, "b.com"), (1, 2, "b.com")]).is_err());
}

#[test]
fn a_link_of_a_client_cuts_no_line_end_in_two() {
    let given = |pos, len| {
        let source = Source {
            text: String::from("a\r\nb"),
            links: vec![GivenLink {
                pos,
                len,
                url: String::from("https://a.com/x"),
                title: None,
            }],
            ..Source::default()
        };
        compose(&source, &people(), 100)
    };
    assert!(given(2, 2).is_err());
    assert!(given(0, 2).is_err());
    assert!(given(0, 4).is_ok());
}
