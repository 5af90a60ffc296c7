//! `/account/developer/new` and `/account/developer/{client_id}`: what an app is called and where it lives.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};
use askama::Template;

use super::{Head, Part, not_found, own};
use crate::actors::developer::ClientChange;
use crate::http::App;
use crate::http::composing::composed;
use crate::http::extract::Params;
use crate::http::pages::account::{Notice, Problems, Shell, Tab};
use crate::http::pages::{Frame, Page, PageError, PageResult};
use crate::http::session::{Form, SignedIn};
use crate::model::{Client, Failure, Refusal, Refused};
use crate::protocol::draft::ClientDraft;

const NEW: &str = "/account/developer/new";

/// The fields, in the order of the page. A refusal that names none of them is about the app as a whole.
const FIELDS: [&str; 4] = ["name", "url", "redirect_uris", "text"];

#[derive(Debug, Default)]
struct Fields {
    name: String,
    url: String,
    redirect_uris: String,
    text: String,
    is_private: bool,
}

#[derive(Template)]
#[template(path = "developer/describe.html")]
struct DescribePage {
    frame: Frame,
    shell: Shell,
    action: String,
    form_token: String,
    problems: Problems,
    fields: Fields,
    text_length: usize,
    /// `None`: a new one.
    head: Option<Head>,
}

/// `GET /account/developer/new`
pub(super) async fn show_new(signed: SignedIn, params: Params, app: Data<App>) -> PageResult {
    let shell = Shell::new(Tab::Developer, &signed, &params);
    page(
        &signed,
        &app,
        shell,
        None,
        Fields::default(),
        Problems::default(),
    )
}

/// `POST /account/developer/new`
pub(super) async fn create(
    signed: SignedIn,
    form: Form,
    app: Data<App>,
) -> PageResult<HttpResponse> {
    let fields = Fields::sent(&form);
    let created = async {
        let described = fields.checked(&app).await?;
        app.engine.create_client(signed.user, described).await
    };
    match created.await {
        // Its secret is not shown: the page of the secret makes another one, which an app in a browser does not need.
        Ok((client, _secret)) => {
            let path = format!("/account/developer/{}", client.brief.id);
            Ok(Notice::ClientCreated.at(&path, &signed))
        }
        Err(failure) => again(&signed, &app, None, fields, failure),
    }
}

/// `GET /account/developer/{client_id}`
pub(super) async fn show(
    signed: SignedIn,
    client: Path<String>,
    params: Params,
    app: Data<App>,
) -> PageResult {
    let client = own(&app, &signed, &client).await?;
    let head = Head::new(&client, Part::Description);
    let shell = Shell::new(Tab::Developer, &signed, &params);
    page(
        &signed,
        &app,
        shell,
        Some(head),
        Fields::of(&client),
        Problems::default(),
    )
}

/// `POST /account/developer/{client_id}`
pub(super) async fn edit(
    signed: SignedIn,
    client: Path<String>,
    form: Form,
    app: Data<App>,
) -> PageResult<HttpResponse> {
    let client = own(&app, &signed, &client).await?;
    let head = Head::new(&client, Part::Description);
    let fields = Fields::sent(&form);
    let changed = async {
        let described = fields.checked(&app).await?;
        let id = client.brief.id.clone();
        app.engine.change_client(signed.user, id, described).await
    };
    match changed.await {
        Ok(_client) => Ok(Notice::ClientSaved.at(&head.path(""), &signed)),
        Err(failure) => again(&signed, &app, Some(head), fields, failure),
    }
}

/// The form once more, with what is wrong.
fn again(
    signed: &SignedIn,
    app: &Data<App>,
    head: Option<Head>,
    fields: Fields,
    failure: Failure,
) -> PageResult<HttpResponse> {
    let problems = match failure.refusal() {
        Some(Refusal::NotFound) => return Err(not_found(failure)),
        Some(Refusal::ClientLimit) => Problems::one(
            "name",
            "You have as many apps as you may. Delete one first.",
        ),
        Some(_) | None => of_fields(failure)?,
    };
    let shell = Shell::bare(Tab::Developer);
    let page = page(signed, app, shell, head, fields, problems)?;
    Ok(page.status(StatusCode::BAD_REQUEST).into_response())
}

/// In words that say what would do.
fn of_fields(failure: Failure) -> Result<Problems, PageError> {
    let Failure::Refused(refused) = failure else {
        return Err(failure.into());
    };
    Ok(match (refused.field.as_deref(), refused.refusal) {
        (Some("name"), Refusal::Missing) => Problems::one("name", "An app needs a name."),
        (Some("url"), Refusal::Invalid) => Problems::one(
            "url",
            "This is no address of the web. One looks like https://app.example.org.",
        ),
        (Some("redirect_uris"), Refusal::Invalid) => Problems::one(
            "redirect_uris",
            "Each address has to be complete and without a fragment (#), such as https://app.example.org/callback or app.example:/callback.",
        ),
        (Some("redirect_uris"), Refusal::TooLong) => Problems::one(
            "redirect_uris",
            "These are too many addresses, or too long ones.",
        ),
        _ => Problems::of_refused(&refused, &FIELDS),
    })
}

fn page(
    signed: &SignedIn,
    app: &Data<App>,
    shell: Shell,
    head: Option<Head>,
    fields: Fields,
    problems: Problems,
) -> PageResult {
    let (title, action) = match &head {
        Some(head) => (head.name.clone(), head.path("")),
        None => (String::from("A new app"), NEW.to_owned()),
    };
    Page::of(&DescribePage {
        frame: Frame::new(&title, signed.visitor(), app),
        shell,
        form_token: signed.visitor().form_token(&action),
        action,
        problems,
        fields,
        text_length: app.engine.limits().description_length,
        head,
    })
}

impl Fields {
    fn of(client: &Client) -> Self {
        let url = client.brief.url.as_str();
        Self {
            name: client.brief.name.clone(),
            url: if url == "about:blank" { "" } else { url }.to_owned(),
            redirect_uris: client.redirect_uris.join("\n"),
            text: client
                .description
                .as_ref()
                .map(|(_, source)| source.clone())
                .unwrap_or_default(),
            is_private: client.is_private,
        }
    }

    fn sent(form: &Form) -> Self {
        Self {
            name: form.word("name"),
            url: form.word("url"),
            redirect_uris: form.word("redirect_uris"),
            text: form.word("text").replace("\r\n", "\n"),
            is_private: form.has("is_private"),
        }
    }

    async fn checked(&self, app: &App) -> Result<ClientChange, Failure> {
        let draft = ClientDraft::read(
            &self.name,
            &self.url,
            &self.redirect_uris,
            &self.text,
            self.is_private,
        )
        .map_err(|refused: Refused| Failure::from(refused))?;
        Ok(ClientChange {
            name: draft.name,
            url: draft.url,
            redirect_uris: draft.redirect_uris,
            description: match draft.source {
                Some(source) => Some(composed(app, source).await?),
                None => None,
            },
            is_private: draft.is_private,
        })
    }
}
