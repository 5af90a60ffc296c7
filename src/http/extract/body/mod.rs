//! Bodies: JSON, urlencoded or multipart forms, or none of these, all as one JSON value.
//!
//! The caller is known before a body is read: handlers put it before [`Body`] in their arguments.

mod action;
pub(in crate::http) mod form;

pub use action::ActionBody;

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use actix_rt::time::timeout;
use actix_web::dev::Payload;
use actix_web::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};
use actix_web::web::{Bytes, BytesMut, Data};
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use futures_util::StreamExt as _;
use serde_json::{Map, Value};

use crate::http::{ApiError, ApiResult, App, Settings};
use crate::model::{Refusal, Refused};
use crate::text::{controls, shapes};

/// Time for a body to arrive, so that slow clients cannot hold requests open.
pub(in crate::http) const PATIENCE: Duration = Duration::from_secs(30);

/// What the client sent, dotted names expanded. Usually an object.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Body {
    /// The whole body.
    pub value: Value,
    /// It was JSON; a few calls take nothing else.
    pub is_json: bool,
}

/// A body that the admission had to read already, to look for a token in it.
pub(in crate::http) struct ReadAhead(pub(in crate::http) Bytes);

/// How a body is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::http) enum Kind {
    Json,
    Form,
    Multipart,
    /// Said wrongly or not at all: an object or a list is JSON, anything else a form.
    Unsaid,
}

impl Kind {
    pub(in crate::http) fn of(request: &HttpRequest) -> Self {
        let said = request
            .headers()
            .get(CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
            .to_ascii_lowercase();
        let said = said.split(';').next().unwrap_or_default().trim();
        match said {
            "application/x-www-form-urlencoded" => Self::Form,
            "multipart/form-data" => Self::Multipart,
            said if said.ends_with("/json") || said.ends_with("+json") => Self::Json,
            _ => Self::Unsaid,
        }
    }
}

impl Body {
    /// A field of the object.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.value.get(name).filter(|value| !value.is_null())
    }

    /// A field as text; numbers and booleans count as what they look like.
    ///
    /// # Errors
    /// A list or an object; a body that has no fields because it is something else.
    pub fn text(&self, name: &'static str) -> Result<Option<String>, Refused> {
        if !matches!(self.value, Value::Object(_) | Value::Null) {
            return Err(Refusal::WrongType.into());
        }
        match self.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(Value::Number(number)) => Ok(Some(number.to_string())),
            Some(Value::Bool(flag)) => Ok(Some(flag.to_string())),
            Some(Value::Array(_) | Value::Object(_)) => Err(Refusal::WrongType.at(name)),
        }
    }

    /// Makes sense of the bytes. Depth is bounded by the JSON reader and by the form reader, so nesting
    /// cannot exhaust the stack.
    async fn parse(kind: Kind, request: &HttpRequest, bytes: Bytes) -> ApiResult<Self> {
        if kind == Kind::Multipart {
            let value = form::multipart(request.headers(), bytes).await?;
            controls::check_body(&value)?;
            return Ok(Self {
                value,
                is_json: false,
            });
        }
        let text = std::str::from_utf8(&bytes).map_err(|_cause| Refusal::MalformedBody)?;
        let text = text.trim_start_matches('\u{feff}').trim();
        let is_json = match kind {
            Kind::Json => true,
            // Some clients declare a form and send JSON, or declare nothing.
            Kind::Form | Kind::Unsaid | Kind::Multipart => text.starts_with(['{', '[']),
        };
        if text.is_empty() {
            return Ok(Self {
                value: Value::Object(Map::new()),
                is_json,
            });
        }
        let value = if is_json {
            let value = serde_json::from_str(text).map_err(|_cause| Refusal::MalformedBody)?;
            match shapes::object(&value) {
                Some(fields) => form::expand_dots(fields.into_owned()),
                None => value,
            }
        } else {
            form::urlencoded(text)?
        };
        controls::check_body(&value)?;
        Ok(Self { value, is_json })
    }
}

/// Refuses a compressed body: its size would say nothing about what is in it.
pub(in crate::http) fn demand_identity(request: &HttpRequest) -> Result<(), Refusal> {
    let mut encodings = request.headers().get_all(CONTENT_ENCODING);
    match encodings.all(|coding| coding.as_bytes().eq_ignore_ascii_case(b"identity")) {
        true => Ok(()),
        false => Err(Refusal::UnsupportedEncoding),
    }
}

/// Reads a body to its end, or refuses it once it is larger than allowed.
pub(in crate::http) async fn read(
    request: &HttpRequest,
    payload: &mut Payload,
    settings: &Settings,
) -> ApiResult<Bytes> {
    let limit = settings.body_bytes;
    demand_identity(request)?;
    let declared = request
        .headers()
        .get(CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok())
        .and_then(|text| text.parse::<usize>().ok());
    if declared.is_some_and(|length| length > limit) {
        return Err(Refusal::BodyTooLarge.into());
    }
    let reading = async {
        let mut bytes = BytesMut::new();
        while let Some(part) = payload.next().await {
            let part = part.map_err(|_cause| Refusal::MalformedBody)?;
            if bytes.len() + part.len() > limit {
                return Err(Refusal::BodyTooLarge.into());
            }
            bytes.extend_from_slice(&part);
        }
        Ok(bytes.freeze())
    };
    timeout(PATIENCE, reading)
        .await
        .unwrap_or(Err(Refusal::MalformedBody.into()))
}

/// The form field `access_token`, for the admission.
pub(in crate::http) async fn token_field(
    kind: Kind,
    request: &HttpRequest,
    bytes: &Bytes,
) -> ApiResult<Option<String>> {
    let body = Body::parse(kind, request, bytes.clone()).await?;
    if !body.value.is_object() {
        return Ok(None);
    }
    Ok(body.text("access_token")?.filter(|text| !text.is_empty()))
}

/// The bytes of a body, and how they are written.
async fn received(request: &HttpRequest, payload: &mut Payload) -> ApiResult<(Kind, Bytes)> {
    let ahead = request
        .extensions_mut()
        .remove::<ReadAhead>()
        .map(|ahead| ahead.0);
    let bytes = match (ahead, request.app_data::<Data<App>>()) {
        (Some(bytes), _) => bytes,
        (None, Some(app)) => read(request, payload, &app.settings).await?,
        (None, None) => return Err(ApiError::trouble(&"no app data")),
    };
    Ok((Kind::of(request), bytes))
}

impl FromRequest for Body {
    type Error = ApiError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, ApiError>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, mut payload) = (request.clone(), payload.take());
        Box::pin(async move {
            let (kind, bytes) = received(&request, &mut payload).await?;
            Self::parse(kind, &request, bytes).await
        })
    }
}

#[cfg(test)]
mod tests;
