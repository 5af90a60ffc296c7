//! Files.

use super::super::answers::{ELSEWHERE, NOTHING, created, list, one, page, value};
use super::super::bodies::{
    ANNOUNCED, ANNOUNCEMENT, CONTENTS, FILE_CHANGE, NEW_FILE, SMALL_PICTURE,
};
use super::super::described::{Group, delete, get, patch, post, put};
use super::super::params::{EXIF, FILE_LISTS, FILE_TOKEN, FILE_TOKENS, IDS, PAGE, PROVISIONING};
use super::super::shapes::{File, ids, operation, provision};
use super::super::views;
use crate::model::Refusal::{
    FileComplete, FileIncomplete, FileNotFound, FileNotWhat, FileTooLarge, NoAccess, NotFound,
    PictureBroken, PictureTooLarge, PictureUnknown, QuotaReached, ScopeMissing, StorageFull,
    TooManyUploads,
};

/// Contents that users keep.
pub(super) const FILES: Group = Group {
    tag: "Files",
    text: "Contents that users keep. Contents are served at signed addresses, which objects show as `url`.",
    routes: &[
        post("/files", "Make a file")
            .text("A form with `content` makes a whole file; without, it is filled later.")
            .shows(views::FILE)
            .body(&NEW_FILE)
            .gives(&[created::<File>()])
            .refuses(&[ScopeMissing, FileTooLarge, FileNotWhat, PictureBroken, PictureTooLarge, PictureUnknown, QuotaReached, StorageFull, TooManyUploads]),
        get("/files", "Several files")
            .text("In the order asked for; those that the caller may not see are left out.")
            .takes(&[IDS, FILE_TOKENS])
            .shows(views::FILE)
            .gives(&[list::<File>()]),
        delete("/files", "Delete several files")
            .text("Behind the answer, which names those that will be deleted; `meta.status_url` says what became of it.")
            .takes(&[IDS])
            .gives(&[value(ids).code(202).when("They will be deleted.")]),
        post("/files/provision", "Announce files that come together")
            .text("They come to `upload_url`, within 20 minutes; `meta.status_url` says whether all of them did.")
            .body(&ANNOUNCEMENT)
            .gives(&[value(provision).code(201).when("The files, without contents.")])
            .refuses(&[ScopeMissing, QuotaReached, TooManyUploads]),
        post("/files/provision/{operation_id}", "Bring announced files")
            .text("In one call or in several; each is kept as it arrives.")
            .takes(&[PROVISIONING])
            .shows(views::FILE)
            .body(&ANNOUNCED)
            .gives(&[list::<File>().when("The files of this call.")])
            .refuses(&[NotFound, FileNotFound, FileComplete, FileTooLarge, PictureBroken, PictureTooLarge, PictureUnknown, QuotaReached, StorageFull, TooManyUploads]),
        get("/files/{file_id}", "One file")
            .takes(&[FILE_TOKEN])
            .shows(views::FILE)
            .gives(&[one::<File>()])
            .refuses(&[ScopeMissing]),
        put("/files/{file_id}", "Change a file")
            .takes(&[FILE_TOKEN])
            .shows(views::FILE)
            .body(&FILE_CHANGE)
            .gives(&[one::<File>()])
            .refuses(&[NoAccess, ScopeMissing]),
        patch("/files/{file_id}", "Change a file")
            .takes(&[FILE_TOKEN])
            .shows(views::FILE)
            .body(&FILE_CHANGE)
            .gives(&[one::<File>()])
            .refuses(&[NoAccess, ScopeMissing]),
        delete("/files/{file_id}", "Delete a file")
            .text("Objects that show it keep what they showed, without contents.")
            .takes(&[FILE_TOKEN])
            .shows(views::FILE)
            .gives(&[one::<File>()])
            .refuses(&[NoAccess, ScopeMissing]),
        get("/files/{file_id}/content", "The contents of a file")
            .takes(&[FILE_TOKEN])
            .gives(&[ELSEWHERE, NOTHING.when("There are no contents yet.")])
            .refuses(&[ScopeMissing, FileIncomplete]),
        put("/files/{file_id}/content", "Fill a file")
            .takes(&[FILE_TOKEN, EXIF])
            .body(&CONTENTS)
            .gives(&[NOTHING])
            .refuses(FILLING),
        post("/files/{file_id}/content", "Fill a file")
            .takes(&[FILE_TOKEN, EXIF])
            .body(&CONTENTS)
            .gives(&[NOTHING])
            .refuses(FILLING),
        get("/files/{file_id}/content/{key}", "What was made of a file")
            .takes(&[FILE_TOKEN])
            .gives(&[ELSEWHERE, NOTHING.when("There are no contents yet.")])
            .refuses(&[ScopeMissing]),
        put("/files/{file_id}/content/{key}", "A small picture of one's own")
            .text("Before the contents.")
            .takes(&[FILE_TOKEN])
            .body(&SMALL_PICTURE)
            .gives(&[NOTHING])
            .refuses(FILLING),
        get("/users/me/files", "Files of the caller")
            .text("Of the types and kinds that the scopes open.")
            .takes(&[PAGE, FILE_LISTS])
            .shows(views::FILE)
            .gives(&[page::<File>()]),
        get("/sys/ops/{operation_id}", "What became of work behind an answer")
            .text("Kept for a day.")
            .gives(&[value(operation)])
            .refuses(&[NotFound]),
    ],
};

const FILLING: &[crate::model::Refusal] = &[
    NoAccess,
    ScopeMissing,
    FileComplete,
    FileTooLarge,
    FileNotWhat,
    PictureBroken,
    PictureTooLarge,
    PictureUnknown,
    QuotaReached,
    StorageFull,
    TooManyUploads,
];
