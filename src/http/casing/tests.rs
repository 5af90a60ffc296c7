use actix_http::{HttpService, Request, Response};
use actix_service::{Service as _, ServiceFactory as _, fn_service};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::*;

/// Two ends of one connection over the loopback interface.
async fn pair() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (near, far) = tokio::join!(TcpStream::connect(address), listener.accept());
    (near.unwrap(), far.unwrap().0)
}

#[actix_web::test]
async fn a_real_answer_has_the_expected_capitals() {
    let (mut client, served) = pair().await;
    let service = HttpService::build()
        .h1(fn_service(async |_: Request| {
            let response = Response::build(actix_http::StatusCode::OK)
                .insert_header(("x-ratelimit-limit", "20"))
                .insert_header(("x-ratelimit-remaining", "19"))
                .insert_header(("x-ratelimit-reset", "60"))
                .insert_header(("x-oauth-scopes", "basic,messages"))
                .insert_header(("x-api-version", "1.4.0"))
                .body("hello");
            Ok::<_, std::convert::Infallible>(response)
        }))
        .new_service(())
        .await
        .unwrap();
    actix_rt::spawn(service.call((CasedStream::new(served), None)));
    client
        .write_all(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        .await
        .unwrap();
    let mut answer = String::new();
    client.read_to_string(&mut answer).await.unwrap();
    for line in [
        "\r\nX-RateLimit-Limit: 20\r\n",
        "\r\nX-RateLimit-Remaining: 19\r\n",
        "\r\nX-RateLimit-Reset: 60\r\n",
        "\r\nX-OAuth-Scopes: basic,messages\r\n",
        "\r\nx-api-version: 1.4.0\r\n",
    ] {
        assert!(answer.contains(line), "{line:?} in {answer}");
    }
    assert!(answer.ends_with("\r\n\r\nhello"));
}

#[actix_web::test]
async fn every_cut_of_a_head_gives_the_same_bytes() {
    let head = b"HTTP/1.1 200 OK\r\nx-ratelimit-limit: 1\r\nx-oauth-scopes: a\r\n\r\nx-oauth";
    let expected = b"HTTP/1.1 200 OK\r\nX-RateLimit-Limit: 1\r\nX-OAuth-Scopes: a\r\n\r\nx-oauth";
    for cut in 0..head.len() {
        let (near, mut far) = pair().await;
        let mut near = CasedStream::new(near);
        // The socket took `cut` bytes of all that it was offered: what a full buffer looks like.
        let name = find(head).find(|(at, name)| (at + 1..at + name.len()).contains(&cut));
        near.rest = name.map_or(&b""[..], |(at, name)| &name[cut - at..]);
        near.write_all(&head[cut..]).await.unwrap();
        near.shutdown().await.unwrap();
        let mut got = Vec::new();
        far.read_to_end(&mut got).await.unwrap();
        assert_eq!(
            String::from_utf8_lossy(&got),
            String::from_utf8_lossy(&expected[cut..]),
            "cut at {cut}"
        );
    }
}

#[actix_web::test]
async fn a_long_body_with_such_lines_arrives_whole() {
    let (near, mut far) = pair().await;
    let body = b"abc\r\nx-ratelimit-reset: 5\r\n".repeat(40_000);
    let sent = body.clone();
    let writer = actix_rt::spawn(async move {
        let mut near = CasedStream::new(near);
        near.write_all(&sent).await.unwrap();
        near.shutdown().await.unwrap();
    });
    let mut got = Vec::new();
    far.read_to_end(&mut got).await.unwrap();
    writer.await.unwrap();
    assert_eq!(got.len(), body.len());
    assert!(got.eq_ignore_ascii_case(&body));
    // Whatever the socket took at once: not one name was missed.
    let text = String::from_utf8(got).unwrap();
    assert_eq!(text.matches("X-RateLimit-Reset").count(), 40_000);
}
