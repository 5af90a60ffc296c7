//! `/account/developer/{client_id}/streams`: the stored streams of the app. The app itself makes them, with its token.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use askama::Template;

use super::{Head, Part, not_found, own};
use crate::http::App;
use crate::http::extract::Params;
use crate::http::pages::account::{Confirm, ConfirmPage, Notice, Shell, Tab};
use crate::http::pages::{Frame, Page, PageResult};
use crate::http::session::{Form, SignedIn};
use crate::model::{AppStream, StreamKey};

#[derive(Template)]
#[template(path = "developer/streams.html")]
struct StreamsPage {
    frame: Frame,
    shell: Shell,
    head: Head,
    streams: Vec<AppStream>,
}

/// `GET /account/developer/{client_id}/streams`
pub(super) async fn show(
    signed: SignedIn,
    client: Path<String>,
    params: Params,
    app: Data<App>,
) -> PageResult {
    let head = Head::new(&own(&app, &signed, &client).await?, Part::Streams);
    let (id, store) = (head.id.clone(), app.engine.store());
    let streams = store.read(move |db| db.app_streams(&id)).await?;
    Page::of(&StreamsPage {
        frame: Frame::new(&format!("Streams of {}", head.name), signed.visitor(), &app),
        shell: Shell::new(Tab::Developer, &signed, &params),
        head,
        streams,
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
    let (title, what) = match key {
        "" => ("Delete all streams?", String::from("All streams")),
        key => ("Delete this stream?", format!("The stream “{key}”")),
    };
    let ask = Confirm {
        title,
        text: format!(
            "{what} of {} end at once; connections to them are closed.",
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
