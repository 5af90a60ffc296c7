//! The file of the database: who may read it, who makes it, and that one server at a time serves it.

use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Output, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::support::database::url_of_file;
use crate::support::launch::behind;
use crate::support::{TestServer, cli, faults, template};

fn mode(path: &Path) -> u32 {
    let known = path.metadata();
    let known = known.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    known.permissions().mode() & 0o777
}

fn complaint(output: &Output) -> String {
    assert!(!output.status.success(), "{output:?}");
    let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    assert_eq!(said.lines().count(), 1, "one line: {said}");
    said
}

#[test]
fn only_its_user_may_read_the_files_whatever_the_umask_says() {
    for umask in ["0", "077", "0777"] {
        let folder = tempfile::tempdir().expect("a folder");
        let data = folder.path().join("made/deep");
        let url = url_of_file(&data);
        let serve = cli::command(&["serve", "--bind", "127.0.0.1:0", "--database-url", &url]);
        let mut server = behind(&["sh"], &format!("umask {umask}"), &serve)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("a shell");
        let mut said = BufReader::new(server.stdout.take().expect("a pipe")).lines();
        let says = |line: &std::io::Result<String>| matches!(line, Ok(line) if line.starts_with("listening on "));
        assert!(said.any(|line| says(&line)), "it listens");
        assert_eq!(mode(&folder.path().join("made")), 0o700, "umask {umask}");
        assert_eq!(mode(&data), 0o700, "umask {umask}");
        for name in [
            "groundnut.db",
            "groundnut.db-wal",
            "groundnut.db-shm",
            "groundnut.db-lock",
        ] {
            assert_eq!(mode(&data.join(name)) & 0o177, 0, "{name}, umask {umask}");
        }
        assert_eq!(mode(&data.join("groundnut.db")), 0o600, "umask {umask}");
        let pid = i32::try_from(server.id()).expect("a pid");
        kill(Pid::from_raw(pid), Signal::SIGTERM).expect("it runs");
        assert!(server.wait().expect("it ends").success());
    }
}

#[test]
fn a_file_that_everybody_could_read_is_closed_and_one_for_a_group_stays() {
    for (before, after) in [(0o644, 0o600), (0o640, 0o640)] {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("groundnut.db");
        let url = url_of_file(folder.path());
        template::make_database(folder.path(), &url);
        let permissions = std::fs::Permissions::from_mode(before);
        std::fs::set_permissions(&file, permissions).expect("it is ours");
        template::make_database(folder.path(), &url);
        assert_eq!(mode(&file), after);
    }
}

#[test]
fn a_second_server_is_refused_and_told_which_process_serves_the_file() {
    let mut server = TestServer::in_file(&[]);
    let url = server.database_url();
    let path = url.strip_prefix("sqlite://").expect("a path");
    let link = Path::new(path).with_file_name("link.db");
    std::os::unix::fs::symlink(path, &link).expect("a link");
    let by_link = format!("sqlite://{}", link.display());
    for url in [&url, &by_link] {
        let second = ["serve", "--bind", "127.0.0.1:0", "--database-url", url];
        let said = complaint(&cli::run(&second));
        assert!(said.contains(&server.process().to_string()), "{said}");
        assert!(said.contains(&server.address.to_string()), "{said}");
    }
    server.ada().get("/token").is(200);
    // What a killed server leaves stops no other one.
    server.kill();
    server.start_again();
    server.ada().get("/token").is(200);
}

#[test]
fn no_command_but_serve_makes_a_database() {
    let folder = tempfile::tempdir().expect("a folder");
    for words in [
        &["user", "create", "grace"][..],
        &["client", "create", "--name", "N"],
        &["token", "create", "--client", "x"],
    ] {
        let output = cli::command(words)
            .current_dir(folder.path())
            .output()
            .expect("the program starts");
        let said = complaint(&output);
        assert!(
            said.contains("data/groundnut.db") && said.contains("groundnut serve"),
            "{said}"
        );
    }
    let left = std::fs::read_dir(folder.path()).expect("a folder").count();
    assert_eq!(left, 0, "nothing is left behind");
}

#[test]
fn no_command_but_serve_changes_a_database_of_another_version_or_program() {
    let folder = tempfile::tempdir().expect("a folder");
    let url = url_of_file(folder.path());
    let file = folder.path().join("groundnut.db");
    let create = ["user", "create", "grace", "--database-url", &url];
    std::fs::write(&file, b"").expect("a file");
    assert!(complaint(&cli::run(&create)).contains("was not made by this program"));
    assert_eq!(std::fs::read(&file).expect("it is there"), b"");
    std::fs::remove_file(&file).expect("it is ours");
    template::make_database(folder.path(), &url);
    for (change, said) in [
        (
            "DELETE FROM __diesel_schema_migrations WHERE version = '0010'",
            "older version",
        ),
        (
            "INSERT INTO __diesel_schema_migrations (version) VALUES ('9999')",
            "newer program",
        ),
    ] {
        faults::run_sql(&url, change);
        let steps = "SELECT COUNT(*) FROM __diesel_schema_migrations";
        let before = faults::count(&url, steps);
        assert!(complaint(&cli::run(&create)).contains(said), "{change}");
        assert_eq!(faults::count(&url, steps), before, "{change}");
    }
}
