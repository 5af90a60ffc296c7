//! Writes of users.

use std::sync::Arc;

use super::Engine;
use crate::actors::presence::SetPresence;
use crate::actors::user::mail::{
    ChangeProfile, GrantToken, MarkRead, MoveMarkers, ProfileChange, Relate, RevokeToken,
    SetUserPresence, ShowPicture,
};
use crate::actors::user::write;
use crate::model::Failure;
use crate::model::{
    ClientId, Marker, MarkerName, Picture, PictureUse, Presence, Relation, Scopes, Token, User,
    UserId, UserPrincipal,
};
use crate::protocol::draft::MarkerDraft;
use crate::store::secret::random_id;
use crate::store::{Db, UnusedPicture};

/// Markers that one transaction moves: each is a row and an event.
const MARKED_AT_ONCE: usize = 200;

impl Engine {
    /// Follows, mutes or blocks a user, or undoes it.
    ///
    /// # Errors
    /// The caller's own id, an unknown user, or a block between the two.
    pub async fn relate(
        &self,
        principal: &UserPrincipal,
        other: UserId,
        relation: Relation,
        on: bool,
    ) -> Result<(), Failure> {
        let mail = || Relate {
            other,
            relation,
            on,
        };
        self.ask_user(principal.user, mail).await??.wait().await
    }

    /// Grants a client a token, for a user or for the app. Returns the secret, which is not stored.
    ///
    /// # Errors
    /// No such client.
    pub async fn grant_token(
        &self,
        client: &ClientId,
        user: Option<UserId>,
        scopes: Scopes,
    ) -> Result<(String, Token), Failure> {
        let (secret, client) = (random_id(), client.clone());
        let token = match user {
            Some(user) => {
                let mail = || GrantToken {
                    client: client.clone(),
                    scopes: scopes.clone(),
                    secret: secret.clone(),
                };
                self.ask_user(user, mail).await??.wait().await?
            }
            None => {
                let kept = secret.clone();
                self.store()
                    .begin_repeatable(move |tx| write::grant(tx, &client, None, &scopes, &kept))?
                    .wait()
                    .await?
            }
        };
        Ok((secret, token))
    }

    /// Revokes a token; its connections are closed when the event reaches their shards.
    ///
    /// # Errors
    /// The database is in trouble, or busy.
    pub async fn revoke_token(&self, token: Arc<Token>) -> Result<(), Failure> {
        match token.user {
            Some(user) => {
                let mail = || RevokeToken(token.clone());
                self.ask_user(user, mail).await??.wait().await
            }
            None => {
                self.store()
                    .write(move |tx| write::revoke(tx, token.id))
                    .await
            }
        }
    }

    /// Changes a profile.
    ///
    /// # Errors
    /// Raw that breaks a rule.
    pub async fn change_profile(
        &self,
        principal: &UserPrincipal,
        change: ProfileChange,
    ) -> Result<Arc<User>, Failure> {
        self.change_profile_of(principal.user, change).await
    }

    /// The same without a token, on the account page.
    ///
    /// # Errors
    /// The database is in trouble, or busy.
    pub async fn change_profile_of(
        &self,
        user: UserId,
        change: ProfileChange,
    ) -> Result<Arc<User>, Failure> {
        let mail = || ChangeProfile(change.clone());
        self.ask_user(user, mail).await??.wait().await
    }

    /// Shows a picture whose files are kept, or the default one. Answers with the one that was shown before.
    ///
    /// # Errors
    /// Busy.
    pub async fn show_picture(
        &self,
        user: UserId,
        of: PictureUse,
        picture: Option<Picture>,
    ) -> Result<Option<UnusedPicture>, Failure> {
        let mail = || ShowPicture {
            of,
            picture: picture.clone(),
        };
        self.ask_user(user, mail).await??.wait().await
    }

    /// Sets the caller's global presence.
    ///
    /// # Errors
    /// Busy.
    pub async fn set_presence(
        &self,
        principal: &UserPrincipal,
        set: SetPresence,
    ) -> Result<Presence, Failure> {
        let user = self.person(principal.user).await?;
        let mail = || SetUserPresence {
            user: user.clone(),
            set: set.clone(),
        };
        self.ask_user(principal.user, mail).await?
    }

    /// Moves stream markers: all of them, or none.
    ///
    /// # Errors
    /// No such channel, or one that the user may not read.
    pub async fn move_markers(
        &self,
        principal: &UserPrincipal,
        markers: Vec<MarkerDraft>,
        reset: bool,
    ) -> Result<Vec<(MarkerName, Marker)>, Failure> {
        let mail = || MoveMarkers {
            principal: principal.clone(),
            markers: markers.clone(),
            reset,
        };
        self.ask_user(principal.user, mail).await??.wait().await
    }

    /// Marks all subscribed channels of these types as read.
    ///
    /// # Errors
    /// Busy.
    pub async fn mark_all_read(
        &self,
        principal: &UserPrincipal,
        kinds: Vec<String>,
    ) -> Result<(), Failure> {
        let reader = principal.clone();
        let read = move |db: &mut Db<'_>| db.unread_channels(&reader, &kinds);
        let unread = self.store().read(read).await?;
        for some in unread.chunks(MARKED_AT_ONCE) {
            let mail = || MarkRead(some.to_vec());
            self.ask_user(principal.user, mail).await??.wait().await?;
        }
        Ok(())
    }
}
