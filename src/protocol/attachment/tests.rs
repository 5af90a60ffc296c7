use super::*;
use crate::event::samples::{ADA, filed};
use crate::model::{ContentHash, FileContents};

fn site() -> Site {
    Site::new("https://chat.example")
}

fn picture() -> File {
    let mut file = filed(ADA).file;
    file.kind = FileKind::Image;
    file.contents = Some(FileContents {
        hash: ContentHash::of(&[1; 32]),
        size: 5,
        mime_type: String::from("image/png"),
        image: Some(ImageInfo {
            width: 4,
            height: 2,
        }),
        media: None,
    });
    file
}

fn sent(format: &str) -> Value {
    json!({"io.pnut.core.oembed": [{"own": 1, "width": 9, "provider_name": "Mine",
        FILE: {"file_id": "80", "file_token": "t", "format": format}}]})
}

#[test]
fn an_item_within_an_object_that_only_looks_like_one_is_found() {
    let decoy = json!({"file_id": "1", "file_token_read": "x", "url_expires_at": "x",
        "value": sent("url")["io.pnut.core.oembed"][0]});
    let found = wanted(&json!([decoy]), &site()).unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].token.as_deref(), Some("t"));
}

#[test]
fn an_item_is_filled_in_and_keeps_the_other_keys_of_its_sender() {
    let (site, file) = (site(), picture());
    let mut raw = sent("oembed");
    let found = wanted(&raw, &site).unwrap();
    assert_eq!(
        (found[0].id, found[0].token.as_deref()),
        (file.id, Some("t"))
    );
    fill(&mut raw, &HashMap::from([(file.id, file)]), &site).unwrap();
    let item = &raw["io.pnut.core.oembed"][0];
    assert_eq!((&item["own"], &item["width"]), (&json!(1), &json!(4)));
    assert_eq!(
        (&item["provider_name"], &item["type"]),
        (&json!("Mine"), &json!("photo"))
    );
    let token = item["file_token_read"].as_str().unwrap();
    assert!(site.files.is_read_token(FileId(80), token));
}

#[test]
fn an_item_that_was_shown_can_be_sent_back() {
    let (site, file) = (site(), picture());
    let files = HashMap::from([(file.id, file)]);
    let mut raw = sent("url");
    fill(&mut raw, &files, &site).unwrap();
    let mut shown = raw.clone();
    let item = shown["io.pnut.core.oembed"][0].as_object_mut().unwrap();
    item.remove(FILE);
    assert!(wanted(&shown, &site).unwrap()[0].is_sent_back);
    fill(&mut shown, &files, &site).unwrap();
    assert_eq!(shown, raw);
    let mut forged = shown.clone();
    let item = forged["io.pnut.core.oembed"][0].as_object_mut().unwrap();
    item.remove(FILE);
    item.insert(String::from("file_id"), json!("81"));
    assert!(
        wanted(&forged, &site).unwrap().is_empty(),
        "another's token"
    );
}

#[test]
fn a_large_picture_without_a_small_one_has_no_thumbnail() {
    let site = site();
    let mut file = picture();
    let mut filled = |width: u32| {
        let contents = file.contents.as_mut().unwrap();
        contents.image = Some(ImageInfo { width, height: 3 });
        let mut raw = sent("oembed");
        let item = &mut raw["io.pnut.core.oembed"][0];
        for name in OF_THUMBNAIL {
            item[name] = json!("the sender's");
        }
        fill(&mut raw, &HashMap::from([(file.id, file.clone())]), &site).unwrap();
        raw["io.pnut.core.oembed"][0].clone()
    };
    let small = filled(200);
    assert_eq!(small["thumbnail_width"], 200);
    assert_eq!(small["thumbnail_height"], 3);
    for width in [201, 65_535] {
        let large = filled(width);
        assert_eq!(large["width"], width);
        for name in OF_THUMBNAIL {
            assert!(large.get(name).is_none(), "{name} of {width}");
        }
    }
}

#[test]
fn what_names_no_file_is_refused() {
    let site = site();
    for place in [
        json!({}),
        json!({"file_id": "x", "format": "url"}),
        json!(1),
    ] {
        let raw = json!({"a.b": [{FILE: place}]});
        assert_eq!(
            wanted(&raw, &site).unwrap_err().refusal,
            Refusal::RawInvalid
        );
    }
    let unknown = fill(&mut sent("url"), &HashMap::new(), &site);
    assert_eq!(unknown.unwrap_err(), Refusal::FileUnknown.at(FILE));
    let mut empty = picture();
    empty.contents = None;
    let files = HashMap::from([(empty.id, empty)]);
    let incomplete = fill(&mut sent("url"), &files, &site);
    assert_eq!(incomplete.unwrap_err(), Refusal::FileIncomplete.at(FILE));
}
