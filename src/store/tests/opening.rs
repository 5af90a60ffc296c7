//! What is said before anything is stored; and that the tables are what the program thinks.

use diesel::prelude::*;
use diesel::sql_types::Text;

use super::server::TestDatabase;
use super::{Place, options_in, options_of_file};
use crate::clock::Clock;
use crate::store::connect::Sql;
use crate::store::{Store, StoreOptions, connect};

fn refused(url: &str) -> String {
    let options = StoreOptions {
        url: url.to_owned(),
        ..StoreOptions::default()
    };
    options.database().unwrap_err().to_string()
}

/// Why it is not opened.
fn refusal(options: &StoreOptions) -> String {
    let opened = Store::open(options, Clock::default(), std::sync::Arc::default());
    opened.map(drop).unwrap_err().to_string()
}

#[test]
fn a_url_is_checked_and_the_answer_says_what_to_write() {
    let path = |url: &str| {
        let options = StoreOptions {
            url: url.to_owned(),
            ..StoreOptions::default()
        };
        options.database().unwrap().to_string()
    };
    assert!(refused("mysql://host/db").contains("postgres://USER:PASSWORD@HOST:PORT/DATABASE"));
    assert!(refused("postgres://host").contains("names no database"));
    let shown = path("postgres://ada:secret@db.example:5432/groundnut?sslmode=require");
    assert_eq!(shown, "postgres://db.example:5432/groundnut");
    assert!(refused("data/groundnut.db").contains("sqlite://relative/path"));
    assert!(refused("sqlite://").contains("names no file"));
    assert!(refused("sqlite://data/").contains("names no file"));
    assert_eq!(path("sqlite:///var/lib/x.db"), "/var/lib/x.db");
    assert_eq!(path("sqlite://data/x.db"), "data/x.db");
}

#[test]
fn a_place_that_cannot_be_written_is_named() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("made"), b"a file, not a directory").unwrap();
    let text = refusal(&options_of_file(&directory));
    assert!(text.contains("cannot make the directory"), "{text}");
    assert!(text.contains("made"), "{text}");
}

#[test]
fn a_file_that_is_no_database_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::create_dir(directory.path().join("made")).unwrap();
    let file = directory.path().join("made/test.db");
    std::fs::write(file, b"this is certainly not a database file, is it?").unwrap();
    let text = refusal(&options_of_file(&directory));
    assert!(text.contains("not a database"), "{text}");
}

#[test]
fn a_server_that_cannot_be_reached_is_named_without_its_password() {
    let options = StoreOptions {
        // A port that no service has.
        url: String::from("postgres://ada:secret@127.0.0.1:1/rooms"),
        ..StoreOptions::default()
    };
    let text = refusal(&options);
    assert!(text.contains("postgres://127.0.0.1:1/rooms"), "{text}");
    assert!(!text.contains("secret"), "{text}");
}

#[test]
fn a_server_database_of_another_encoding_is_refused_and_one_of_another_order_is_not() {
    let directory = tempfile::tempdir().unwrap();
    let how = |encoding: &str| format!("ENCODING '{encoding}' TEMPLATE template0 LOCALE 'C'");
    let Some(database) = TestDatabase::made(&directory, &how("LATIN1")) else {
        // Files have no encoding that could differ.
        return;
    };
    let text = refusal(&options_in(&directory));
    assert!(
        text.contains("LATIN1") && text.contains("ENCODING 'UTF8'"),
        "{text}"
    );
    drop(database);
    let _database = TestDatabase::made(&directory, &how("UTF8"));
    let opened = Store::open(
        &options_in(&directory),
        Clock::default(),
        std::sync::Arc::default(),
    );
    opened.map(drop).unwrap();
}

