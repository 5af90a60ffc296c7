use actix_http::{HttpService, Request, Response};
use actix_service::{Service as _, ServiceFactory as _, fn_service};
use proptest::prelude::*;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::*;

/// What would be respelled if it were searched.
const TRAP: &str = "HTTP/1.1 200 OK\r\nx-ratelimit-limit: 5\r\n\r\nx-oauth-scopes: a\r\n";

/// Two ends of one connection over the loopback interface.
async fn pair() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (near, far) = tokio::join!(TcpStream::connect(address), listener.accept());
    (near.unwrap(), far.unwrap().0)
}

/// A client of a real server.
async fn client() -> TcpStream {
    let (client, served) = pair().await;
    let service = HttpService::build()
        .on_connect_ext(CasedStream::on_connect)
        .h1(fn_service(async |request: Request| {
            note_request(&request);
            let response = Response::build(actix_http::StatusCode::OK)
                .insert_header(("x-ratelimit-limit", "20"))
                .insert_header(("x-ratelimit-remaining", "19"))
                .insert_header(("x-ratelimit-reset", "60"))
                .insert_header(("x-oauth-scopes", "basic,messages"))
                .insert_header(("x-api-version", "1.4.0"))
                .body(TRAP);
            Ok::<_, std::convert::Infallible>(response)
        }))
        .new_service(())
        .await
        .unwrap();
    actix_rt::spawn(service.call((CasedStream::new(served), None)));
    client
}

#[actix_web::test]
async fn real_answers_have_the_expected_capitals_and_their_own_bodies() {
    let mut client = client().await;
    let requests = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n\
        POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nab\
        GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    client.write_all(requests).await.unwrap();
    let mut answer = String::new();
    client.read_to_string(&mut answer).await.unwrap();
    for line in [
        "\r\nX-RateLimit-Limit: 20\r\n",
        "\r\nX-RateLimit-Remaining: 19\r\n",
        "\r\nX-RateLimit-Reset: 60\r\n",
        "\r\nX-OAuth-Scopes: basic,messages\r\n",
        "\r\nx-api-version: 1.4.0\r\n",
    ] {
        assert_eq!(answer.matches(line).count(), 3, "{line:?} in {answer}");
    }
    assert_eq!(answer.matches(TRAP).count(), 3, "{answer}");
    assert!(answer.contains("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200"));
}

#[actix_web::test]
async fn answers_behind_one_to_head_have_their_capitals_and_their_own_bodies() {
    let mut client = client().await;
    let mut read = async |request: &[u8], end: &str| {
        client.write_all(request).await.unwrap();
        let mut answer = Vec::new();
        while !answer.ends_with(end.as_bytes()) {
            assert!(client.read_buf(&mut answer).await.unwrap() > 0);
        }
        String::from_utf8(answer).unwrap()
    };
    let get = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n";
    let head = b"HEAD / HTTP/1.1\r\nHost: x\r\n\r\n";
    let spelled = "\r\nX-RateLimit-Limit: 20\r\n";
    for _ in 0..2 {
        assert!(read(get, TRAP).await.contains(spelled));
        assert!(read(head, "\r\n\r\n").await.contains(spelled));
    }
}

#[actix_web::test]
async fn no_body_is_changed_where_nobody_waits_for_the_answer_to_head() {
    let mut client = client().await;
    let head = "HEAD / HTTP/1.1\r\nHost: x\r\n\r\n";
    let get = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
    let last = "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    let many = [get, head, head, get, head, last].concat();
    client.write_all(many.as_bytes()).await.unwrap();
    let mut answer = String::new();
    client.read_to_string(&mut answer).await.unwrap();
    assert!(answer.contains("\r\nX-RateLimit-Limit: 20\r\n"), "{answer}");
    assert!(!answer.contains("\r\nX-RateLimit-Limit: 5\r\n"), "{answer}");
}

/// What a peer reads of bytes that are offered as a dispatcher does: all that is left, until all is taken.
fn written(bytes: &[u8], mut takes: impl FnMut() -> usize) -> Vec<u8> {
    let (mut heads, mut out) = (Heads::default(), Vec::new());
    let mut left = bytes;
    while !left.is_empty() {
        let mut offered = left.to_vec();
        for name in heads.clone().advance(left, &[]) {
            name.write_to(&mut offered);
        }
        let taken = takes().clamp(1, left.len());
        heads.advance(&left[..taken], &[]);
        out.extend_from_slice(&offered[..taken]);
        left = &left[taken..];
    }
    out
}

