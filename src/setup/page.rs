//! The OAuth client of our own page in the browser.

use crate::event::Payload;
use crate::model::ClientId;
use crate::model::Failure;
use crate::model::redirect::OWN_PAGE;
use crate::store::{NewClient, Store};

/// A public client: a page cannot keep a secret, so it has none (RFC 6749 §2.1).
pub const CLIENT: &str = "groundnut-rooms-page-public-0001";

/// Registers or updates it.
///
/// # Errors
/// The database fails.
pub async fn register(store: &Store) -> Result<(), Failure> {
    let new = NewClient {
        id: ClientId::from(CLIENT),
        secret: None,
        name: String::from("Rooms"),
        url: String::from("about:blank"),
        redirect_uris: vec![OWN_PAGE.to_owned()],
        owner: None,
        is_public: true,
        is_private: false,
        description: None,
    };
    store
        .write(move |tx| {
            let before = tx.client(&new.id)?.map(|client| client.brief);
            let client = tx.create_client(&new)?.brief;
            if before.is_some_and(|before| before != client) {
                tx.announce(Payload::ClientChanged {
                    client,
                    owner: None,
                });
            }
            Ok(())
        })
        .await
}