#[test]
fn a_database_of_something_else_is_refused_and_stays_as_it_is() {
    let directory = tempfile::tempdir().unwrap();
    let _database = TestDatabase::made(&directory, "");
    let options = options_in(&directory);
    let database = options.database().unwrap();
    if let Some(file) = database.file() {
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    }
    let mut sql = database.connect().unwrap();
    let orders = "CREATE TABLE orders (number INTEGER)";
    diesel::sql_query(orders).execute(&mut sql).unwrap();
    let text = refusal(&options);
    assert!(
        text.contains("tables of something else, such as orders"),
        "{text}"
    );
    let dropped = diesel::sql_query("DROP TABLE orders").execute(&mut sql);
    dropped.unwrap();
    let opened = Store::open(&options, Clock::default(), std::sync::Arc::default());
    opened.map(drop).unwrap();
}

#[test]
fn a_user_of_a_server_that_may_make_no_tables_is_told_what_is_missing() {
    let directory = tempfile::tempdir().unwrap();
    let Some(database) = TestDatabase::made(&directory, "") else {
        return;
    };
    let options = options_in(&directory);
    let mut sql = options.database().unwrap().connect().unwrap();
    let (_, place) = options.url.rsplit_once('@').unwrap();
    // Users are of the whole server: the database's name, which is random, makes this one the test's own.
    let user = &database.name;
    let made = format!("CREATE ROLE {user} LOGIN PASSWORD '{user}'");
    diesel::sql_query(made).execute(&mut sql).unwrap();
    let text = refusal(&StoreOptions {
        url: format!("postgres://{user}:{user}@{place}"),
        ..options_in(&directory)
    });
    let dropped = format!("DROP ROLE {user}");
    diesel::sql_query(dropped).execute(&mut sql).unwrap();
    assert!(text.contains("GRANT CREATE ON SCHEMA public"), "{text}");
}

#[tokio::test]
async fn a_database_of_a_newer_program_is_refused() {
    let place = Place::new().await;
    place
        .write(|tx| {
            diesel::sql_query("INSERT INTO __diesel_schema_migrations (version) VALUES ('9999')")
                .execute(tx.sql)?;
            Ok(())
        })
        .await;
    let text = refusal(&options_in(&place.directory));
    assert!(text.contains("9999"), "{text}");
}

#[test]
fn many_may_open_a_new_database_at_once() {
    let directory = tempfile::tempdir().unwrap();
    let _database = TestDatabase::made(&directory, "");
    let options = options_in(&directory);
    std::thread::scope(|scope| {
        let all: Vec<_> = (0..4)
            .map(|_| {
                scope.spawn(|| {
                    Store::open(&options, Clock::default(), std::sync::Arc::default()).map(drop)
                })
            })
            .collect();
        for one in all {
            one.join().unwrap().unwrap();
        }
    });
}

#[derive(QueryableByName)]
struct Named {
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    says: String,
}

/// Table and columns, as the schema says them: `name -> Type`.
fn declared() -> Vec<(String, Vec<(String, String)>)> {
    let mut tables: Vec<(String, Vec<(String, String)>)> = Vec::new();
    let whole = [
        include_str!("../schema/mod.rs"),
        include_str!("../schema/sign_in.rs"),
        include_str!("../schema/streams.rs"),
        include_str!("../files/schema.rs"),
        include_str!("../polls/schema.rs"),
    ];
    for line in whole.iter().flat_map(|text| text.lines()).map(str::trim) {
        if line.starts_with("diesel::joinable") {
            continue;
        }
        if let Some((name, kind)) = line.split_once(" -> ") {
            let columns = &mut tables.last_mut().unwrap().1;
            columns.push((name.to_owned(), kind.trim_end_matches(',').to_owned()));
        } else if line.ends_with(") {") {
            let name = line.split(' ').next().unwrap();
            tables.push((name.to_owned(), Vec::new()));
        }
    }
    tables
}

