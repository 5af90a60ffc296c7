//! Ids in paths and lists: numbers, `@name`, `me`.

use std::collections::HashMap;
use std::str::FromStr;

use super::Caller;
use crate::http::{ApiError, ApiResult, App};
use crate::model::{Refusal, UserId};

/// The caller's own name in paths and lists.
pub const ME: &str = "me";

/// A number from a path. Anything else is 400 rather than 404, as in the original API.
pub fn id<T: FromStr>(text: &str) -> ApiResult<T> {
    text.parse()
        .map_err(|_cause| ApiError::from(Refusal::WrongType))
}

/// How a user is named in a path or list.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Named {
    Id(UserId),
    /// In lower case.
    Name(String),
    Me,
}

impl Named {
    fn parse(text: &str) -> Option<Self> {
        if text == ME {
            return Some(Self::Me);
        }
        if let Some(name) = text.strip_prefix('@') {
            return Some(Self::Name(name.to_lowercase()));
        }
        text.parse().ok().map(Self::Id)
    }
}

/// The user that a path names. A numeric id is not looked up here.
pub async fn user(app: &App, caller: Option<&Caller>, text: &str) -> ApiResult<UserId> {
    match Named::parse(text).ok_or(Refusal::WrongType)? {
        Named::Id(id) => Ok(id),
        Named::Me => me(caller),
        Named::Name(name) => {
            let wanted = [name];
            let found = app
                .engine
                .store()
                .read(move |db| db.ids_by_name(&wanted))
                .await?;
            let id = found.into_values().next();
            id.ok_or(Refusal::UserNotFound.into())
        }
    }
}

/// The caller as a user.
///
/// # Errors
/// There is no token, or it is an app's.
pub fn me(caller: Option<&Caller>) -> ApiResult<UserId> {
    match caller {
        None => Err(Refusal::TokenRequired.into()),
        Some(caller) => caller.user().ok_or(Refusal::WrongTokenKind.into()),
    }
}

/// The users that a list names, in its order, each once; invalid and unknown names are ignored.
pub async fn users(app: &App, caller: Option<&Caller>, texts: &[String]) -> ApiResult<Vec<UserId>> {
    let named: Vec<Named> = texts.iter().filter_map(|text| Named::parse(text)).collect();
    let names: Vec<String> = named
        .iter()
        .filter_map(|named| match named {
            Named::Name(name) => Some(name.clone()),
            Named::Id(_) | Named::Me => None,
        })
        .collect();
    let by_name = if names.is_empty() {
        HashMap::new()
    } else {
        let store = app.engine.store();
        store.read(move |db| db.ids_by_name(&names)).await?
    };
    let mut seen = std::collections::HashSet::new();
    Ok(named
        .into_iter()
        .filter_map(|named| match named {
            Named::Id(id) => Some(id),
            Named::Name(name) => by_name.get(&name).copied(),
            Named::Me => caller.and_then(Caller::user),
        })
        .filter(|id| seen.insert(*id))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_have_three_kinds_of_names() {
        assert_eq!(Named::parse("12"), Some(Named::Id(UserId(12))));
        assert_eq!(Named::parse("@AmY"), Some(Named::Name("amy".into())));
        assert_eq!(Named::parse("me"), Some(Named::Me));
        assert_eq!(Named::parse("amy"), None);
    }

    #[test]
    fn a_path_id_that_is_no_number_is_a_wrong_type() {
        let error = id::<UserId>("abc").unwrap_err();
        assert_eq!((error.code(), error.slug()), (400, "wrong-type"));
    }
}
