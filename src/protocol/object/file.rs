//! The file object.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Serialize;

use super::replaced::replaced;
use super::{SourceObject, UserObject, iso, text_if_any};
use crate::model::{
    ContentHash, File, FileContents, FileId, ImageInfo, MediaInfo, Raw, Stamp, UserId,
};
use crate::protocol::render_options::RenderOptions;
use crate::protocol::site::Site;

/// What a viewer may do with a file that is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileRights {
    /// Read it, since it is public.
    Public,
    /// Read it with its token.
    Read,
    /// Read, change and attach it.
    Change,
}

/// What contents look like.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[schema(as = FileContents)]
/// Absent while a file is incomplete.
struct ContentsObject<'a> {
    #[schema(required = false)]
    mime_type: &'a str,
    #[schema(required = false)]
    size: i64,
    #[schema(required = false)]
    sha256: &'a ContentHash,
    #[schema(required = false)]
    url: String,
    #[serde(serialize_with = "iso")]
    #[schema(required = false)]
    url_expires_at: Stamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    image_info: Option<ImageInfo>,
    #[serde(skip_serializing_if = "Option::is_none")]
    audio_info: Option<AudioInfo>,
    #[serde(skip_serializing_if = "Option::is_none")]
    video_info: Option<VideoInfo>,
}

/// What is known of a sound.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[schema(as = AudioInfo)]
struct AudioInfo {
    /// Seconds.
    duration: u64,
    duration_string: String,
    /// Thousands of bits a second.
    bitrate: u32,
}

/// What is known of a film.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[schema(as = VideoInfo)]
struct VideoInfo {
    #[serde(flatten)]
    audio: AudioInfo,
    width: u32,
    height: u32,
}

impl AudioInfo {
    fn new(media: MediaInfo) -> Self {
        Self {
            duration: media.seconds(),
            duration_string: media.clock(),
            bitrate: media.kilobits,
        }
    }
}

impl VideoInfo {
    fn new(media: MediaInfo) -> Option<Self> {
        let (width, height) = media.size?;
        Some(Self {
            audio: AudioInfo::new(media),
            width,
            height,
        })
    }
}

impl<'a> ContentsObject<'a> {
    fn new(contents: &'a FileContents, address: (String, Stamp)) -> Self {
        Self {
            mime_type: &contents.mime_type,
            size: contents.size,
            sha256: &contents.hash,
            url: address.0,
            url_expires_at: address.1,
            image_info: contents.image,
            audio_info: contents
                .media
                .filter(|media| media.size.is_none())
                .map(AudioInfo::new),
            video_info: contents.media.and_then(VideoInfo::new),
        }
    }
}

#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[schema(as = DerivedFile)]
struct DerivedObject<'a> {
    name: &'a str,
    #[serde(flatten)]
    contents: ContentsObject<'a>,
}

/// How a file that has no contents yet is filled.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[schema(as = UploadParameters)]
struct UploadParameters {
    method: &'static str,
    url: String,
}

/// Ids of objects that show a file.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[schema(as = AttachedTo)]
struct AttachedTo {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    posts: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    messages: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    polls: Vec<String>,
}

/// A file as clients see it.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[schema(as = File)]
pub struct FileObject<'a> {
    id: FileId,
    name: &'a str,
    #[serde(rename = "type")]
    file_type: &'a str,
    kind: &'static str,
    #[serde(serialize_with = "iso")]
    created_at: Stamp,
    is_complete: bool,
    is_public: bool,
    source: SourceObject<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<UserObject<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_id: Option<UserId>,
    #[serde(flatten)]
    contents: Option<ContentsObject<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    total_size: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    url_short: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    file_token: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    file_token_read: Option<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    derived_files: BTreeMap<&'a str, DerivedObject<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    upload_parameters: Option<UploadParameters>,
    #[serde(skip_serializing_if = "Option::is_none")]
    attached_to: Option<AttachedTo>,
    #[serde(skip_serializing_if = "super::is_false")]
    is_deleted: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    raw: Option<Cow<'a, Raw>>,
    #[serde(
        skip_serializing_if = "Option::is_none",
        serialize_with = "text_if_any"
    )]
    #[schema(value_type = Option<String>)]
    pagination_id: Option<i64>,
}

