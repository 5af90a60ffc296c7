//! What handlers return when all went well.

use actix_web::body::BoxBody;
use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_TYPE, HeaderValue};
use actix_web::{HttpMessage, HttpRequest, HttpResponse, Responder};
use serde::Serialize;

use super::error::ApiError;
use super::request::{UpdatedPresence, wants_pretty};
use crate::model::Page;
use crate::protocol::envelope::{Envelope, Meta};

/// What a handler comes back with.
pub type ApiResult<T = Reply> = Result<T, ApiError>;

/// An answer in its envelope. The data is written at once, so that handlers may borrow what they show;
/// `meta` stays open until the answer leaves.
#[derive(Debug)]
pub struct Reply {
    /// About the answer; its code is the HTTP status.
    pub meta: Meta,
    data: Option<Vec<u8>>,
}

impl Reply {
    fn with<T: Serialize + ?Sized>(code: u16, data: &T) -> ApiResult {
        Ok(Self {
            meta: Meta::new(code),
            data: Some(serde_json::to_vec(data).map_err(|error| ApiError::trouble(&error))?),
        })
    }

    /// 200 and one object, or a list without pages.
    pub fn one<T: Serialize + ?Sized>(data: &T) -> ApiResult {
        Self::with(200, data)
    }

    /// 201 and what was made.
    pub fn created<T: Serialize + ?Sized>(data: &T) -> ApiResult {
        Self::with(201, data)
    }

    /// 200 and a part of a list; `items` are the page's items as they are shown. If some of them cannot be
    /// shown, the page still says where it begins and ends.
    pub fn listing<T, U: Serialize>(page: &Page<T>, items: &[U]) -> ApiResult {
        let mut reply = Self::with(200, items)?;
        reply.meta = reply.meta.paged(page);
        Ok(reply)
    }

    /// 204: done, nothing to say.
    pub fn nothing() -> Self {
        Self {
            meta: Meta::new(204),
            data: None,
        }
    }

    /// A code and `meta` only, such as the answer to a report.
    pub fn bare(code: u16) -> Self {
        Self {
            meta: Meta::new(code),
            data: None,
        }
    }

    fn bytes(&self, pretty: bool) -> Result<Vec<u8>, serde_json::Error> {
        let Some(data) = &self.data else {
            return Envelope::bare(&self.meta).bytes(pretty);
        };
        if pretty {
            // For the eyes of a person; worth a second pass.
            let data: serde_json::Value = serde_json::from_slice(data)?;
            return Envelope::new(&self.meta, &data).bytes(true);
        }
        let meta = serde_json::to_vec(&self.meta)?;
        let mut bytes = Vec::with_capacity(meta.len() + data.len() + 20);
        bytes.extend_from_slice(b"{\"meta\":");
        bytes.extend_from_slice(&meta);
        bytes.extend_from_slice(b",\"data\":");
        bytes.extend_from_slice(data);
        bytes.push(b'}');
        Ok(bytes)
    }
}

impl Responder for Reply {
    type Body = BoxBody;

    fn respond_to(mut self, request: &HttpRequest) -> HttpResponse {
        if self.meta.code == 204 {
            return HttpResponse::NoContent().finish();
        }
        if let Some(UpdatedPresence(done)) = request.extensions().get() {
            self.meta.updated_presence = Some(*done);
        }
        let status = StatusCode::from_u16(self.meta.code).unwrap_or(StatusCode::OK);
        match self.bytes(wants_pretty(request)) {
            Ok(bytes) => HttpResponse::build(status)
                .insert_header((CONTENT_TYPE, HeaderValue::from_static("application/json")))
                .body(bytes),
            Err(error) => HttpResponse::from_error(ApiError::trouble(&error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_envelope_is_one_json_object() {
        let page = Page {
            items: vec![(2, ()), (1, ())],
            more: false,
            edge: None,
        };
        let reply = Reply::listing(&page, &["b", "a"]).unwrap();
        assert_eq!(
            String::from_utf8(reply.bytes(false).unwrap()).unwrap(),
            r#"{"meta":{"code":200,"more":false,"max_id":"2","min_id":"1"},"data":["b","a"]}"#
        );
        assert!(reply.bytes(true).unwrap().contains(&b'\n'));
    }
}
