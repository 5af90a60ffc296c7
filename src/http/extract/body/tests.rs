use actix_web::test::TestRequest;
use serde_json::json;

use super::*;

async fn parse(content_type: &str, bytes: &[u8]) -> ApiResult<Body> {
    let mut request = TestRequest::post();
    if !content_type.is_empty() {
        request = request.insert_header((CONTENT_TYPE, content_type));
    }
    let request = request.to_http_request();
    Body::parse(Kind::of(&request), &request, Bytes::copy_from_slice(bytes)).await
}

const FORM: &str = "application/x-www-form-urlencoded";

#[actix_web::test]
async fn a_form_and_json_mean_the_same() {
    let expected = json!({"text": "a b", "entities": {"parse_links": "0"}});
    let form = parse(FORM, b"text=a+b&entities.parse_links=0").await;
    assert_eq!(form.unwrap().value, expected);
    let json = parse(
        "application/json; charset=utf-8",
        br#"{"text":"a b","entities.parse_links":"0"}"#,
    );
    let json = json.await.unwrap();
    assert_eq!(json.value, expected);
    assert!(json.is_json);
}

#[actix_web::test]
async fn raw_types_keep_their_dots() {
    let body = parse(
        "application/json",
        br#"{"raw":{"io.pnut.core.chat-settings":[{"name":"x"}]}}"#,
    );
    let value = body.await.unwrap().value;
    assert!(value["raw"]["io.pnut.core.chat-settings"].is_array());
}

#[actix_web::test]
async fn lists_come_in_brackets() {
    let body = parse(FORM, b"ids[]=1&ids[]=2&acl[write][user_ids][]=7").await;
    assert_eq!(
        body.unwrap().value,
        json!({"ids": ["1", "2"], "acl": {"write": {"user_ids": ["7"]}}})
    );
}

#[actix_web::test]
async fn without_a_type_the_first_character_decides() {
    assert!(parse("", b" {\"a\":1}").await.unwrap().is_json);
    assert_eq!(
        parse("", b"presence=hi").await.unwrap().value,
        json!({"presence": "hi"})
    );
    assert_eq!(parse("", b"").await.unwrap().value, json!({}));
    // A bare string as some clients send it for actions.
    assert_eq!(
        parse("application/json", b"\"\"").await.unwrap().value,
        json!("")
    );
}

#[actix_web::test]
async fn fields_are_texts_or_look_like_one() {
    let body = parse(
        "application/json",
        br#"{"a":1,"b":"0","c":true,"d":null,"e":[],"f":{}}"#,
    )
    .await;
    let body = body.unwrap();
    let text = |name| body.text(name).unwrap();
    assert_eq!(text("a").as_deref(), Some("1"));
    assert_eq!(text("b").as_deref(), Some("0"));
    assert_eq!(text("c").as_deref(), Some("true"));
    assert_eq!((text("d"), text("x")), (None, None));
    for name in ["e", "f"] {
        assert_eq!(body.text(name).unwrap_err(), Refusal::WrongType.at(name));
    }
}

#[actix_web::test]
async fn an_empty_list_is_the_empty_object_of_php() {
    assert_eq!(
        parse("application/json", b"[]").await.unwrap().value,
        json!({})
    );
    let numbered = parse(FORM, b"acl[write][user_ids][0]=7&acl[write][user_ids][2]=9").await;
    let value = numbered.unwrap().value;
    assert_eq!(
        value["acl"]["write"]["user_ids"],
        json!({"0": "7", "2": "9"})
    );
}

#[actix_web::test]
async fn a_multipart_form_is_a_form() {
    let bytes = "--x\r\nContent-Disposition: form-data; name=\"grant_type\"\r\n\r\npassword\r\n\
                 --x\r\nContent-Disposition: form-data; name=\"f\"; filename=\"a.txt\"\r\n\r\nzzz\r\n\
                 --x--\r\n";
    let body = parse("multipart/form-data; boundary=x", bytes.as_bytes()).await;
    assert_eq!(body.unwrap().value, json!({"grant_type": "password"}));
}

#[actix_web::test]
async fn what_is_not_text_is_refused() {
    for (kind, bytes) in [
        (FORM, &b"text=%ff%fe"[..]),
        (FORM, &b"text=\xff"[..]),
        ("application/json", &b"{\"text\":\"\xff\"}"[..]),
        ("application/json", &b"{\"text\":"[..]),
        ("multipart/form-data", &b"zzz"[..]),
    ] {
        let error = parse(kind, bytes).await.unwrap_err();
        assert_eq!((error.code(), error.slug()), (400, "malformed-body"));
    }
}

#[actix_web::test]
async fn deep_nesting_is_refused_and_not_followed() {
    let deep = "[".repeat(500_000);
    assert!(parse("application/json", deep.as_bytes()).await.is_err());
    let deep = "{\"a\":".repeat(100_000);
    assert!(parse("application/json", deep.as_bytes()).await.is_err());
    let deep = format!("{}=1", vec!["a"; 10_000].join("."));
    assert!(parse(FORM, deep.as_bytes()).await.is_ok());
}

async fn action(content_type: &str, bytes: &str) -> ApiResult<ActionBody> {
    let mut request = TestRequest::put();
    if !content_type.is_empty() {
        request = request.insert_header((CONTENT_TYPE, content_type));
    }
    let request = request.to_http_request();
    let bytes = Bytes::copy_from_slice(bytes.as_bytes());
    ActionBody::parse(Kind::of(&request), &request, bytes).await
}

#[actix_web::test]
async fn an_action_takes_whatever_is_sent_with_it() {
    for content_type in ["application/json", "", FORM] {
        for nothing in ["", "\"\"", "5", "true", "[\"x\"]", "[]", "{}", " null "] {
            let body = action(content_type, nothing).await.unwrap();
            let words = body.words.unwrap_or_default();
            assert_eq!(words, "", "{content_type} {nothing}");
            assert_eq!(body.fields.get("note"), None);
            assert!(body.fields.value.is_object());
        }
        let body = action(content_type, " \"100% a+b & c=d\"\n").await.unwrap();
        assert_eq!(body.words.as_deref(), Some("100% a+b & c=d"));
        let body = action(content_type, "{\"note\": 5}").await.unwrap();
        assert_eq!(body.fields.text("note").unwrap().as_deref(), Some("5"));
    }
    let body = action(FORM, "note=%22a%22").await.unwrap();
    assert_eq!(body.fields.get("note"), Some(&json!("\"a\"")));
    for cut in ["my note", "\"my no", "{\"note\":"] {
        let error = action("application/json", cut).await.unwrap_err();
        assert_eq!(error.slug(), "malformed-body", "{cut}");
    }
    let error = action("", "\"a\\u0000b\"").await.unwrap_err();
    assert_eq!(error.slug(), "nul-character");
}