impl<'a> FileObject<'a> {
    /// The file, with its owner as the viewer sees them; without one only `user_id` is shown. A deleted file has no
    /// addresses and no tokens.
    pub fn new(
        file: &'a File,
        owner: Option<UserObject<'a>>,
        rights: FileRights,
        options: RenderOptions,
        site: &Site,
    ) -> Self {
        let user = owner.filter(|_| options.user);
        let is_deleted = file.deleted_at.is_some();
        let own = file.contents.as_ref().filter(|_| !is_deleted);
        let address = |key, name| site.contents_url(file.id, key, name);
        let derived = file.derived.iter().filter(|_| own.is_some());
        let derived = derived.map(|derived| {
            let address = address(Some(&derived.key), &derived.name);
            let object = DerivedObject {
                name: &derived.name,
                contents: ContentsObject::new(&derived.contents, address),
            };
            (derived.key.as_str(), object)
        });
        let may_change = rights == FileRights::Change && !is_deleted;
        let reads = file.is_public || rights != FileRights::Public;
        let links = &site.files;
        Self {
            id: file.id,
            name: &file.name,
            file_type: &file.file_type,
            kind: file.kind.name(),
            created_at: file.created_at,
            is_complete: file.contents.is_some(),
            is_public: file.is_public,
            source: SourceObject::new(&file.client, options),
            user_id: user.is_none().then_some(file.user_id),
            user,
            contents: own.map(|own| ContentsObject::new(own, address(None, &file.name))),
            total_size: own.map(|_| file.total_size()),
            url_short: (own.is_some() && file.is_public).then(|| site.file_short_url(file.id)),
            file_token: may_change.then(|| links.token(file.id)),
            file_token_read: (reads && !is_deleted).then(|| links.read_token(file.id)),
            derived_files: derived.collect(),
            upload_parameters: None,
            attached_to: None,
            is_deleted,
            raw: replaced(&file.raw, site, options.file_raw),
            pagination_id: None,
        }
    }

    /// Says how it is filled.
    #[must_use]
    pub fn uploaded_at(mut self, site: &Site) -> Self {
        self.upload_parameters = Some(UploadParameters {
            method: "POST",
            url: site.upload_url(self.id),
        });
        self
    }

    /// Adds ids of posts, messages and polls that show it.
    #[must_use]
    pub fn attached_to(mut self, [posts, messages, polls]: [&[i64]; 3]) -> Self {
        let texts = |ids: &[i64]| ids.iter().map(ToString::to_string).collect();
        self.attached_to = Some(AttachedTo {
            posts: texts(posts),
            messages: texts(messages),
            polls: texts(polls),
        });
        self
    }

    /// Adds the pagination id of a list.
    #[must_use]
    pub fn paginated(mut self, id: i64) -> Self {
        self.pagination_id = Some(id);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::object::sample;
    use serde_json::{Value, json};

    fn shown(file: &File, rights: FileRights) -> Value {
        let object = FileObject::new(
            file,
            None,
            rights,
            RenderOptions::default(),
            &sample::site(),
        );
        serde_json::to_value(object).unwrap()
    }

    #[test]
    fn a_file_without_contents_has_its_details_only() {
        let mut file = sample::file(3, 7);
        file.contents = None;
        file.derived = Vec::new();
        assert_eq!(
            shown(&file, FileRights::Public),
            json!({
                "id": "3", "name": "a.png", "type": "com.example.photo", "kind": "image",
                "created_at": "2024-05-01T08:00:00Z", "is_complete": false, "is_public": false,
                "source": {"id": "cl1", "name": "Web", "url": "https://x.example"}, "user_id": "7",
            })
        );
    }

    #[test]
    fn a_whole_file_has_addresses_and_what_was_made_of_it() {
        let mut file = sample::file(3, 7);
        let all = shown(&file, FileRights::Change);
        assert_eq!((&all["size"], &all["total_size"]), (&json!(5), &json!(12)));
        assert_eq!(all["image_info"], json!({"width": 4, "height": 2}));
        let derived = &all["derived_files"]["core_image_200s"];
        assert_eq!(
            (&derived["size"], &derived["mime_type"]),
            (&json!(7), &json!("image/png"))
        );
        assert!(
            derived["url"]
                .as_str()
                .unwrap()
                .contains("/content/3/core_image_200s/")
        );
        assert!(all["file_token"].is_string() && all["file_token_read"].is_string());
        assert!(all.get("url_short").is_none(), "it is private");
        let read = shown(&file, FileRights::Read);
        assert!(read.get("file_token").is_none() && read["file_token_read"].is_string());
        file.is_public = true;
        let public = shown(&file, FileRights::Public);
        assert_eq!(public["url_short"], "https://chat.example/f/3");
        assert!(public.get("file_token").is_none() && public["file_token_read"].is_string());
    }

    #[test]
    fn a_deleted_file_gives_no_way_to_its_contents() {
        let mut file = sample::file(3, 7);
        file.deleted_at = Some(Stamp(1));
        let gone = shown(&file, FileRights::Change);
        assert_eq!(gone["is_deleted"], true);
        for name in ["url", "file_token", "file_token_read", "derived_files"] {
            assert!(gone.get(name).is_none(), "{name}");
        }
    }
}
