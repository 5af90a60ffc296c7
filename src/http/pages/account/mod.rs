//! The pages of one's own account: profile, e-mail, password, and the apps and browsers that are signed in. Plain forms;
//! a change that cannot be taken back asks once more on a page of its own.

mod apps;
mod confirm;
mod email;
mod notice;
mod password;
mod picture;
mod problems;
mod profile;
mod revoke;
mod shell;

use actix_web::web::{self, ServiceConfig};

use super::{with_form, with_password, without_form};

pub(super) use confirm::{Confirm, ConfirmPage};
pub(super) use notice::Notice;
pub(super) use problems::Problems;
pub(super) use shell::{Shell, Tab};

/// The pages.
pub(super) fn configure(cfg: &mut ServiceConfig) {
    cfg.service(with_form(
        "/account",
        web::to(profile::show),
        web::to(profile::submit),
    ))
    .service(with_form(
        "/account/picture/{which}",
        web::to(picture::show),
        web::to(picture::submit),
    ))
    .service(with_form(
        "/account/picture/{which}/remove",
        web::to(picture::ask),
        web::to(picture::remove),
    ))
    .service(with_form(
        "/account/email",
        web::to(email::show),
        web::to(email::submit),
    ))
    .service(with_password(
        "/account/password",
        web::to(password::show),
        web::to(password::submit),
    ))
    .service(without_form("/account/apps", web::to(apps::show)))
    .service(with_form(
        "/account/apps/revoke",
        web::to(revoke::show),
        web::to(revoke::submit),
    ));
}
