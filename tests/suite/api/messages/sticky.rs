//! Sticky messages: per channel, not per user.

use crate::support::{TestServer, build, ids, text};

#[test]
fn managers_make_messages_sticky_and_everybody_sees_them_newest_first() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let room = build::room(&ada, "Lounge");
    let (first, second) = (
        build::says(&bob, &room, "one"),
        build::says(&bob, &room, "two"),
    );
    let path = format!("/channels/{room}/messages");
    bob.does(&format!("{path}/{first}/sticky"))
        .refused_as(403, "no-access");
    assert_eq!(
        ada.does(&format!("{path}/{second}/sticky")).is(200).data()["is_sticky"],
        true
    );
    assert_eq!(
        ada.does(&format!("{path}/{first}/sticky")).is(200).data()["is_sticky"],
        true
    );
    assert_eq!(
        ada.get(&format!("/channels/{room}")).data()["has_sticky_messages"],
        true
    );
    let list = format!("/channels/{room}/sticky_messages");
    let answer = server.anonymous().get(&list);
    assert_eq!(
        ids(&answer.data()),
        [first.as_str(), second.as_str()],
        "newest sticky first"
    );
    let next = bob.get(&format!(
        "{list}?count=1&before_id={}",
        text(&answer.meta()["max_id"])
    ));
    assert_eq!(ids(&next.data()), [second.as_str()]);
    assert_eq!(
        ada.delete(&format!("{path}/{first}/sticky")).is(200).data()["is_sticky"],
        false
    );
    ada.delete(&format!("{path}/{first}/sticky")).is(200);
    assert_eq!(ids(&bob.get(&list).data()), [second.as_str()]);
    ada.delete(&format!("{path}/{second}")).is(200);
    assert!(ids(&bob.get(&list).data()).is_empty(), "deletion drops it");
    assert_eq!(
        ada.get(&format!("/channels/{room}")).data()["has_sticky_messages"],
        false
    );
    ada.does(&format!("{path}/{second}/sticky"))
        .refused_as(400, "message-deleted");
    ada.does(&format!("{path}/99999/sticky")).refused(404);
    server
        .anonymous()
        .does(&format!("{path}/{first}/sticky"))
        .refused(401);
}
