//! `/account/picture/avatar` and `/account/picture/cover`: what the two forms beside the profile send, and what they show
//! if a picture is not taken.

use actix_web::http::StatusCode;
use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};

use super::{Confirm, ConfirmPage, Notice, Problems, Tab, profile};
use crate::http::App;
use crate::http::pages::{PageError, PageResult, see_other};
use crate::http::session::{Form, SignedIn, demand_own};
use crate::http::users::pictures;
use crate::model::{PictureUse, Refusal};

/// What may be wrong with a picture, in words that say what would do.
const WRONG: &[(Refusal, &str)] = &[
    (Refusal::Missing, "Choose a file first."),
    (
        Refusal::AvatarTooLarge,
        "The file has to be smaller than 2 MB.",
    ),
    (
        Refusal::CoverTooLarge,
        "The file has to be smaller than 4 MB.",
    ),
    (
        Refusal::PictureUnknown,
        "Choose a JPEG, PNG, GIF or WebP picture.",
    ),
    (Refusal::PictureBroken, "The file is damaged or incomplete."),
    (
        Refusal::PictureTooLarge,
        "The picture has too many pixels. Make it smaller first.",
    ),
    (
        Refusal::PictureTooSmall,
        "A cover is at least 960 pixels wide and 223 pixels high.",
    ),
];

fn parse(which: &str) -> PageResult<PictureUse> {
    let all = [PictureUse::Avatar, PictureUse::Cover];
    let known = all.into_iter().find(|of| of.name() == which);
    known.ok_or_else(|| PageError::Refused {
        status: StatusCode::NOT_FOUND,
        title: "There is no such picture",
        text: String::from("A profile has an avatar and a cover."),
    })
}

/// `GET /account/picture/{which}`: the form is on the page of the profile.
pub(super) async fn show(_signed: SignedIn, which: Path<String>) -> PageResult<HttpResponse> {
    parse(&which)?;
    Ok(see_other("/account"))
}

/// `POST /account/picture/{which}`
pub(super) async fn submit(
    signed: SignedIn,
    which: Path<String>,
    request: HttpRequest,
    payload: Payload,
    app: Data<App>,
) -> PageResult<HttpResponse> {
    let of = parse(&which)?;
    let own = |token: Option<&str>| demand_own(&request, token);
    let taken = pictures::take(&app, signed.user, &request, payload, of, own).await;
    let slug = match taken {
        Ok(()) => return Ok(Notice::PictureShown.at("/account", &signed)),
        Err(PageError::Other(error)) if error.code() == 400 => error.slug(),
        Err(error) => return Err(error),
    };
    let mut known = WRONG.iter();
    let words = known.find(|(refusal, _)| refusal.slug() == slug);
    let words = words.map_or("This picture cannot be read.", |(_, words)| words);
    let problems = Problems::one(of.name(), words);
    let page = profile::again(&signed, &app, problems).await?;
    Ok(page.status(StatusCode::BAD_REQUEST).into_response())
}

/// `GET /account/picture/{which}/remove`
pub(super) async fn ask(signed: SignedIn, which: Path<String>, app: Data<App>) -> PageResult {
    let of = parse(&which)?;
    let ask = Confirm {
        title: match of {
            PictureUse::Avatar => "Remove your avatar?",
            PictureUse::Cover => "Remove your cover?",
        },
        text: String::from("The picture is deleted here, and a drawn one is shown."),
        action: format!("/account/picture/{}/remove", of.name()),
        fields: Vec::new(),
        button: "Remove the picture",
        back: String::from("/account"),
    };
    ConfirmPage::of(ask, Tab::Profile, &signed, &app)
}

/// `POST /account/picture/{which}/remove`
pub(super) async fn remove(
    signed: SignedIn,
    which: Path<String>,
    _form: Form,
    app: Data<App>,
) -> PageResult<HttpResponse> {
    pictures::take_away(&app, signed.user, parse(&which)?).await?;
    Ok(Notice::PictureRemoved.at("/account", &signed))
}
