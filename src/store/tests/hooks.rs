//! Webhooks, and what switches them off.

use super::{CLIENT, Place};
use crate::model::{
    AppStream, ClientId, Hook, HookOff, HookSecret, ObjectType, StreamKey, TokenId,
};

fn hook(token: TokenId) -> Hook {
    Hook {
        url: String::from("https://hooks.example"),
        secret: HookSecret::new(String::from("secret")),
        parameters: String::new(),
        token,
        off: None,
        failing_since: None,
    }
}

async fn switches_off(place: &Place, token: TokenId) -> bool {
    place
        .write(move |tx| {
            let hook = (&ClientId::from(CLIENT), &StreamKey::from("hook"));
            tx.switch_hook_off(hook, token, HookOff::TokenRevoked)
        })
        .await
}

/// Why it is off.
async fn off(place: &Place) -> Option<HookOff> {
    let read = place.read(|db| db.app_stream(&CLIENT.into(), &"hook".into()));
    read.await.unwrap().hook.unwrap().off
}

#[tokio::test]
async fn what_was_found_of_the_token_before_switches_off_no_hook_with_a_new_one() {
    let place = Place::new().await;
    let (old, new) = (TokenId(1), TokenId(2));
    let stream = AppStream {
        client: CLIENT.into(),
        key: "hook".into(),
        object_types: vec![ObjectType::Message],
        filter: None,
        hook: Some(hook(old)),
    };
    let made = stream.clone();
    place.write(move |tx| tx.create_app_stream(&made)).await;
    let changed = AppStream {
        hook: Some(hook(new)),
        ..stream
    };
    place.write(move |tx| tx.save_app_stream(&changed)).await;
    assert!(!switches_off(&place, old).await);
    assert_eq!(off(&place).await, None);
    assert!(switches_off(&place, new).await);
    assert!(!switches_off(&place, new).await, "it is off");
    assert_eq!(off(&place).await, Some(HookOff::TokenRevoked));
}
