//! Authorization codes, remembered grants, invites.

use std::time::Duration;

use super::{CLIENT, Place, named};
use crate::model::{Challenge, ChallengeMethod, ClientId, Refusal, Scopes, UserId};
use crate::store::{CodeState, InviteId, NewCode, NewInvite, NewToken};

const MINUTE: Duration = Duration::from_secs(60);

async fn ada(place: &Place) -> UserId {
    place.write(|tx| tx.create_user(&named("ada"))).await.id
}

async fn code(place: &Place, user: UserId, secret: &'static str) {
    let challenge = Challenge {
        value: "c".repeat(43),
        method: ChallengeMethod::S256,
    };
    place
        .write(move |tx| {
            tx.create_code(&NewCode {
                secret,
                client: &ClientId::from(CLIENT),
                user,
                scopes: &Scopes::parse("stream").unwrap(),
                redirect_uri: "gamma://authenticate",
                challenge: Some(&challenge),
                lifetime: MINUTE,
            })
        })
        .await;
}

#[tokio::test]
async fn a_new_password_and_a_disabled_account_void_what_waits() {
    let place = Place::new().await;
    let user = ada(&place).await;
    let is_known = async |secret: &'static str| {
        let now = place.store.now();
        place.read(move |db| db.code(secret, now)).await.is_some()
    };
    code(&place, user, "one").await;
    assert!(is_known("one").await);
    place.write(move |tx| tx.set_password(user, "hash")).await;
    assert!(!is_known("one").await);
    code(&place, user, "two").await;
    place.write(move |tx| tx.set_disabled(user, true)).await;
    assert!(!is_known("two").await);
}

#[tokio::test]
async fn a_code_is_fresh_then_used_or_expired_and_forgotten_after_a_day() {
    let place = Place::new().await;
    let user = ada(&place).await;
    let state = async |secret: &'static str| {
        let now = place.store.now();
        let code = place.read(move |db| db.code(secret, now)).await;
        code.map(|code| code.state)
    };
    code(&place, user, "one").await;
    code(&place, user, "two").await;
    let now = place.store.now();
    let kept = place.read(move |db| db.code("one", now)).await.unwrap();
    assert_eq!((kept.user, kept.client.as_str()), (user, CLIENT));
    assert_eq!(kept.redirect_uri, "gamma://authenticate");
    assert_eq!(
        kept.challenge.as_ref().unwrap().method,
        ChallengeMethod::S256
    );
    let token = token(&place, user, "t", "stream").await;
    place.write(move |tx| tx.use_code(&kept, token)).await;
    assert_eq!(state("one").await, Some(CodeState::Used(Some(token))));
    assert_eq!(state("two").await, Some(CodeState::Fresh));
    place.clock.advance(MINUTE);
    assert_eq!(state("two").await, Some(CodeState::Expired));
    assert_eq!(state("one").await, Some(CodeState::Used(Some(token))));
    assert_eq!(state("unknown").await, None);
    place.clock.advance(Duration::from_secs(86_400));
    code(&place, user, "three").await;
    assert_eq!((state("one").await, state("two").await), (None, None));
}

async fn token(
    place: &Place,
    user: UserId,
    secret: &'static str,
    scopes: &'static str,
) -> crate::model::TokenId {
    place
        .write(move |tx| {
            tx.create_token(&NewToken {
                secret,
                client: ClientId::from(CLIENT),
                user: Some(user),
                scopes: Scopes::parse(scopes).unwrap(),
            })
        })
        .await
        .id
}

#[tokio::test]
async fn grants_are_remembered_until_the_last_token_is_gone() {
    let place = Place::new().await;
    let user = ada(&place).await;
    let granted = async || {
        let client = ClientId::from(CLIENT);
        place.read(move |db| db.granted(user, &client)).await
    };
    assert_eq!(granted().await, Scopes::default());
    let first = token(&place, user, "a", "stream").await;
    let second = token(&place, user, "b", "messages:io.pnut.core.pm").await;
    let both = Scopes::parse("stream,messages:io.pnut.core.pm").unwrap();
    assert_eq!(granted().await, both);
    place.write(move |tx| tx.delete_token(first)).await;
    assert_eq!(granted().await, both, "one token is left");
    let narrow =
        move |tx: &mut crate::store::Tx<'_>| tx.narrow_grant(user, &ClientId::from(CLIENT));
    place.write(narrow).await;
    let rest = Scopes::parse("messages:io.pnut.core.pm").unwrap();
    assert_eq!(granted().await, rest, "the user took the other one back");
    place.write(move |tx| tx.delete_token(second)).await;
    assert_eq!(granted().await, Scopes::default());
}

#[tokio::test]
async fn what_a_user_unticked_is_no_longer_granted_whatever_tokens_hold() {
    let place = Place::new().await;
    let user = ada(&place).await;
    let granted = async || {
        let client = ClientId::from(CLIENT);
        place.read(move |db| db.granted(user, &client)).await
    };
    let withdraw = async |scope: &'static str| {
        let scopes = Scopes(vec![scope.to_owned()]);
        let client = ClientId::from(CLIENT);
        place
            .write(move |tx| tx.withdraw_from_grant(user, &client, &scopes))
            .await;
    };
    let scopes = |text| Scopes::parse(text).unwrap();
    withdraw("stream").await;
    assert_eq!(granted().await, Scopes::default(), "nothing was granted");
    token(&place, user, "a", "stream,email,follow").await;
    let second = token(&place, user, "b", "stream,email").await;
    withdraw("email").await;
    assert_eq!(granted().await, scopes("stream,follow"));
    place.write(move |tx| tx.delete_token(second)).await;
    let narrow =
        move |tx: &mut crate::store::Tx<'_>| tx.narrow_grant(user, &ClientId::from(CLIENT));
    place.write(narrow).await;
    assert_eq!(
        granted().await,
        scopes("stream,follow"),
        "not the first token's e-mail"
    );
    token(&place, user, "c", "email").await;
    assert_eq!(
        granted().await,
        scopes("stream,follow,email"),
        "granted again"
    );
}

#[tokio::test]
async fn an_invite_makes_so_many_accounts_until_its_time_is_over() {
    let place = Place::new().await;
    let invite = |code: &str| NewInvite {
        code: code.to_owned(),
        note: String::from("for the club"),
        uses: 2,
        lifetime: MINUTE,
    };
    let (one, two) = (invite("one"), invite("two"));
    let id = place.write(move |tx| tx.create_invite(&one)).await;
    place.write(move |tx| tx.create_invite(&two)).await;
    let uses = async |code: &'static str| place.store.write(move |tx| tx.use_invite(code)).await;
    let refused = |outcome: Result<(), super::Failure>| {
        outcome.unwrap_err().refusal() == Some(Refusal::Invalid)
    };
    assert!(uses("one").await.is_ok() && uses("one").await.is_ok());
    assert!(refused(uses("one").await) && refused(uses("three").await));
    assert!(uses("two").await.is_ok());
    place.clock.advance(MINUTE);
    assert!(refused(uses("two").await));
    let left = place.read(|db| db.invites(InviteId(0), 10)).await;
    let left: Vec<i32> = left.iter().map(|invite| invite.uses_left).collect();
    assert_eq!(left, [0, 1]);
    assert!(place.write(move |tx| tx.delete_invite(id)).await);
    assert!(!place.write(move |tx| tx.delete_invite(id)).await);
}
