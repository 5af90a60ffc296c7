//! The contents of files, which all servers share.

use std::sync::Barrier;

use crate::support::build::{self, form};
use crate::support::http;
use crate::support::nodes::Nodes;
use crate::support::{Person, text};

/// How often the same bytes go and come.
const ROUNDS: usize = 40;

/// Uploads until it is accepted: what is being removed at this moment is refused. Gives the id of the file.
fn uploads(person: &Person, content: &[u8]) -> String {
    let form = form(
        &[("type", "org.example.file"), ("name", "same")],
        &[("content", "same", "application/octet-stream", content)],
    );
    loop {
        let answer = person.uploads("/files", &form);
        if answer.status == 201 {
            return text(&answer.data()["id"]);
        }
        answer.is(503);
    }
}

fn content(person: &Person, id: &str) -> http::Answer {
    let url = text(&person.get(&format!("/files/{id}")).is(200).data()["url"]);
    let path = url.splitn(4, '/').nth(3).expect("an address with a path");
    let request = http::request("GET", &format!("/{path}"), &[], b"");
    http::exchange(person.address, &request)
}

#[test]
fn an_upload_whose_claim_is_over_when_its_row_is_written_is_refused() {
    let Some(nodes) = Nodes::new() else { return };
    let a = nodes.start("a");
    // As if another node had taken the claim for that of one that died.
    nodes.sql(
        "CREATE FUNCTION forgets() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
        CREATE TRIGGER forgets BEFORE INSERT ON content_claims FOR EACH ROW EXECUTE FUNCTION forgets();",
    );
    let form = form(
        &[("type", "org.example.file"), ("name", "same")],
        &[("content", "same", "application/octet-stream", &[7; 100])],
    );
    a.person(0).uploads("/files", &form).refused_as(503, "busy");
    assert_eq!(nodes.sql("SELECT count(*) FROM files"), "0");
    nodes.sql("DROP TRIGGER forgets ON content_claims");
    uploads(&a.person(0), &[7; 100]);
}

#[test]
fn bytes_that_are_deleted_on_one_node_while_they_are_uploaded_on_another_are_kept() {
    let Some(nodes) = Nodes::new() else { return };
    let (a, b) = (nodes.start("a"), nodes.start("b"));
    let (there, here) = (a.person(0), b.person(0));
    let bytes = [7; 100];
    let mut before = build::file(&there, "same", &bytes);
    for round in 0..ROUNDS {
        let start = Barrier::new(2);
        before = std::thread::scope(|both| {
            let upload = both.spawn(|| {
                start.wait();
                uploads(&here, &bytes)
            });
            start.wait();
            there.delete(&format!("/files/{before}")).is(200);
            upload.join().expect("an upload")
        });
        let seen = content(&there, &before);
        assert_eq!(seen.status, 200, "round {round}: {seen}");
        assert_eq!(seen.body, bytes, "round {round}");
    }
    assert_eq!(nodes.sql("SELECT count(*) FROM content_claims"), "0");
}
