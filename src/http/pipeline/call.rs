//! The call that a handler writes for, and its `Idempotency-Key`: with it a call may be repeated, also on another server, and
//! is carried out once (`store/call_keys.rs`).

use actix_web::HttpMessage as _;
use actix_web::dev::ServiceRequest;
use actix_web::http::header::HeaderName;
use actix_web::web::Data;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};

use super::whole_body::whole_body;
use crate::http::extract::Caller;
use crate::http::extract::body::Kind;
use crate::http::routes::row::{Route, TokenKind, Verb};
use crate::http::{ApiResult, App};
use crate::model::{Refusal, Token};
use crate::store::{Call, CallKey};

/// The key of a call.
pub(in crate::http) const KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// Set on an answer that says what an earlier call did.
pub(super) const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");
/// Longest key.
const LONGEST: usize = 255;
/// Parameters that may differ: each stands for the caller or its stream, and not for what is done.
const OF_CALLER: [&str; 3] = ["access_token", "connection_id", "subscription_id"];

/// The call that a handler writes for. `None`: it only reads.
///
/// # Errors
/// A key that is none; a body that is refused.
pub(super) async fn call_of(
    route: &Route,
    request: &mut ServiceRequest,
) -> ApiResult<Option<std::sync::Arc<Call>>> {
    if route.verb == Verb::Get {
        return Ok(None);
    }
    let token = {
        let extensions = request.extensions();
        let caller = extensions.get::<Caller>();
        caller.map(|caller| caller.token.clone())
    };
    let key = match &token {
        Some(token) if route.takes_key() => key_of(route, request, token).await?,
        Some(_) | None => None,
    };
    Ok(Some(Call::new(token.map(|token| token.id), key)))
}

async fn key_of(
    route: &Route,
    request: &mut ServiceRequest,
    token: &Token,
) -> ApiResult<Option<CallKey>> {
    let Some(key) = sent_key(request)? else {
        return Ok(None);
    };
    let Some(app) = request.app_data::<Data<App>>().cloned() else {
        return Ok(None);
    };
    let mut sum = Sha256::new();
    let scopes = token.scopes.joined();
    let said = [
        request.method().as_str(),
        request.path(),
        &parameters(request.query_string()),
        &scopes,
    ];
    for part in said {
        sum.update(part.as_bytes());
        sum.update([0]);
    }
    // A form with parts has another boundary each time, and contents of files are not held in memory.
    let is_upload = route.token == TokenKind::Uploader;
    if !is_upload && Kind::of(request.request()) != Kind::Multipart {
        sum.update(whole_body(request, &app).await?);
    }
    let sum = URL_SAFE_NO_PAD.encode(sum.finalize());
    let most = i64::from(app.engine.limits().idempotency_keys);
    Ok(Some(CallKey::new(token, key, sum, most)))
}

fn sent_key(request: &ServiceRequest) -> Result<Option<String>, crate::model::Refused> {
    let mut lines = request.headers().get_all(KEY);
    let Some(line) = lines.next() else {
        return Ok(None);
    };
    let is_visible = |byte: &u8| byte.is_ascii_graphic();
    let bytes = line.as_bytes();
    let is_one = lines.next().is_none();
    match std::str::from_utf8(bytes) {
        Ok(key) if is_one && (1..=LONGEST).contains(&bytes.len()) => {
            match bytes.iter().all(is_visible) {
                true => Ok(Some(key.to_owned())),
                false => Err(Refusal::Invalid.at("Idempotency-Key")),
            }
        }
        Ok(_) | Err(_) => Err(Refusal::Invalid.at("Idempotency-Key")),
    }
}

/// The parameters that say what is done, as they were sent.
fn parameters(query: &str) -> String {
    let parts = query.split('&').filter(|part| {
        let name = part.split('=').next().unwrap_or_default();
        !OF_CALLER.contains(&name)
    });
    parts.collect::<Vec<_>>().join("&")
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;

    #[test]
    fn a_key_is_a_line_of_visible_characters() {
        let sent = |lines: &[&str]| {
            let mut request = TestRequest::post();
            for line in lines {
                request = request.append_header((KEY, *line));
            }
            sent_key(&request.to_srv_request())
        };
        assert_eq!(sent(&[]), Ok(None));
        assert_eq!(sent(&["\"a-1\""]), Ok(Some(String::from("\"a-1\""))));
        assert_eq!(
            sent(&[&"k".repeat(LONGEST)]).unwrap().unwrap().len(),
            LONGEST
        );
        let refused = Refusal::Invalid.at("Idempotency-Key");
        for lines in [&["", ""][..1], &["a b"], &["a", "b"], &["ä"]] {
            assert_eq!(sent(lines), Err(refused.clone()), "{lines:?}");
        }
        assert_eq!(sent(&[&"k".repeat(LONGEST + 1)]), Err(refused));
    }

    #[test]
    fn what_stands_for_the_caller_makes_no_other_call() {
        let sent = "a=1&access_token=x&connection_id=y&include_raw=1&subscription_id=z";
        assert_eq!(parameters(sent), "a=1&include_raw=1");
        assert_eq!(parameters(""), "");
    }
}
