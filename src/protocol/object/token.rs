//! The token object: user, app and scopes of an access token, never its secret.

use serde::Serialize;

use super::{ClientObject, UserObject};
use crate::model::{ClientId, Scope, Token};

/// Room for files, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = Storage)]
pub struct Storage {
    /// Left.
    pub available: i64,
    /// In all.
    pub total: i64,
}

impl Storage {
    /// What a quota leaves to a user whose files hold `used` bytes.
    pub fn new(used: i64, quota: i64) -> Self {
        Self {
            available: quota.saturating_sub(used).max(0),
            total: quota,
        }
    }
}

/// A token as its bearer sees it.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Token)]
pub struct TokenObject<'a> {
    app: ClientObject<'a>,
    client_id: &'a ClientId,
    scopes: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<UserObject<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    storage: Option<Storage>,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<&'a str>,
}

impl<'a> TokenObject<'a> {
    /// `user` and `storage` belong to user tokens; an app token lists no scopes.
    pub fn new(token: &'a Token, user: Option<UserObject<'a>>, storage: Option<Storage>) -> Self {
        let scopes: &[String] = match token.user {
            Some(_) => &token.scopes.0,
            None => &[],
        };
        Self {
            app: ClientObject(&token.client),
            client_id: &token.client.id,
            scopes,
            user,
            storage,
            email: None,
        }
    }

    /// Adds the e-mail address of the user, if the scope for it was granted.
    #[must_use]
    pub fn with_email(mut self, email: Option<&'a str>) -> Self {
        let is_granted = self.scopes.iter().any(|scope| scope == Scope::Email.name());
        self.email = email.filter(|_| is_granted);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Scopes, TokenId, UserId};
    use crate::protocol::object::sample;
    use crate::protocol::render_options::RenderOptions;
    use serde_json::json;

    fn token(user: Option<UserId>) -> Token {
        Token {
            id: TokenId(1),
            client: sample::client(),
            user,
            scopes: Scopes::parse("messages").unwrap(),
        }
    }

    #[test]
    fn an_app_token_has_no_user_and_no_scopes() {
        assert_eq!(
            serde_json::to_value(TokenObject::new(&token(None), None, None)).unwrap(),
            json!({"app": {"id": "cl1", "name": "Web", "url": "https://x.example"},
                "client_id": "cl1", "scopes": []})
        );
    }

    #[test]
    fn the_address_is_shown_by_the_scope_for_it_only() {
        let mut token = token(Some(UserId(7)));
        let shown = |token: &Token| {
            let object = TokenObject::new(token, None, None).with_email(Some("a@x.example"));
            serde_json::to_value(object).unwrap().get("email").cloned()
        };
        assert_eq!(shown(&token), None);
        token.scopes = Scopes::parse("email").unwrap();
        assert_eq!(shown(&token), Some(json!("a@x.example")));
    }

    #[test]
    fn a_user_token_lists_what_was_granted() {
        let user = sample::user(7, "ada");
        let token = token(Some(user.id));
        let shown = TokenObject::new(
            &token,
            Some(UserObject::new(
                &user,
                RenderOptions::default(),
                &sample::site(),
            )),
            Some(Storage::new(100, 1000)),
        );
        let shown = serde_json::to_value(shown).unwrap();
        assert_eq!(shown["scopes"], json!(["basic", "messages"]));
        assert_eq!(shown["user"]["id"], "7");
        assert_eq!(shown["storage"], json!({"available": 900, "total": 1000}));
        assert!(shown.get("email").is_none());
    }
}
