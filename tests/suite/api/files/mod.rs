//! Files: uploaded, served, listed, shown in raw, and what is left of them.

mod attach;
mod content;
mod lists;
mod media;
mod names;
mod owner;
mod pictures;
mod provision;
mod sweep;
mod upload;

use std::path::Path;

use crate::support::http::{self, Answer};
use crate::support::{Person, TestServer, text};

/// A picture of four by two pixels.
pub(super) fn png(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = ::png::Encoder::new(&mut bytes, width, height);
    encoder.set_color(::png::ColorType::Rgb);
    let mut writer = encoder.write_header().expect("a picture");
    let pixels = usize::try_from(width * height * 3).expect("a small one");
    writer
        .write_image_data(&vec![200; pixels])
        .expect("a picture");
    drop(writer);
    bytes
}

/// Loads from an address that a file object carries, without a token.
pub(super) fn load(server: &TestServer, url: &str, headers: &[(&str, &str)]) -> Answer {
    load_as("GET", server, url, headers)
}

pub(super) fn load_as(
    method: &str,
    server: &TestServer,
    url: &str,
    headers: &[(&str, &str)],
) -> Answer {
    let path = url.splitn(4, '/').nth(3).expect("an address with a path");
    let request = http::request(method, &format!("/{path}"), headers, b"");
    http::exchange(server.address, &request)
}

/// The whole file object.
pub(super) fn object(person: &Person, id: &str) -> serde_json::Value {
    person.get(&format!("/files/{id}")).is(200).data()
}

/// The address of a file's contents.
pub(super) fn url(person: &Person, id: &str) -> String {
    text(&object(person, id)["url"])
}

/// Files below a directory, those of the staging directory included, and without the one that names the database.
pub(super) fn on_disk(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    let Ok(entries) = std::fs::read_dir(folder) else {
        return found;
    };
    for entry in entries {
        let path = entry.expect("an entry").path();
        match path.is_dir() {
            true => found.extend(on_disk(&path)),
            false if path.ends_with("owner") => {}
            false => found.push(path),
        }
    }
    found.sort();
    found
}
