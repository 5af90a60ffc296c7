//! What a handler does and no description says, is an error in the log of a debug build: the tests, which look for errors
//! there, find parameters that are read and slugs that are returned without being described.

use actix_web::{HttpMessage as _, HttpRequest};

use super::params::{EVERYWHERE, SUBSCRIBES};
use super::{refusals, routes, views};
use crate::http::routes::row::Route;
use crate::protocol::query::{Query, Watch};

/// The row that a request was led to.
#[derive(Clone, Copy, Debug)]
pub struct Matched(pub &'static Route);

/// The query of a request, watched in debug builds.
pub fn query(request: &HttpRequest) -> Query {
    let query = Query::parse(request.query_string());
    if !cfg!(debug_assertions) {
        return query;
    }
    let matched = request.extensions().get::<Matched>().copied();
    match matched {
        Some(Matched(row)) => query.watched(Watch {
            of: (row.verb.name(), row.path),
            read,
        }),
        None => query,
    }
}

/// A handler asks for a parameter.
fn read((verb, path): (&'static str, &'static str), name: &str) {
    let of_all = name == "access_token";
    let described = routes::GROUPS.iter().flat_map(|group| group.routes);
    let mut described = described.filter(|one| one.verb.name() == verb && one.path == path);
    let takes = described.next().map(|one| one.takes).unwrap_or_default();
    let mut known = takes
        .iter()
        .chain(views::ALL)
        .chain([&EVERYWHERE, &SUBSCRIBES]);
    let is_described = known.any(|set| set.iter().any(|param| fits(param.name, name)));
    if !of_all && !is_described {
        tracing::error!(
            verb,
            path,
            name,
            "reads a parameter that no description names"
        );
    }
}

/// `file_token_{id}` stands for all of its kind.
fn fits(described: &str, name: &str) -> bool {
    match described.split_once('{') {
        Some((stem, _)) => name.starts_with(stem),
        None => described == name,
    }
}

/// A request is refused.
pub fn refused(request: &HttpRequest, code: u16, slug: &str) {
    if !cfg!(debug_assertions) || matches!(code, 500 | 503) {
        return;
    }
    let matched = request.extensions().get::<Matched>().copied();
    let Some(Matched(row)) = matched else { return };
    let all = routes::of(row).map(|(_, described)| refusals::of(row, described));
    let is_described =
        |all: Vec<crate::model::Refusal>| all.iter().any(|known| known.slug() == slug);
    if !all.is_some_and(is_described) {
        tracing::error!(route = ?row, slug, "refuses with a slug that its description does not name");
    }
}
