//! The database of a story: a file in its folder; or, if `GROUNDNUT_TEST_POSTGRES` names a PostgreSQL server, a database of
//! its own there, which goes with the story.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use diesel::connection::SimpleConnection as _;
use diesel::sql_types::{BigInt, Text};
use diesel::{Connection as _, PgConnection, QueryableByName, RunQueryDsl as _, SqliteConnection};

/// The address of a database of a user that may make others.
const SERVER: &str = "GROUNDNUT_TEST_POSTGRES";
/// How the names of the databases begin; the id of the process that made it follows.
const PREFIX: &str = "groundnut_suite_";
/// The file beside the files of a server.
const FILE: &str = "groundnut.db";

/// The PostgreSQL server of this run, if it has one.
#[expect(
    clippy::disallowed_methods,
    reason = "the arguments of a test are in the environment"
)]
pub(crate) fn postgres() -> Option<&'static str> {
    static URL: OnceLock<Option<String>> = OnceLock::new();
    URL.get_or_init(|| std::env::var(SERVER).ok().filter(|url| !url.is_empty()))
        .as_deref()
}

/// Where the data of a story is.
pub(crate) enum Database {
    /// In a folder of the story.
    File(PathBuf),
    /// In a database of the server, by its name.
    Server(String),
}

impl Database {
    /// One that nothing has been in, of the kind of this run.
    pub(crate) fn empty(folder: &Path) -> Self {
        match postgres() {
            Some(_) => Self::on_server(""),
            None => Self::File(folder.to_path_buf()),
        }
    }

    /// A database with the same content. The template has no connection.
    pub(crate) fn copy(&self, folder: &Path) -> Self {
        match self {
            Self::File(from) => {
                for name in [FILE, "groundnut.db-wal", "groundnut.db-shm"] {
                    let from = from.join(name);
                    if from.exists() {
                        std::fs::copy(from, folder.join(name)).expect("a copy of the template");
                    }
                }
                Self::File(folder.to_path_buf())
            }
            Self::Server(name) => Self::on_server(&format!("TEMPLATE {name}")),
        }
    }

    /// `how`: as CREATE DATABASE is told.
    fn on_server(how: &str) -> Self {
        static MADE: AtomicUsize = AtomicUsize::new(0);
        let made = MADE.fetch_add(1, Ordering::Relaxed);
        if made == 0 {
            drops_those_of_ended_runs();
        }
        let name = format!("{PREFIX}{}_{made}", std::process::id());
        run_on_server(&format!("CREATE DATABASE {name} {how}"));
        Self::Server(name)
    }

    /// What `--database-url` is told.
    pub(crate) fn url(&self) -> String {
        match self {
            Self::File(folder) => url_of_file(folder),
            Self::Server(name) => {
                let server = postgres().expect("a server");
                let (place, parameters) = server.split_once('?').unwrap_or((server, ""));
                let (place, _) = place.rsplit_once('/').expect("the address of a database");
                format!("{place}/{name}?{parameters}")
            }
        }
    }

    /// The folder where a server keeps files and pictures that works in this one.
    pub(crate) fn files(&self, folder: &Path) -> PathBuf {
        match self {
            Self::File(data) => data.clone(),
            Self::Server(_) => folder.join("data"),
        }
    }

    /// All of it is gone. (No server has it open.)
    pub(crate) fn is_emptied(&self) {
        match self {
            Self::File(folder) => {
                for name in [FILE, "groundnut.db-wal", "groundnut.db-shm"] {
                    let file = folder.join(name);
                    assert!(!file.exists() || std::fs::remove_file(file).is_ok());
                }
            }
            Self::Server(name) => {
                run_on_server(&format!("DROP DATABASE {name} WITH (FORCE)"));
                run_on_server(&format!("CREATE DATABASE {name}"));
            }
        }
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if let Self::Server(name) = self {
            run_on_server(&format!("DROP DATABASE {name} WITH (FORCE)"));
        }
    }
}

/// The address of the database file in a folder.
pub(crate) fn url_of_file(folder: &Path) -> String {
    format!("sqlite://{}", folder.join(FILE).display())
}

fn run_on_server(statement: &str) {
    let url = postgres().expect("a server");
    Sql::connects(url).runs(statement);
}

/// A run that was killed has left its databases, and each run leaves its template.
fn drops_those_of_ended_runs() {
    #[derive(QueryableByName)]
    struct Named {
        #[diesel(sql_type = Text)]
        name: String,
    }
    let all = "SELECT datname::text AS name FROM pg_database";
    let Sql::Postgres(mut sql) = Sql::connects(postgres().expect("a server")) else {
        return;
    };
    let all: Vec<Named> = diesel::sql_query(all).load(&mut sql).expect("the names");
    for Named { name } in all {
        let Some(rest) = name.strip_prefix(PREFIX) else {
            continue;
        };
        let process = rest.split('_').next().unwrap_or_default();
        if !Path::new("/proc").join(process).exists() {
            // Another run may do the same.
            let gone = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
            drop(sql.batch_execute(&gone));
        }
    }
}

/// A connection of a story to a database.
pub(crate) enum Sql {
    File(SqliteConnection),
    Postgres(PgConnection),
}

impl Sql {
    pub(crate) fn connects(url: &str) -> Self {
        let Some(path) = url.strip_prefix("sqlite://") else {
            let sql = PgConnection::establish(url);
            return Self::Postgres(sql.unwrap_or_else(|error| panic!("{url}: {error}")));
        };
        let mut sql = SqliteConnection::establish(path).expect("the database");
        sql.batch_execute("PRAGMA busy_timeout = 10000")
            .expect("a setting");
        Self::File(sql)
    }

    /// Runs statements.
    pub(crate) fn runs(&mut self, statements: &str) {
        let run = match self {
            Self::File(sql) => sql.batch_execute(statements),
            Self::Postgres(sql) => sql.batch_execute(statements),
        };
        run.unwrap_or_else(|error| panic!("{error}: {statements}"));
    }

    /// The one number that a query gives.
    pub(crate) fn count(&mut self, query: &str) -> i64 {
        #[derive(QueryableByName)]
        struct Count {
            #[diesel(sql_type = BigInt)]
            count: i64,
        }
        let counted: Vec<Count> = self.loads(&format!("SELECT CAST(({query}) AS BIGINT) AS count"));
        counted.first().expect("a row").count
    }

    /// Whether a query gives something, on tables that may not be there yet.
    pub(crate) fn finds(&mut self, query: &str) -> bool {
        let asked = diesel::sql_query(query);
        let found = match self {
            Self::File(sql) => asked.execute(sql),
            Self::Postgres(sql) => asked.execute(sql),
        };
        found.is_ok_and(|rows| rows > 0)
    }

    /// The rows that a query gives.
    pub(crate) fn loads<T>(&mut self, query: &str) -> Vec<T>
    where
        T: QueryableByName<diesel::sqlite::Sqlite> + QueryableByName<diesel::pg::Pg> + 'static,
    {
        let asked = diesel::sql_query(query);
        let rows = match self {
            Self::File(sql) => asked.load(sql),
            Self::Postgres(sql) => asked.load(sql),
        };
        rows.unwrap_or_else(|error| panic!("{error}: {query}"))
    }
}
