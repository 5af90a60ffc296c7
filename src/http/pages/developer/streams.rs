//! `/account/developer/{client_id}/streams`: the stored streams of the app. The app can make them too, with its token.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use askama::Template;
use reqwest::Url;

use super::{Head, Part, not_found, own};
use crate::http::App;
use crate::http::extract::Params;
use crate::http::pages::account::{Confirm, ConfirmPage, Notice, Problems, Shell, Tab};
use crate::http::pages::{Frame, Page, PageResult};
use crate::http::session::{Form, SignedIn};
use crate::model::{AppStream, EventFilter, FilterOwner, Hook, HookOff, ObjectType, StreamKey};

#[derive(Template)]
#[template(path = "developer/streams.html")]
struct StreamsPage {
    frame: Frame,
    shell: Shell,
    head: Head,
    form_token: String,
    problems: Problems,
    fields: Fields,
    streams: Vec<AppStream>,
    is_full: bool,
    filters: Vec<EventFilter>,
    kinds: &'static [ObjectType],
    key_length: usize,
}

impl StreamsPage {
    /// Of the receiver. The rest of its address is often a secret.
    #[expect(clippy::unused_self, reason = "the template finds methods alone")]
    fn host(&self, hook: &Hook) -> String {
        let url = Url::parse(&hook.url).ok();
        let host = url.as_ref().and_then(Url::host_str);
        host.unwrap_or_default().to_owned()
    }

    #[expect(clippy::unused_self, reason = "the template finds methods alone")]
    fn reason(&self, off: &HookOff) -> &'static str {
        match off {
            HookOff::Paused => "the app switched it off",
            HookOff::Failing => "no delivery succeeded for too long",
            HookOff::DeadLettersFull => "it has as many dead letters as it may",
            HookOff::TokenRevoked => "the token that switched it on was revoked",
        }
    }
}

/// The form of a new stream, as it was sent.
#[derive(Debug, Default)]
pub(super) struct Fields {
    pub(super) key: String,
    pub(super) object_types: Vec<String>,
    pub(super) filter: String,
}

impl Fields {
    fn brings(&self, kind: &ObjectType) -> bool {
        self.object_types.iter().any(|name| name == kind.name())
    }
}

/// `GET /account/developer/{client_id}/streams`
pub(super) async fn show(
    signed: SignedIn,
    client: Path<String>,
    params: Params,
    app: Data<App>,
) -> PageResult {
    let head = Head::new(&own(&app, &signed, &client).await?, Part::Streams);
    let shell = Shell::new(Tab::Developer, &signed, &params);
    let (fields, problems) = (Fields::default(), Problems::default());
    page(&signed, &app, shell, head, fields, problems).await
}

/// The streams, and the form of a new one.
pub(super) async fn page(
    signed: &SignedIn,
    app: &Data<App>,
    shell: Shell,
    head: Head,
    fields: Fields,
    problems: Problems,
) -> PageResult {
    let (id, store) = (head.id.clone(), app.engine.store());
    let read = store.read(move |db| {
        let owner = FilterOwner {
            client: id,
            user: None,
        };
        Ok((db.app_streams(&owner.client)?, db.event_filters(&owner)?))
    });
    let (streams, filters) = read.await?;
    Page::of(&StreamsPage {
        frame: Frame::new(&format!("Streams of {}", head.name), signed.visitor(), app),
        shell,
        form_token: signed.visitor().form_token(&head.path("/streams")),
        head,
        problems,
        fields,
        is_full: streams.len() >= app.engine.streams().app_streams,
        streams,
        filters,
        kinds: ObjectType::ALL,
        key_length: StreamKey::LENGTH,
    })
}

/// `GET /account/developer/{client_id}/streams/delete?key=…`; without a key all of them are meant.
pub(super) async fn ask(
    signed: SignedIn,
    client: Path<String>,
    params: Params,
    app: Data<App>,
) -> PageResult {
    let head = Head::new(&own(&app, &signed, &client).await?, Part::Streams);
    let key = params.sent("key").unwrap_or_default();
    let (title, what, webhooks) = match key {
        "" => (
            "Delete all streams?",
            String::from("All streams"),
            ", and webhooks get nothing more",
        ),
        key => (
            "Delete this stream?",
            format!("The stream “{key}”"),
            ", and a webhook gets nothing more",
        ),
    };
    let ask = Confirm {
        title,
        text: format!(
            "{what} of {} end at once; connections to them are closed{webhooks}.",
            head.name
        ),
        action: head.path("/streams/delete"),
        fields: vec![("key", key.to_owned())],
        button: "Delete",
        back: head.path("/streams"),
    };
    ConfirmPage::of(ask, Tab::Developer, &signed, &app)
}

/// `POST /account/developer/{client_id}/streams/delete`
pub(super) async fn delete(
    signed: SignedIn,
    client: Path<String>,
    form: Form,
    app: Data<App>,
) -> PageResult<HttpResponse> {
    let head = Head::new(&own(&app, &signed, &client).await?, Part::Streams);
    let key = form.word("key");
    let (key, notice) = match key.as_str() {
        "" => (None, Notice::StreamsDeleted),
        key => (Some(StreamKey::from(key)), Notice::StreamDeleted),
    };
    let deleted = app.engine.delete_app_streams(&head.id, key);
    deleted.await.map_err(not_found)?;
    Ok(notice.at(&head.path("/streams"), &signed))
}
