//! Contents that servers share: no server removes what an upload of another one has just kept, and no upload relies on
//! what is about to go.
//!
//! A server by itself needs no claims: it holds contents in memory meanwhile.

use std::collections::BTreeSet;
use std::time::Duration;

use diesel::prelude::*;

use super::super::among::text_among;
use super::super::{Db, Failure, Tx};
use super::schema::content_claims;
use crate::model::{ContentHash, Stamp};

/// What a server has begun with contents, and for how long that counts: longer than it takes. An older claim belongs to a
/// server that died.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claim {
    /// They are kept, and the row that wants them is written.
    Keep,
    /// They are removed.
    Remove,
}

impl Claim {
    /// Until a claim counts for nothing.
    pub const fn lasts(self) -> Duration {
        match self {
            // Large contents go to another machine meanwhile.
            Self::Keep => Duration::from_secs(3600),
            // Shorter: uploads of the same bytes are refused after the death of a server, too.
            Self::Remove => Duration::from_secs(600),
        }
    }

    fn is_removal(self) -> bool {
        self == Self::Remove
    }
}

impl Db<'_> {
    /// Whether there are claims from before this moment.
    pub fn has_old_claims(&mut self, before: Stamp) -> Result<bool, Failure> {
        let old = content_claims::table.filter(content_claims::since.lt(before.0));
        Ok(diesel::select(diesel::dsl::exists(old)).get_result(self.sql)?)
    }
}

impl Tx<'_> {
    /// An upload is about to keep these contents: until the end of the claim nothing removes them.
    ///
    /// # Errors
    /// Busy, if some of them are being removed: a moment later they may be kept again.
    pub fn claim_contents(&mut self, hashes: &[ContentHash], id: &str) -> Result<(), Failure> {
        if self.are_claimed(hashes, Claim::Remove)? {
            return Err(Failure::Busy);
        }
        let texts: BTreeSet<&str> = hashes.iter().map(ContentHash::as_str).collect();
        for hash in texts {
            self.insert_claim(hash, id, Claim::Keep)?;
        }
        Ok(())
    }

    /// What was kept under this claim is there: nothing may have removed it before the commit of this transaction.
    ///
    /// # Errors
    /// Busy, if the claim is over: the upload may be made again.
    pub fn demand_claim(&mut self, id: &str) -> Result<(), Failure> {
        let since = self.now().minus(Claim::Keep.lasts());
        let claimed = content_claims::table
            .filter(content_claims::claim.eq(id))
            .filter(content_claims::since.ge(since.0));
        match diesel::select(diesel::dsl::exists(claimed)).get_result(self.sql)? {
            true => Ok(()),
            false => Err(Failure::Busy),
        }
    }

    /// A removal of these contents begins, unless a file, an upload or another removal has them. Says whether it does.
    pub fn claim_removal(&mut self, hash: &ContentHash, id: &str) -> Result<bool, Failure> {
        let hashes = std::slice::from_ref(hash);
        let is_claimed =
            self.are_claimed(hashes, Claim::Keep)? || self.are_claimed(hashes, Claim::Remove)?;
        if is_claimed || !self.wanted_contents(hashes)?.is_empty() {
            return Ok(false);
        }
        self.insert_claim(hash.as_str(), id, Claim::Remove)?;
        Ok(true)
    }

    /// What was claimed is done.
    pub fn end_claim(&mut self, hashes: &[ContentHash], id: &str) -> Result<(), Failure> {
        let texts: Vec<String> = hashes.iter().map(ToString::to_string).collect();
        let own = content_claims::table
            .filter(text_among("content_claims.hash", &texts))
            .filter(content_claims::claim.eq(id));
        diesel::delete(own).execute(self.sql)?;
        Ok(())
    }

    /// Claims from before this moment are forgotten.
    pub fn forget_claims(&mut self, before: Stamp) -> Result<(), Failure> {
        let old = content_claims::table.filter(content_claims::since.lt(before.0));
        diesel::delete(old).execute(self.sql)?;
        Ok(())
    }

    fn are_claimed(&mut self, hashes: &[ContentHash], claim: Claim) -> Result<bool, Failure> {
        let texts: Vec<String> = hashes.iter().map(ToString::to_string).collect();
        let since = self.now().minus(claim.lasts());
        let claimed = content_claims::table
            .filter(text_among("content_claims.hash", &texts))
            .filter(content_claims::is_removal.eq(claim.is_removal()))
            .filter(content_claims::since.ge(since.0));
        Ok(diesel::select(diesel::dsl::exists(claimed)).get_result(self.sql)?)
    }

    fn insert_claim(&mut self, hash: &str, id: &str, claim: Claim) -> Result<(), Failure> {
        let now = self.now();
        diesel::insert_into(content_claims::table)
            .values((
                content_claims::hash.eq(hash),
                content_claims::claim.eq(id),
                content_claims::is_removal.eq(claim.is_removal()),
                content_claims::since.eq(now.0),
            ))
            .execute(self.sql)?;
        Ok(())
    }
}
