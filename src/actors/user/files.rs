//! What a user's actor puts into the write lane for files: the rule on the rows read there, rows and events, in one
//! transaction. What the rows hold is kept by the caller before, and removed behind.

use std::sync::Arc;

use super::mail::{FileWrite, FileWritten, WriteFile};
use crate::event::{Filed, Payload};
use crate::model::{
    ContentHash, DerivedFile, Failure, File, FileContents, FileId, FileKind, NewFile, Refusal,
    Stamp, UserId,
};
use crate::store::{Provision, Tx};
use crate::text::raw::{On, merge};

/// Most things that are made of a file.
const DERIVED: usize = 10;

/// Makes, fills, changes or deletes a file.
///
/// # Errors
/// No such file of this user; a quota; a claim that is over; what the write itself asks.
pub fn write(
    tx: &mut Tx<'_>,
    user: UserId,
    mail: WriteFile,
    quota_bytes: i64,
    raw_bytes: usize,
) -> Result<FileWritten, Failure> {
    if let Some(claim) = &mail.claim {
        tx.demand_claim(claim)?;
    }
    let mut freed = Vec::new();
    let file = match mail.write {
        FileWrite::Create(new) => {
            let file = tx.insert_file(*new)?;
            let filed = filed(tx, &file)?;
            tx.announce(Payload::FileCreated { filed });
            file
        }
        FileWrite::Fill {
            id,
            contents,
            kind,
            derived,
        } => fill(tx, user, id, (contents, kind), derived)?,
        FileWrite::Derive(id, derived) => derive(tx, user, id, derived)?,
        FileWrite::Change(id, change) => {
            let mut file = own(tx, user, id)?;
            file.name = change.name.unwrap_or(file.name);
            file.is_public = change.is_public.unwrap_or(file.is_public);
            if let Some(raw) = &change.raw {
                file.raw = merge(&file.raw, raw, On::File, raw_bytes)?;
            }
            tx.save_file(&file)?;
            announce_change(tx, &file)?;
            file
        }
        FileWrite::Delete(id) => {
            let file = own(tx, user, id)?;
            freed = held_by(&file);
            return Ok(FileWritten {
                file: delete(tx, file)?,
                freed,
            });
        }
    };
    // Counted by the rows that were written: two uploads at one time do not pass together.
    if mail.is_upload && tx.file_usage(user)? > quota_bytes {
        return Err(Refusal::QuotaReached.into());
    }
    Ok(FileWritten { file, freed })
}

/// Most files of a user that were announced and are not there yet.
const WAITING: i64 = 100;

/// Makes files without contents, which are to come under an operation until a moment.
///
/// # Errors
/// Too many of the user are still to come.
pub fn provision(
    tx: &mut Tx<'_>,
    operation: &str,
    announced: Vec<(String, i64, NewFile)>,
    until: Stamp,
) -> Result<Vec<Provision>, Failure> {
    let mut made = Vec::with_capacity(announced.len());
    for (key, size, new) in announced {
        let file = tx.insert_file(new)?;
        let provision = Provision {
            file_id: file.id,
            key,
            size,
        };
        tx.insert_provision(operation, file.user_id, &provision, until)?;
        if tx.waiting_provisions(file.user_id)? > WAITING {
            return Err(Refusal::TooManyUploads.into());
        }
        let filed = filed(tx, &file)?;
        tx.announce(Payload::FileCreated { filed });
        made.push(provision);
    }
    Ok(made)
}

fn fill(
    tx: &mut Tx<'_>,
    user: UserId,
    id: FileId,
    (contents, kind): (FileContents, FileKind),
    derived: Vec<DerivedFile>,
) -> Result<File, Failure> {
    let file = own(tx, user, id)?;
    if file.contents.is_some() {
        return Err(Refusal::FileComplete.into());
    }
    let mut file = tx.fill_file(file, contents, kind)?;
    tx.settle_provision(id, true)?;
    for derived in derived {
        // What the client made itself wins.
        if file.derived.iter().all(|known| known.key != derived.key) {
            file = tx.add_derived(file, derived)?;
        }
    }
    announce_change(tx, &file)?;
    Ok(file)
}

fn derive(
    tx: &mut Tx<'_>,
    user: UserId,
    id: FileId,
    derived: DerivedFile,
) -> Result<File, Failure> {
    let file = own(tx, user, id)?;
    if file.contents.is_some() {
        return Err(Refusal::FileComplete.into());
    }
    let others = file.derived.iter();
    if others.filter(|known| known.key != derived.key).count() >= DERIVED {
        return Err(Refusal::Invalid.at("key").into());
    }
    tx.add_derived(file, derived)
}

/// Deletes a file; the contents are the caller's to remove.
///
/// # Errors
/// The database is in trouble.
pub fn delete(tx: &mut Tx<'_>, file: File) -> Result<File, Failure> {
    tx.settle_provision(file.id, false)?;
    let deleted = tx.delete_file(file)?;
    let filed = filed(tx, &deleted)?;
    tx.announce(Payload::FileDeleted { filed });
    Ok(deleted)
}

/// Everything that a file holds.
pub fn held_by(file: &File) -> Vec<ContentHash> {
    let own = file.contents.iter();
    let derived = file.derived.iter().map(|derived| &derived.contents);
    own.chain(derived).map(|held| held.hash.clone()).collect()
}

fn announce_change(tx: &mut Tx<'_>, file: &File) -> Result<(), Failure> {
    let filed = filed(tx, file)?;
    tx.announce(Payload::FileChanged { filed });
    Ok(())
}

fn filed(tx: &mut Tx<'_>, file: &File) -> Result<Box<Filed>, Failure> {
    let owner = tx.user(file.user_id)?.ok_or(Refusal::UserNotFound)?;
    Ok(Box::new(Filed {
        file: file.clone(),
        owner: Arc::new(owner),
    }))
}

fn own(tx: &mut Tx<'_>, user: UserId, id: FileId) -> Result<File, Failure> {
    let file = tx.file(id)?.filter(|file| file.user_id == user);
    Ok(file.ok_or(Refusal::FileNotFound)?)
}
