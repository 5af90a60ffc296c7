//! A form with contents: its fields, and its parts as they arrive.

use actix_multipart::{Field, Multipart, MultipartConfig};
use actix_web::web::Payload;
use actix_web::{FromRequest as _, HttpRequest};
use serde_json::{Map, Value};

use super::place::Room;
use super::receive::{next, receive};
use crate::contents::Received;
use crate::http::extract::body::form::put_field;
use crate::http::{ApiResult, App};
use crate::model::Refusal;
use crate::text::{controls, shapes};

/// Bytes of all fields.
const FIELDS: usize = 64 * 1024;
/// Bytes that the parser of a form may hold: the heads of a part, and what it has not handed over yet.
const HELD: usize = 8 * 1024;
/// Parts of a form.
const PARTS: usize = 64;
/// The part with the contents.
const CONTENT: &str = "content";
/// A part with all fields as one object.
const METADATA: &str = "metadata";

/// A part with bytes.
pub(super) struct Part {
    /// The bytes.
    pub(super) received: Received,
    /// What its sender calls it.
    pub(super) file_name: Option<String>,
    /// What its sender says that it is.
    pub(super) mime_type: Option<String>,
}

/// A form that was read to its end.
#[derive(Default)]
pub(super) struct Form {
    /// By their names.
    pub(super) fields: Map<String, Value>,
    /// The contents.
    pub(super) content: Option<Part>,
    /// What the client made of them, by key.
    pub(super) derived: Vec<(String, Part)>,
}

impl Form {
    /// Reads a form. `early` looks at the fields before each part with bytes: what is refused by its fields alone is not
    /// read.
    ///
    /// # Errors
    /// A body that is no form, or one of its parts is too large; what `early` says.
    pub(super) async fn read(
        app: &App,
        request: &HttpRequest,
        payload: Payload,
        mut room: Room,
        early: impl Fn(&Map<String, Value>) -> ApiResult<()>,
    ) -> ApiResult<Self> {
        let mut parts = parts_of(request, payload).await?;
        let mut form = Self::default();
        let mut text_bytes = 0;
        for _ in 0..PARTS {
            let Some(part) = next(&mut parts, app.files.silence).await? else {
                controls::check_body(&Value::Object(form.fields.clone()))?;
                return Ok(form);
            };
            let name = part.name().unwrap_or_default().to_owned();
            let key = derived_key(&name);
            if name != CONTENT && key.is_none() {
                form.text(app, part, &name, &mut text_bytes).await?;
                continue;
            }
            early(&form.fields)?;
            let bytes = bytes_of(app, part, room).await?;
            room = room.less(bytes.received.size)?;
            match key {
                Some(key) => form.derived.push((key, bytes)),
                None => form.content = Some(bytes),
            }
        }
        Err(Refusal::MalformedBody.into())
    }

    async fn text(
        &mut self,
        app: &App,
        mut part: Field,
        name: &str,
        text_bytes: &mut usize,
    ) -> ApiResult<()> {
        let is_file = part
            .content_disposition()
            .is_some_and(|disposition| disposition.get_filename().is_some());
        let mut text = Vec::new();
        while let Some(piece) = next(&mut part, app.files.silence).await? {
            *text_bytes += piece.len();
            if *text_bytes > FIELDS {
                return Err(Refusal::BodyTooLarge.into());
            }
            text.extend_from_slice(&piece);
        }
        // A part with a file name that nothing asks for.
        if is_file && name != METADATA {
            return Ok(());
        }
        let text = String::from_utf8(text).map_err(|_cause| Refusal::MalformedBody)?;
        if name != METADATA {
            put_field(&mut self.fields, name, text);
            return Ok(());
        }
        let said = serde_json::from_str(&text).map_err(|_cause| Refusal::MalformedBody)?;
        let said = shapes::object(&said).ok_or_else(|| Refusal::WrongType.at(METADATA))?;
        self.fields.extend(said.into_owned());
        Ok(())
    }
}

/// How forms with contents are parsed: [`parts_of`] finds it with the application.
pub(in crate::http) fn parsed_so() -> MultipartConfig {
    MultipartConfig::new().buffer_limit(HELD)
}

/// The parts of a form, as they arrive.
///
/// # Errors
/// None that does not come with the first part.
pub(super) async fn parts_of(request: &HttpRequest, payload: Payload) -> ApiResult<Multipart> {
    let parts = Multipart::from_request(request, &mut payload.into_inner()).await;
    parts.map_err(|_cause| Refusal::MalformedBody.into())
}

/// A part with bytes.
///
/// # Errors
/// As [`receive`].
pub(super) async fn bytes_of(app: &App, part: Field, room: Room) -> ApiResult<Part> {
    let disposition = part.content_disposition();
    let file_name = disposition.and_then(|disposition| disposition.get_filename());
    let file_name = file_name.map(str::to_owned);
    let mime_type = part.content_type().map(ToString::to_string);
    Ok(Part {
        received: receive(app, part, room).await?,
        file_name,
        mime_type,
    })
}

/// `core_image_200s`, or `{name}_image_thumb_200s` in the words of App.net.
fn derived_key(name: &str) -> Option<String> {
    if let Some(size) = name.strip_prefix("core_image_") {
        return is_key(name).then(|| format!("core_image_{size}"));
    }
    let (_, size) = name.rsplit_once("_image_thumb_")?;
    let key = format!("core_image_{size}");
    is_key(&key).then_some(key)
}

/// Keys that a client may give pictures to.
pub(super) fn is_key(key: &str) -> bool {
    matches!(key, "core_image_200s" | "core_image_960r")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_named_by_the_key_of_what_it_holds() {
        let key = |name| derived_key(name);
        assert_eq!(key("core_image_200s").as_deref(), Some("core_image_200s"));
        assert_eq!(
            key("avatar_image_thumb_960r").as_deref(),
            Some("core_image_960r")
        );
        for other in ["content", "core_image_1", "x_image_thumb_../x", "name"] {
            assert_eq!(key(other), None, "{other}");
        }
    }
}
