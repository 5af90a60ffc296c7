//! `POST /account/developer/{client_id}/streams`: a new stored stream, as `POST /streams` makes one.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};

use super::streams::{Fields, page};
use super::{Head, Part, own};
use crate::actors::firehose::streams::CreateStream;
use crate::http::App;
use crate::http::pages::account::{Notice, Problems, Shell, Tab};
use crate::http::pages::{PageError, PageResult};
use crate::http::session::{Form, SignedIn};
use crate::model::{Failure, ObjectType, Refusal, StreamKey};

/// The fields, in the order of the page.
const FIELDS: [&str; 3] = ["key", "object_types", "filter_id"];

/// `POST /account/developer/{client_id}/streams`
pub(super) async fn create(
    signed: SignedIn,
    client: Path<String>,
    form: Form,
    app: Data<App>,
) -> PageResult<HttpResponse> {
    let head = Head::new(&own(&app, &signed, &client).await?, Part::Streams);
    let fields = Fields {
        key: form.word("key"),
        object_types: form.list("object_types"),
        filter: form.word("filter_id"),
    };
    let created = async {
        app.engine
            .create_app_stream(&head.id, fields.checked()?)
            .await
    };
    let problems = match created.await {
        Ok(_stream) => return Ok(Notice::StreamCreated.at(&head.path("/streams"), &signed)),
        Err(failure) => problems(failure)?,
    };
    let shell = Shell::bare(Tab::Developer);
    let page = page(&signed, &app, shell, head, fields, problems).await?;
    Ok(page.status(StatusCode::BAD_REQUEST).into_response())
}

impl Fields {
    fn checked(&self) -> Result<CreateStream, Failure> {
        let key = match self.key.as_str() {
            "" => None,
            name => Some(StreamKey::parse(name).ok_or(Refusal::Invalid.at("key"))?),
        };
        let mut object_types = Vec::new();
        for name in &self.object_types {
            let kind = ObjectType::parse(name);
            let kind = kind.ok_or(Refusal::UnknownObjectType.at("object_types"))?;
            if !object_types.contains(&kind) {
                object_types.push(kind);
            }
        }
        if object_types.is_empty() {
            return Err(Refusal::Missing.at("object_types").into());
        }
        let filter = match self.filter.as_str() {
            "" => None,
            id => {
                let id = id.parse();
                Some(id.map_err(|_cause| Refusal::FilterNotFound.at("filter_id"))?)
            }
        };
        Ok(CreateStream {
            key,
            object_types,
            filter,
            hook: None,
        })
    }
}

/// In words that say what would do.
fn problems(failure: Failure) -> Result<Problems, PageError> {
    let Failure::Refused(refused) = failure else {
        return Err(failure.into());
    };
    Ok(match (refused.field.as_deref(), refused.refusal) {
        (Some("key"), Refusal::Invalid) => Problems::one(
            "key",
            "A name has at most 32 letters, digits and underscores.",
        ),
        (Some("key"), Refusal::StreamKeyTaken) => Problems::one(
            "key",
            "The app has a stream of this name. Choose another one.",
        ),
        (Some("object_types"), _) => Problems::one("object_types", "Choose at least one of these."),
        (Some("filter_id"), _) => Problems::one("filter_id", "Choose one of the list."),
        (_, Refusal::StreamLimit) => Problems::one(
            "key",
            "The app has as many streams as it may. Delete one first.",
        ),
        _ => Problems::of_refused(&refused, &FIELDS),
    })
}
