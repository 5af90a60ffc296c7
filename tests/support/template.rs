//! A database with a few people in it, made once through the command line and copied for each server:
//! hashing passwords and starting processes is the expensive part of a test.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::Stdio;
use std::sync::OnceLock;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::database::{Database, postgres};
use super::{cli, text};

/// The scopes of all users, unless a story makes a narrower token.
pub(crate) const SCOPES: &str =
    "basic,email,files,follow,messages,polls,presence,stream,update_profile,write_post";
/// The password of all users.
pub(crate) const PASSWORD: &str = "correct horse battery";
/// Its users, in the order of their ids.
pub(crate) const NAMES: [&str; 4] = ["ada", "bob", "eve", "dan"];

/// A user of the template.
#[derive(Clone, Debug)]
pub(crate) struct TemplateUser {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) token: String,
}

pub(crate) struct Template {
    /// Of the file; it goes with the process.
    _folder: tempfile::TempDir,
    database: Database,
    pub(crate) people: Vec<TemplateUser>,
    pub(crate) client_id: String,
    pub(crate) client_secret: String,
    pub(crate) app_token: String,
}

/// The one template of this run.
pub(crate) fn template() -> &'static Template {
    static TEMPLATE: OnceLock<Template> = OnceLock::new();
    TEMPLATE.get_or_init(|| match postgres() {
        Some(_) => make(Database::empty),
        None => make(in_file),
    })
}

/// The same as a file, whatever the others use.
pub(crate) fn template_in_file() -> &'static Template {
    static TEMPLATE: OnceLock<Template> = OnceLock::new();
    match postgres() {
        Some(_) => TEMPLATE.get_or_init(|| make(in_file)),
        None => template(),
    }
}

fn in_file(folder: &Path) -> Database {
    Database::File(folder.to_path_buf())
}

impl Template {
    /// A copy of the database.
    pub(crate) fn copy(&self, folder: &Path) -> Database {
        self.database.copy(folder)
    }
}

fn make(empty: impl FnOnce(&Path) -> Database) -> Template {
    let folder = tempfile::tempdir().expect("a folder");
    let database = empty(folder.path());
    let url = database.url();
    make_database(folder.path(), &url);
    let db = ["--database-url", url.as_str(), "--json"];
    let client = cli::object(&cli::run(
        &[&["client", "create", "--name", "Rooms"], &db[..]].concat(),
    ));
    let client_id = text(&client["client_id"]);
    let people = NAMES
        .iter()
        .map(|name| {
            let create = [&["user", "create", name, "--password-stdin"], &db[..]].concat();
            let user = cli::object(&cli::run_with_input(&create, &format!("{PASSWORD}\n")));
            let token = token(&url, &client_id, Some(name), Some(SCOPES));
            TemplateUser {
                id: text(&user["id"]),
                name: text(&user["username"]),
                token,
            }
        })
        .collect();
    let app_token = token(&url, &client_id, None, None);
    Template {
        _folder: folder,
        database,
        people,
        client_secret: text(&client["client_secret"]),
        client_id,
        app_token,
    }
}

/// Only a server makes a database: one that has started in this folder and stopped again.
pub(crate) fn make_database(folder: &Path, url: &str) {
    serves_once(folder, url, &[]);
}

/// Starts a server with these flags, and stops it as soon as it listens.
pub(crate) fn serves_once(folder: &Path, url: &str, flags: &[&str]) {
    let mut server = cli::command(&["serve", "--bind", "127.0.0.1:0", "--database-url", url])
        .args(flags)
        .current_dir(folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the server starts");
    let said = BufReader::new(server.stdout.take().expect("a pipe")).lines();
    let mut said = said.map_while(Result::ok);
    assert!(said.any(|line| line.starts_with("listening on ")));
    let pid = i32::try_from(server.id()).expect("a pid");
    kill(Pid::from_raw(pid), Signal::SIGTERM).expect("it runs");
    assert!(server.wait().expect("it ends").success());
}

/// A token through the command line.
pub(crate) fn token(url: &str, client: &str, user: Option<&str>, scopes: Option<&str>) -> String {
    let mut arguments = vec!["token", "create", "--client", client];
    if let Some(user) = user {
        arguments.extend(["--user", user]);
    }
    if let Some(scopes) = scopes {
        arguments.extend(["--scopes", scopes]);
    }
    arguments.extend(["--database-url", url, "--json"]);
    text(&cli::object(&cli::run(&arguments))["access_token"])
}
