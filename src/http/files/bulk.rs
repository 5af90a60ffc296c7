//! Many files are deleted at once, behind the answer; what became of it says `/sys/ops/{operation_id}`.

use actix_web::web::{Data, Path};
use serde_json::{Map, Value};

use super::keep::remove_unwanted;
use super::rights::is_owner_with_scope;
use crate::actors::user::files::{delete as delete_file, held_by};
use crate::http::extract::{Params, UserCaller};
use crate::http::{ApiResult, App, Reply};
use crate::model::{ContentHash, Failure, FileId, Refusal};
use crate::store::{Db, Operation, OperationKind, Tx};

/// Files that one transaction deletes: each is a few rows and an event.
const AT_ONCE: usize = 20;

/// `DELETE /files?ids=`: one's own; others are left out.
pub(in crate::http) async fn delete(
    app: Data<App>,
    caller: UserCaller,
    params: Params,
) -> ApiResult {
    if !params.has("ids") {
        return Err(Refusal::Missing.at("ids").into());
    }
    let ids: Vec<FileId> = params.ids("ids");
    let wanted = ids.clone();
    let found = app.engine.store().read(move |db| db.files(&wanted)).await?;
    let is_own = |id: &&FileId| {
        let file = found.get(*id);
        file.is_some_and(|file| is_owner_with_scope(&caller, file))
    };
    let accepted: Vec<FileId> = ids.iter().filter(is_own).copied().collect();
    let (id, user) = (uuid(), caller.id());
    let (name, objects) = (id.clone(), accepted.clone());
    app.engine
        .store()
        .begin_repeatable(move |tx| {
            tx.begin_operation(&name, user, OperationKind::FileDelete, &objects)?;
            match objects.is_empty() {
                true => tx.continue_operation(&name, &[]),
                false => Ok(()),
            }
        })?
        .wait()
        .await?;
    let behind = app.clone();
    actix_rt::spawn(async move { run_all(&behind).await });
    let mut reply = Reply::one(&accepted)?;
    reply.meta.code = 202;
    let public_url = &app.engine.site().public_url;
    reply.meta.status_url = Some(format!("{public_url}/v1/sys/ops/{id}"));
    Ok(reply)
}

/// `GET /sys/ops/{operation_id}`: one's own.
pub(in crate::http) async fn operation(
    app: Data<App>,
    caller: UserCaller,
    id: Path<String>,
) -> ApiResult {
    let id = id.into_inner();
    let read = app.engine.store().read(move |db| db.operation(&id));
    let operation = read.await?.filter(|known| known.user_id == caller.id());
    let operation = operation.ok_or(Refusal::NotFound)?;
    let mut object = Map::new();
    let status = match operation.ended_at {
        Some(_) if operation.is_dead => "dead",
        Some(_) => "completed",
        None => "running",
    };
    object.insert(String::from("id"), operation.id.into());
    object.insert(
        String::from("type"),
        <&'static str>::from(operation.kind).into(),
    );
    object.insert(String::from("status"), status.into());
    object.insert(
        String::from("created_at"),
        operation.created_at.iso().into(),
    );
    if let Some(ended) = operation.ended_at {
        object.insert(String::from("ended_at"), ended.iso().into());
    }
    Reply::one(&Value::Object(object))
}

/// Runs the operations that are not at their end, also those that a stop interrupted.
pub(super) async fn run_all(app: &App) {
    // One at a time: two would do the same work.
    let _turn = app.files.operations.lock().await;
    let store = app.engine.store();
    let next = |db: &mut Db<'_>| db.running_operation();
    while let Ok(Some(operation)) = store.read(next).await {
        match store.write(move |tx| step(tx, &operation)).await {
            Ok(freed) => {
                remove_unwanted(app, freed).await;
            }
            Err(failure) => {
                tracing::warn!(%failure, "an operation goes on later");
                return;
            }
        }
    }
}

/// The next files of an operation. Gives the contents that they held.
fn step(tx: &mut Tx<'_>, operation: &Operation) -> Result<Vec<ContentHash>, Failure> {
    let mut freed = Vec::new();
    let at = operation.objects.len().min(AT_ONCE);
    let (now, later) = operation.objects.split_at(at);
    for id in now {
        let file = tx.file(*id)?;
        if let Some(file) = file.filter(|file| file.user_id == operation.user_id) {
            freed.extend(held_by(&file));
            delete_file(tx, file)?;
        }
    }
    tx.continue_operation(&operation.id, later)?;
    Ok(freed)
}

/// A random one (version 4).
pub(super) fn uuid() -> String {
    let mut bytes: [u8; 16] = rand::random();
    let [.., version, _, variant, _, _, _, _, _, _, _] = &mut bytes;
    *version = (*version & 0x0f) | 0x40;
    *variant = (*variant & 0x3f) | 0x80;
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let part = |from: usize, to: usize| hex.get(from..to).unwrap_or_default().to_owned();
    [
        part(0, 8),
        part(8, 12),
        part(12, 16),
        part(16, 20),
        part(20, 32),
    ]
    .join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operation_has_a_random_uuid() {
        let id = uuid();
        let lengths: Vec<usize> = id.split('-').map(str::len).collect();
        assert_eq!(lengths, [8, 4, 4, 4, 12]);
        assert_eq!(id.as_bytes()[14], b'4');
        assert!(b"89ab".contains(&id.as_bytes()[19]), "{id}");
        assert_ne!(id, uuid());
    }
}
