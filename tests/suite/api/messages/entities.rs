//! What a text becomes.

use serde_json::{Value, json};

use crate::support::{Person, TestServer, build, text};

fn content(person: &Person, room: &str, body: &Value) -> Value {
    let said = person
        .post(&format!("/channels/{room}/messages"), body)
        .is(201)
        .data();
    said["content"].clone()
}

#[test]
fn mentions_tags_and_links_are_found_by_code_point() {
    let server = TestServer::start();
    let ada = server.ada();
    let room = build::room(&ada, "Lounge");
    let said = content(
        &ada,
        &room,
        &json!({"text": "🥜 @BOB see #Rust at https://example.org/a @nobody1"}),
    );
    let mention = &said["entities"]["mentions"][0];
    assert_eq!(mention["id"], "2");
    assert_eq!(text(&mention["text"]).to_lowercase(), "bob");
    assert_eq!((&mention["pos"], &mention["len"]), (&json!(2), &json!(4)));
    assert_eq!(
        said["entities"]["mentions"].as_array().map(Vec::len),
        Some(1),
        "only real users"
    );
    let tag = &said["entities"]["tags"][0];
    assert_eq!((&tag["pos"], &tag["len"]), (&json!(11), &json!(5)));
    assert_eq!(text(&tag["text"]).to_lowercase(), "rust");
    let link = &said["entities"]["links"][0];
    assert_eq!(link["url"], "https://example.org/a");
    let number = |name: &str| usize::try_from(link[name].as_u64().unwrap()).unwrap();
    let shown: String = text(&said["text"])
        .chars()
        .skip(number("pos"))
        .take(number("len"))
        .collect();
    assert_eq!(shown, text(&link["text"]));
}

#[test]
fn markdown_links_become_links_unless_told_otherwise() {
    let server = TestServer::start();
    let ada = server.ada();
    let room = build::room(&ada, "Lounge");
    let markdown = "look [here](https://example.org/page) now";
    let said = content(&ada, &room, &json!({"text": markdown}));
    assert!(text(&said["text"]).starts_with("look here"), "{said}");
    assert_eq!(
        said["entities"]["links"][0]["url"],
        "https://example.org/page"
    );
    let plain = json!({"text": markdown, "entities": {"parse_markdown_links": false, "parse_links": false}});
    let said = content(&ada, &room, &plain);
    assert_eq!(said["text"], markdown);
    assert_eq!(said["entities"]["links"], json!([]));
}

#[test]
fn html_is_made_safe() {
    let server = TestServer::start();
    let ada = server.ada();
    let room = build::room(&ada, "Lounge");
    let evil = "<script>alert('x')</script> & \"quotes\" [x](javascript:alert(1)) https://e.org/\"onclick=x";
    let said = content(&ada, &room, &json!({"text": evil}));
    let html = text(&said["html"]);
    assert!(!html.contains("<script"), "{html}");
    assert!(html.contains("&lt;script&gt;"), "{html}");
    assert!(!html.contains("href=\"javascript:"), "{html}");
    assert!(!html.contains("\"onclick"), "{html}");
}

#[test]
fn html_may_be_left_out_and_the_general_flag_wins() {
    let server = TestServer::start();
    let ada = server.ada();
    let room = build::room(&ada, "Lounge");
    let said = build::says(&ada, &room, "hello");
    let shown = |query: &str| {
        let message = ada
            .get(&format!("/channels/{room}/messages/{said}?{query}"))
            .data();
        (
            message["content"].get("html").is_some(),
            message["user"]["content"].get("html").is_some(),
        )
    };
    assert!(!shown("include_html=0").0);
    assert!(!shown("include_message_html=0").0);
    assert!(shown("include_message_html=0&include_html=1").0);
    assert!(!shown("include_html=0&include_message_html=1").0);
    assert_eq!(shown("include_user_html=0"), (true, false));
}

#[test]
fn a_link_may_name_the_message_itself() {
    let server = TestServer::start();
    let ada = server.ada();
    let room = build::room(&ada, "Lounge");
    let path = format!("/channels/{room}/messages");
    let body = json!({"text": "https://example.org/{object_id} is [me](https://example.org/{object_id}) @ada"});
    let of_post = ada.post("/posts", &body).is(201).data();
    let of_message = ada.post(&path, &body).is(201).data();
    let again = ada
        .get(&format!("{path}/{}", text(&of_message["id"])))
        .data();
    for said in [of_post, of_message, again] {
        let content = &said["content"];
        let url = format!("https://example.org/{}", text(&said["id"]));
        assert_eq!(
            content["text"],
            format!("{url} is me [example.org] @ada"),
            "{said}"
        );
        let links = &content["entities"]["links"];
        for link in [&links[0], &links[1]] {
            assert_eq!(link["url"], url.as_str(), "{said}");
        }
        assert_eq!(
            (&links[0]["text"], &links[0]["len"]),
            (&json!(url), &json!(url.len()))
        );
        assert_eq!(links[1]["pos"], url.len() + 4);
        assert_eq!(
            content["entities"]["mentions"][0]["pos"],
            url.len() + 4 + "me [example.org] ".len()
        );
        let html = text(&content["html"]);
        assert!(html.contains(&format!(">{url}</a>")), "{html}");
    }
}

#[test]
fn odd_texts_are_kept_as_they_are() {
    let server = TestServer::start();
    let ada = server.ada();
    let room = build::room(&ada, "Lounge");
    let odd = [
        "line\nbreak",
        "e\u{301}",
        "\u{202e}backwards",
        "👩‍👩‍👧‍👦 family",
        "@",
        "#",
        "@@ada",
        "##x",
        "[](",
        "[a](b)",
        "(((([[[[",
        "https://",
        "a@b.c",
        "\u{0}nul",
        "\u{feff}bom",
        "@ada@bob",
        "#1",
        "t.co/x.",
        "<b>",
        "&amp;",
    ];
    for body in odd {
        let answer = ada.post(
            &format!("/channels/{room}/messages"),
            &json!({"text": body}),
        );
        assert!(matches!(answer.status, 201 | 400), "{body:?}: {answer}");
    }
}
