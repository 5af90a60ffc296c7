//! May this token read that channel? The same answer for one channel and for many.

use std::sync::Arc;

use crate::http::extract::Viewer;
use crate::http::{ApiResult, App};
use crate::model::{Access, Channel, ChannelId, Refusal, Refused, Scope, Scopes, Token, UserId};
use crate::store::{Db, Failure};

/// Somebody who reads. Cheap to clone, so that it can go along into the store's thread.
#[derive(Clone, Debug)]
pub(in crate::http) struct Reader {
    token: Option<Arc<Token>>,
    /// What users granted the app, when the app itself reads.
    grants: Arc<[(UserId, Scopes)]>,
}

impl Reader {
    /// For an app token this asks the store who uses the app.
    pub(in crate::http) async fn new(app: &App, viewer: Option<&Viewer>) -> ApiResult<Self> {
        let token = viewer.map(|viewer| Arc::clone(&viewer.token));
        let grants = match &token {
            Some(token) if token.user.is_none() => {
                let client = token.client.id.clone();
                let read = app
                    .engine
                    .store()
                    .read(move |db| db.authorizations(&client));
                read.await?.into()
            }
            Some(_) | None => Arc::from([]),
        };
        Ok(Self { token, grants })
    }

    /// The user who reads, if a user does.
    pub(in crate::http) fn user(&self) -> Option<UserId> {
        self.token.as_ref()?.user
    }

    /// What the token opens; nobody's token opens nothing in particular.
    pub(in crate::http) fn all_scopes(&self) -> Option<Scopes> {
        self.token.as_ref().map(|token| token.scopes.clone())
    }

    /// Says no if the channel may not be read.
    pub(in crate::http) fn demand(&self, channel: &Channel) -> Result<(), Refused> {
        let Some(token) = &self.token else {
            return if channel.acl.read_public {
                Ok(())
            } else {
                Err(Refusal::TokenRequired.into())
            };
        };
        let Some(user) = token.user else {
            return if self.app_may(channel) {
                Ok(())
            } else {
                Err(Refusal::NoAccess.into())
            };
        };
        if !token.scopes.open(channel) {
            return Err(Refusal::ScopeMissing.at(Scope::Messages.name()));
        }
        if channel.access(Some(user)) < Access::Read {
            return Err(Refusal::NoAccess.into());
        }
        Ok(())
    }

    /// An app reads what is public, and what one of its users may read and lets it read.
    fn app_may(&self, channel: &Channel) -> bool {
        channel.acl.is_public()
            || self.grants.iter().any(|(user, scopes)| {
                scopes.open(channel) && channel.access(Some(*user)) >= Access::Read
            })
    }

    /// Whether the token's scopes open the channel, its ACL aside.
    pub(in crate::http) fn opens(&self, channel: &Channel) -> bool {
        self.token
            .as_ref()
            .is_some_and(|token| token.scopes.open(channel))
    }

    /// As [`Self::demand`], as a question.
    pub(in crate::http) fn may(&self, channel: &Channel) -> bool {
        self.demand(channel).is_ok()
    }

    /// The channel, if it exists and may be read.
    pub(in crate::http) fn channel(
        &self,
        db: &mut Db<'_>,
        id: ChannelId,
    ) -> Result<Channel, Failure> {
        let channel = db.channel(id)?.ok_or(Refusal::ChannelNotFound)?;
        self.demand(&channel)?;
        Ok(channel)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Acl, ClientBrief, Raw, Stamp, TokenId};

    fn reader(user: Option<i64>, scopes: &str, grants: &[(i64, &str)]) -> Reader {
        let grants = grants
            .iter()
            .map(|(user, scopes)| (UserId(*user), Scopes::parse(scopes).unwrap()));
        Reader {
            token: Some(Arc::new(Token {
                id: TokenId(1),
                client: ClientBrief {
                    id: "cl1".into(),
                    name: String::from("Web"),
                    url: String::from("https://x.example"),
                },
                user: user.map(UserId),
                scopes: Scopes::parse(scopes).unwrap(),
            })),
            grants: grants.collect(),
        }
    }

    fn channel(acl: Acl) -> Channel {
        Channel {
            id: ChannelId(1),
            kind: String::from("com.example.x"),
            owner: Some(UserId(1)),
            created_at: Stamp(0),
            acl,
            raw: Raw::default(),
            is_active: true,
            messages: 0,
            subscribers: 0,
            sticky_messages: 0,
            recent_message_id: None,
            recent_deleted_message_id: None,
            activity: Stamp(0),
        }
    }

    #[test]
    fn without_a_token_only_the_public_is_open() {
        let nobody = Reader {
            token: None,
            grants: Arc::from([]),
        };
        let public = channel(Acl {
            read_public: true,
            ..Acl::default()
        });
        let any_user = channel(Acl {
            read_any_user: true,
            ..Acl::default()
        });
        assert!(nobody.may(&public));
        assert_eq!(
            nobody.demand(&any_user).unwrap_err().refusal,
            Refusal::TokenRequired
        );
    }

    #[test]
    fn a_user_needs_the_scope_and_the_right() {
        let private = channel(Acl {
            read: vec![UserId(2)],
            ..Acl::default()
        });
        assert!(reader(Some(2), "messages", &[]).may(&private));
        assert!(reader(Some(2), "messages:com.example.x", &[]).may(&private));
        let narrow = reader(Some(2), "public_messages", &[]);
        assert_eq!(
            narrow.demand(&private).unwrap_err().refusal,
            Refusal::ScopeMissing
        );
        let stranger = reader(Some(3), "messages", &[]);
        assert_eq!(
            stranger.demand(&private).unwrap_err().refusal,
            Refusal::NoAccess
        );
    }

    #[test]
    fn an_app_reads_what_its_users_let_it_read() {
        let private = channel(Acl {
            read: vec![UserId(2)],
            ..Acl::default()
        });
        assert!(!reader(None, "", &[]).may(&private));
        assert!(!reader(None, "", &[(2, "stream"), (3, "messages")]).may(&private));
        assert!(reader(None, "", &[(2, "messages")]).may(&private));
    }
}