#[test]
fn every_cut_of_a_head_gives_the_same_bytes() {
    let bytes = b"HTTP/1.1 200 OK\r\ncontent-length: 7\r\nx-ratelimit-limit: 1\r\nx-oauth-scopes: a\r\n\r\nx-oauth";
    let expected =
        b"HTTP/1.1 200 OK\r\ncontent-length: 7\r\nX-RateLimit-Limit: 1\r\nX-OAuth-Scopes: a\r\n\r\nx-oauth";
    for first in 1..=bytes.len() {
        for second in 1..=bytes.len() - first {
            let mut takes = [first, second]
                .into_iter()
                .chain(std::iter::repeat(bytes.len()));
            let got = written(bytes, || takes.next().unwrap());
            assert!(got == expected, "{first}, {second}: {}", got.escape_ascii());
        }
    }
    // Nor does it matter how much is offered at once.
    for cut in 1..bytes.len() {
        let (mut heads, mut got) = (Heads::default(), bytes.to_vec());
        let (first, second) = got.split_at_mut(cut);
        for part in [first, second] {
            for name in heads.advance(part, &[]) {
                name.write_to(part);
            }
        }
        assert!(
            got == expected,
            "offered up to {cut}: {}",
            got.escape_ascii()
        );
    }
}

#[test]
fn a_body_without_a_known_end_is_left_as_it_is() {
    let head = "HTTP/1.0 200 OK\r\nx-ratelimit-reset: 1\r\n\r\n";
    for unknown in [head, "HTTP/1.1 101 Switching\r\n\r\n", "SSH-2.0-x\r\n"] {
        let got = written(format!("{unknown}{TRAP}").as_bytes(), || usize::MAX);
        assert!(got.ends_with(TRAP.as_bytes()), "{}", got.escape_ascii());
    }
}

#[derive(Clone, Debug)]
enum Answer {
    Sized(Vec<u8>),
    Chunked(Vec<Vec<u8>>),
    NoContent,
    NotModified,
    Continue,
}

impl Answer {
    fn bytes(&self, names: bool) -> Vec<u8> {
        let (limit, scopes) = match names {
            true => ("X-RateLimit-Limit", "X-OAuth-Scopes"),
            false => ("x-ratelimit-limit", "x-oauth-scopes"),
        };
        let fields = format!("{limit}: 7\r\nx-api-version: 1\r\n{scopes}: a\r\n\r\n");
        let (first, body) = match self {
            Self::Sized(body) => {
                let first = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n", body.len());
                (first, body.clone())
            }
            Self::Chunked(chunks) => {
                let mut body = Vec::new();
                for chunk in chunks.iter().filter(|chunk| !chunk.is_empty()) {
                    body.extend_from_slice(format!("{:X}\r\n", chunk.len()).as_bytes());
                    body.extend_from_slice(chunk);
                    body.extend_from_slice(b"\r\n");
                }
                body.extend_from_slice(b"0\r\n\r\n");
                let first = "HTTP/1.1 400 Bad Request\r\ntransfer-encoding: chunked\r\n";
                (first.to_owned(), body)
            }
            Self::NoContent => ("HTTP/1.1 204 No Content\r\n".to_owned(), Vec::new()),
            Self::NotModified => {
                let first = "HTTP/1.1 304 Not Modified\r\ncontent-length: 99\r\n";
                (first.to_owned(), Vec::new())
            }
            Self::Continue => return b"HTTP/1.1 100 Continue\r\n\r\n".to_vec(),
        };
        [first.as_bytes(), fields.as_bytes(), &body].concat()
    }
}

fn answers() -> impl Strategy<Value = Vec<Answer>> {
    let body = || {
        prop_oneof![
            (0..4usize).prop_map(|times| TRAP.repeat(times).into_bytes()),
            proptest::collection::vec(any::<u8>(), 0..80),
        ]
    };
    let answer = prop_oneof![
        4 => body().prop_map(Answer::Sized),
        3 => proptest::collection::vec(body(), 0..4).prop_map(Answer::Chunked),
        1 => Just(Answer::NoContent),
        1 => Just(Answer::NotModified),
        1 => Just(Answer::Continue),
    ];
    proptest::collection::vec(answer, 1..6)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn heads_are_respelled_and_bodies_are_not_however_a_socket_takes_them(
        answers in answers(),
        takes in proptest::collection::vec(1..60usize, 1..40),
    ) {
        let bytes: Vec<u8> = answers.iter().flat_map(|answer| answer.bytes(false)).collect();
        let expected: Vec<u8> = answers.iter().flat_map(|answer| answer.bytes(true)).collect();
        let mut takes = takes.into_iter().cycle();
        let got = written(&bytes, || takes.next().unwrap());
        prop_assert_eq!(got.escape_ascii().to_string(), expected.escape_ascii().to_string());
    }
}
