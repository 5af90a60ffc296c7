//! Files with their owners.

use super::{Includes, Needs, Shown};
use crate::model::visibility::Occasion;
use crate::model::{File, Refusal};
use crate::protocol::object::{FileObject, FileRights};
use crate::protocol::render_options::RenderOptions;

/// A file that the viewer may see, with what the viewer may do with it.
#[derive(Clone, Debug)]
pub(in crate::http) struct SeenFile {
    file: File,
    rights: FileRights,
}

impl SeenFile {
    pub(in crate::http) fn new(file: File, rights: FileRights) -> Self {
        Self { file, rights }
    }
}

impl Shown for SeenFile {
    const HIDDEN: Refusal = Refusal::FileNotFound;
    type Object<'s> = FileObject<'s>;

    fn needs(&self, options: RenderOptions, needs: &mut Needs) {
        if options.user {
            needs.users.push(self.file.user_id);
        }
        if self.rights == FileRights::Change && self.file.contents.is_some() {
            needs.files.push(self.file.id);
        }
    }

    fn object<'s>(
        &'s self,
        includes: &'s Includes<'_>,
        pagination_id: Option<i64>,
    ) -> Option<FileObject<'s>> {
        let file = &self.file;
        let owner = includes.user(file.user_id, Occasion::Embedded);
        let mut object = FileObject::new(
            file,
            owner,
            self.rights,
            includes.options(),
            includes.site(),
        );
        // Where it is shown is the business of those that may change it: an id may be of a private room.
        if let Some(uses) = includes.file_uses(file.id) {
            object = object.attached_to([&uses.posts, &uses.messages, &uses.polls]);
        }
        Some(match pagination_id {
            Some(id) => object.paginated(id),
            None => object,
        })
    }
}

/// A file that was made without contents.
#[derive(Clone, Debug)]
pub(in crate::http) struct Placeholder(pub(in crate::http) File);

impl Shown for Placeholder {
    const HIDDEN: Refusal = Refusal::FileNotFound;
    type Object<'s> = FileObject<'s>;

    fn needs(&self, options: RenderOptions, needs: &mut Needs) {
        if options.user {
            needs.users.push(self.0.user_id);
        }
    }

    fn object<'s>(&'s self, includes: &'s Includes<'_>, _: Option<i64>) -> Option<FileObject<'s>> {
        let owner = includes.user(self.0.user_id, Occasion::Embedded);
        let (options, site) = (includes.options(), includes.site());
        let object = FileObject::new(&self.0, owner, FileRights::Change, options, site);
        Some(object.uploaded_at(site))
    }
}
