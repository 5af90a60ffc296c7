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
        parse("", b"presence=hi").await.unwrap().text("presence"),
        Some(String::from("hi"))
    );
    assert_eq!(parse("", b"").await.unwrap().value, json!({}));
    // A bare string as some clients send it for actions.
    assert_eq!(
        parse("application/json", b"\"\"").await.unwrap().value,
        json!("")
    );
}

#[actix_web::test]
async fn booleans_have_many_spellings() {
    let body = parse("application/json", br#"{"a":1,"b":"0","c":true,"d":"x"}"#).await;
    let body = body.unwrap();
    assert_eq!(body.flag("a"), Some(true));
    assert_eq!(body.flag("b"), Some(false));
    assert_eq!(body.flag("c"), Some(true));
    assert_eq!(body.flag("d"), None);
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
