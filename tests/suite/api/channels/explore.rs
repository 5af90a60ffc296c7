//! `GET /channels/streams/explore` and its lists.

use crate::support::{TestServer, build, ids, text};

#[test]
fn the_four_lists_are_named_and_lead_to_public_rooms() {
    let server = TestServer::start();
    let (ada, anonymous) = (server.ada(), server.anonymous());
    let room = build::room(&ada, "Lounge");
    build::circle(&ada, &[]);
    build::says(&ada, &room, "hello");
    let lists = anonymous.get("/channels/streams/explore").data();
    let mut slugs: Vec<_> = lists
        .as_array()
        .expect("a list")
        .iter()
        .map(|list| {
            for field in ["title", "description", "url"] {
                text(&list[field]);
            }
            text(&list["slug"])
        })
        .collect();
    slugs.sort();
    assert_eq!(slugs, ["conversations", "new", "topical", "trending"]);
    for slug in ["conversations", "new", "trending"] {
        let found = anonymous.get(&format!("/channels/streams/explore/{slug}"));
        assert_eq!(ids(&found.data()), [room.as_str()], "{slug}");
        assert!(found.meta()["more"].is_boolean());
    }
    anonymous.get("/channels/streams/explore/topical").is(200);
    anonymous
        .get("/channels/streams/explore/nowhere")
        .refused(404);
}

#[test]
fn the_new_ones_are_those_where_one_is_not_yet() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let (first, second) = (build::room(&ada, "One"), build::room(&ada, "Two"));
    build::join(&first, &[&bob]);
    assert_eq!(
        ids(&bob.get("/channels/streams/explore/new").data()),
        [second.as_str()]
    );
    assert_eq!(
        ids(&ada.get("/channels/streams/explore/new").data()),
        [second, first]
    );
}
