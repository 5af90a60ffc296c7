//! Writes of files.

use super::Engine;
use crate::actors::user::mail::{FileWrite, FileWritten, WriteFile};
use crate::model::{Failure, File, FileChange, FileId, NewFile, UserId};

impl Engine {
    /// Bytes that the files of a user may hold.
    pub fn file_quota(&self) -> i64 {
        self.shared.file_quota
    }

    /// Makes a file. Its contents are kept already, under this claim if other servers may remove them.
    ///
    /// # Errors
    /// The quota; busy, if the claim is over.
    pub async fn create_file(&self, new: NewFile, claim: Option<String>) -> Result<File, Failure> {
        let (user, is_upload) = (new.user_id, new.contents.is_some());
        let new = Box::new(new);
        let written = self.write_file(user, FileWrite::Create(new), (is_upload, claim));
        Ok(written.await?.file)
    }

    /// Gives a file of this user its contents, or something that was made of it. These are kept already, under this claim if
    /// other servers may remove them.
    ///
    /// # Errors
    /// No such file, or it is complete; the quota; busy, if the claim is over.
    pub async fn fill_file(
        &self,
        user: UserId,
        write: FileWrite,
        claim: Option<String>,
    ) -> Result<File, Failure> {
        Ok(self.write_file(user, write, (true, claim)).await?.file)
    }

    /// Changes details of a file of this user.
    ///
    /// # Errors
    /// No such file; raw that breaks a rule.
    pub async fn change_file(
        &self,
        user: UserId,
        id: FileId,
        change: FileChange,
    ) -> Result<File, Failure> {
        let write = FileWrite::Change(id, Box::new(change));
        Ok(self.write_file(user, write, (false, None)).await?.file)
    }

    /// Deletes a file of this user. What it held is the caller's to remove.
    ///
    /// # Errors
    /// No such file.
    pub async fn delete_file(&self, user: UserId, id: FileId) -> Result<FileWritten, Failure> {
        self.write_file(user, FileWrite::Delete(id), (false, None))
            .await
    }

    async fn write_file(
        &self,
        user: UserId,
        write: FileWrite,
        (is_upload, claim): (bool, Option<String>),
    ) -> Result<FileWritten, Failure> {
        let mail = || WriteFile {
            write: write.clone(),
            is_upload,
            claim: claim.clone(),
        };
        self.ask_user(user, mail).await??.wait().await
    }
}
