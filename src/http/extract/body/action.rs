//! Bodies of actions on an object (repost, bookmark): clients send all sorts with them, and mean nothing by it.
//!
//! Only an object or a form has fields, and a JSON text is the words that an action may take. Anything else
//! (a number, a list, `true`) counts as no body. What is no JSON at all although it says so is still refused: a note
//! that was cut in the middle would be lost without a word.

use std::future::Future;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::web::Bytes;
use actix_web::{FromRequest, HttpRequest};
use serde_json::{Map, Value};

use super::{Body, Kind, received};
use crate::http::{ApiError, ApiResult};

/// What came with an action.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ActionBody {
    /// The body was a JSON text, which may be empty.
    pub words: Option<String>,
    /// The fields of an object or a form; none, if it was neither.
    pub fields: Body,
}

impl ActionBody {
    pub(super) async fn parse(kind: Kind, request: &HttpRequest, bytes: Bytes) -> ApiResult<Self> {
        // A client that names no type, or sends a form's by default, may still have written JSON.
        let kind = match kind {
            Kind::Form | Kind::Unsaid if is_text(&bytes) => Kind::Json,
            Kind::Json | Kind::Form | Kind::Multipart | Kind::Unsaid => kind,
        };
        let mut fields = Body::parse(kind, request, bytes).await?;
        let words = fields.value.as_str().map(str::to_owned);
        if !fields.value.is_object() {
            fields.value = Value::Object(Map::new());
        }
        Ok(Self { words, fields })
    }
}

fn is_text(bytes: &[u8]) -> bool {
    serde_json::from_slice::<String>(bytes).is_ok()
}

impl FromRequest for ActionBody {
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