#[tokio::test]
async fn the_schema_says_what_the_migrations_made() {
    let place = Place::new().await;
    let declared = declared();
    assert!(declared.len() > 20, "the file is read");
    for (table, columns) in declared {
        let real = place
            .read(move |db| {
                let query = match db.sql {
                    Sql::Sqlite(_) => in_file(&table),
                    Sql::Postgres(_) => on_server(&table),
                };
                Ok((diesel::sql_query(query).load::<Named>(db.sql)?, table))
            })
            .await;
        let (real, table) = real;
        let real: Vec<(String, String)> = real
            .into_iter()
            .map(|column| (column.name, column.says))
            .collect();
        let expected: Vec<(String, String)> = columns
            .into_iter()
            .enumerate()
            .map(|(n, (name, kind))| {
                let inner = kind.trim_start_matches("Nullable<").trim_end_matches('>');
                let is_row_id = n == 0
                    && inner == "BigInt"
                    && real.first().is_some_and(|(_, says)| says == "INTEGER");
                let says = match inner {
                    "BigInt" if is_row_id => "INTEGER",
                    "BigInt" => "BIGINT",
                    "Text" => "TEXT",
                    "Binary" => "BLOB",
                    "Bool" => "BOOLEAN",
                    "Integer" => "INTEGER",
                    other => panic!("{other}"),
                };
                let prefix = if kind.starts_with("Nullable") {
                    "Nullable "
                } else {
                    ""
                };
                (name, format!("{prefix}{says}"))
            })
            .collect();
        assert_eq!(real, expected, "{table}");
    }
}

fn in_file(table: &str) -> String {
    format!(
        "SELECT name, CASE WHEN \"notnull\" THEN '' ELSE 'Nullable ' END || type AS says
        FROM pragma_table_info('{table}') ORDER BY cid"
    )
}

/// In the words of the other database.
fn on_server(table: &str) -> String {
    format!(
        "SELECT column_name::text AS name, CASE is_nullable WHEN 'NO' THEN '' ELSE 'Nullable ' END ||
            CASE data_type WHEN 'bytea' THEN 'BLOB'
                WHEN 'text' THEN CASE collation_name WHEN 'C' THEN 'TEXT' ELSE 'TEXT of another order' END
                ELSE upper(data_type) END AS says
        FROM information_schema.columns
        WHERE table_schema = 'public' AND table_name = '{table}' ORDER BY ordinal_position"
    )
}

#[tokio::test]
async fn every_reference_says_what_deletion_does() {
    let place = Place::new().await;
    let all = place
        .number(
            "SELECT count(*) FROM sqlite_schema AS s, pragma_foreign_key_list(s.name) AS f WHERE s.type = 'table'",
            "SELECT count(*) FROM pg_constraint WHERE contype = 'f'",
        )
        .await;
    let silent = place
        .number(
            "SELECT count(*) FROM sqlite_schema AS s, pragma_foreign_key_list(s.name) AS f
            WHERE s.type = 'table' AND f.on_delete = 'NO ACTION'",
            "SELECT count(*) FROM pg_constraint WHERE contype = 'f' AND confdeltype = 'a'",
        )
        .await;
    assert!(all >= 15, "{all}");
    assert_eq!(silent, 0);
}

#[tokio::test]
async fn each_step_can_be_taken_back() {
    use diesel_migrations::MigrationHarness as _;
    let directory = tempfile::tempdir().unwrap();
    let mut sql = connect::sqlite::connect(&directory.path().join("x.db")).unwrap();
    let steps = crate::store::migrate::SQLITE;
    sql.run_pending_migrations(steps).unwrap();
    sql.revert_all_migrations(crate::store::migrate::SQLITE)
        .unwrap();
    sql.run_pending_migrations(crate::store::migrate::SQLITE)
        .unwrap();
}

#[tokio::test]
async fn emptying_the_write_ahead_log_leaves_a_connection_as_patient_as_it_was() {
    let directory = tempfile::tempdir().unwrap();
    let mut sql = connect::sqlite::connect(&directory.path().join("a.db")).unwrap();
    let before = std::time::Duration::from_millis(400);
    connect::sqlite::shorten_patience(&mut sql, before).unwrap();
    assert!(connect::sqlite::checkpoint_now(&mut sql));
    assert_eq!(connect::sqlite::patience(&mut sql).unwrap(), before);
}
