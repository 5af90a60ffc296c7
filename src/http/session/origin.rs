//! Where a form was sent from, as the browser says it. The token in the form would do; this holds if a token leaks.

use actix_web::HttpRequest;
use actix_web::http::header::{HOST, HeaderMap, HeaderValue, ORIGIN};

/// Whether the browser says that a page of this server sent the form. Browsers without these headers say nothing, and the
/// token decides alone.
pub(super) fn is_own(request: &HttpRequest, own: &str) -> bool {
    let headers = request.headers();
    if let Some(site) = text(headers, "sec-fetch-site") {
        // `none`: sent by the user's own hand, such as a reload.
        return ["same-origin", "none"].contains(&site);
    }
    match text(headers, ORIGIN.as_str()) {
        None => true,
        Some(origin) => {
            let named = headers.get(HOST).map(HeaderValue::to_str);
            let named = named.and_then(Result::ok).unwrap_or_default();
            let place = origin.split_once("://").map(|(_, place)| place);
            origin.eq_ignore_ascii_case(own)
                || place.is_some_and(|place| !named.is_empty() && place.eq_ignore_ascii_case(named))
        }
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    // What cannot be read is no origin of ours.
    headers.get(name).map(|value| value.to_str().unwrap_or("?"))
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn is_own_with(headers: &[(&str, &str)]) -> bool {
        let mut request = TestRequest::post();
        for header in headers {
            request = request.append_header(*header);
        }
        is_own(&request.to_http_request(), "https://chat.example.org")
    }

    #[test]
    fn a_form_comes_from_a_page_of_this_server() {
        for headers in [
            &[][..],
            &[("sec-fetch-site", "same-origin"), ("origin", "null")],
            &[("sec-fetch-site", "none")],
            &[("origin", "https://chat.example.org")],
            &[
                ("origin", "http://10.0.0.1:8080"),
                ("host", "10.0.0.1:8080"),
            ],
        ] {
            assert!(is_own_with(headers), "{headers:?}");
        }
        for headers in [
            &[("sec-fetch-site", "cross-site")][..],
            &[("sec-fetch-site", "same-site")],
            &[("origin", "null")],
            &[("origin", "https://evil.example")],
            &[("origin", "http://chat.example.org")],
            &[
                ("origin", "https://chat.example.org.evil.example"),
                ("host", "chat.example.org"),
            ],
        ] {
            assert!(!is_own_with(headers), "{headers:?}");
        }
    }
}
