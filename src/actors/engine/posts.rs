//! Writes of posts.

use super::Engine;
use crate::actors::user::mail::{ActOnPost, CreatePost, PostAct, RevisePost};
use crate::actors::user::posts::sweep_reposts;
use crate::model::{Failure, NewPost, Post, PostId, PostRevision, UserPrincipal};

impl Engine {
    /// Writes a post.
    ///
    /// # Errors
    /// A duplicate, a reply to nothing.
    pub async fn create_post(
        &self,
        principal: &UserPrincipal,
        new: NewPost,
    ) -> Result<Post, Failure> {
        let mail = || CreatePost(new.clone());
        self.ask_user(principal.user, mail).await??.wait().await
    }

    /// Gives a post other words.
    ///
    /// # Errors
    /// Another's post, too late, a second time, other entities.
    pub async fn revise_post(
        &self,
        principal: &UserPrincipal,
        id: PostId,
        revision: PostRevision,
    ) -> Result<Post, Failure> {
        let mail = || RevisePost {
            user: principal.user,
            id,
            revision: revision.clone(),
        };
        self.ask_user(principal.user, mail).await??.wait().await
    }

    /// Deletes, reposts or bookmarks a post, or takes that back.
    ///
    /// # Errors
    /// No such post, or a rule of the act.
    pub async fn act_on_post(
        &self,
        principal: &UserPrincipal,
        id: PostId,
        act: PostAct,
    ) -> Result<Post, Failure> {
        let mail = || ActOnPost {
            id,
            act: act.clone(),
        };
        let post = self.ask_user(principal.user, mail).await??.wait().await?;
        if matches!(act, PostAct::Delete) && post.repost_of.is_none() {
            // Behind the answer.
            let store = self.store().clone();
            actix::spawn(async move { sweep_reposts(&store).await });
        }
        Ok(post)
    }
}
