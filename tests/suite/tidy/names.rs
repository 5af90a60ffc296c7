//! Documents and comments name files, folders, items and tests: each of them is there. (Decisions may name what was
//! there on their day.)

use std::collections::BTreeSet;
use std::path::Path;

use super::{files, name, read, root};

/// What a name of a file ends with. (Pictures, pages and JSON are mostly examples.)
const ENDINGS: &[&str] = &[
    ".rs", ".md", ".py", ".mjs", ".js", ".sql", ".toml", ".css", ".svg",
];

/// Names of files that are not kept in the tree.
const ELSEWHERE: &[&str] = &["groundnut.toml"];

/// Where paths begin that are not ours, beside the crates of the manifest.
const FOREIGN: &[&str] = &["std", "core", "clippy", "rustdoc"];

/// Every path of the tree that a document may name.
struct Tree {
    files: Vec<String>,
    folders: BTreeSet<String>,
    /// The text of each file of code, and the words of all of them, for names of items.
    code: Vec<String>,
    words: BTreeSet<String>,
    crates: BTreeSet<String>,
}

impl Tree {
    fn new() -> Self {
        let mut paths = Vec::new();
        for folder in [
            "src",
            "tests",
            "benches",
            "docs",
            "migrations",
            "scripts",
            ".ci",
        ] {
            paths.extend(files(folder, &[""]));
        }
        let mut known: Vec<String> = paths.iter().map(|path| name(path)).collect();
        let top = std::fs::read_dir(root()).expect("the tree");
        known.extend(
            top.map_while(Result::ok)
                .map(|entry| entry.file_name().to_string_lossy().into_owned()),
        );
        let mut folders = BTreeSet::new();
        for path in &known {
            let mut at = Path::new(path);
            while let Some(parent) = at.parent() {
                folders.insert(parent.display().to_string());
                at = parent;
            }
        }
        let code = paths.iter().filter(|path| name(path).ends_with(".rs"));
        let code: Vec<String> = code.map(|path| read(path)).collect();
        let words = code.iter().flat_map(|text| words(text)).collect();
        Self {
            files: known,
            folders,
            code,
            words,
            crates: crates(),
        }
    }

    /// The files that a name may mean: the whole path, or its end.
    fn find(&self, named: &str) -> Vec<&str> {
        let end = format!("/{named}");
        let fits = |path: &&String| **path == named || path.ends_with(&end);
        self.files.iter().filter(fits).map(String::as_str).collect()
    }

    fn has_folder(&self, named: &str) -> bool {
        let end = format!("/{named}");
        let mut folders = self.folders.iter();
        folders.any(|path| path == named || path.ends_with(&end))
    }

    /// What is wrong with a word of a document, if anything is.
    fn objection(&self, word: &str) -> Option<String> {
        let (path, items) = match word.split_once("::") {
            Some((path, items)) => (path, Some(items)),
            None => (word, None),
        };
        if ENDINGS.iter().any(|ending| path.ends_with(ending)) {
            if path.starts_with(['/', '.']) || ELSEWHERE.contains(&path) {
                return None;
            }
            let found = self.find(path);
            if found.is_empty() {
                return Some(format!("no file {path}"));
            }
            let items = items?;
            let defined = found.iter().any(|file| {
                items
                    .split("::")
                    .all(|item| defines(&read(&root().join(file)), item))
            });
            return (!defined).then(|| format!("{path} defines no {items}"));
        }
        if let Some(folder) = word.strip_suffix('/') {
            let is_path = folder.contains('/') && !folder.contains("//");
            let wrong = is_path && !folder.starts_with('/') && !self.has_folder(folder);
            return wrong.then(|| format!("no folder {folder}"));
        }
        // `Engine::post_message`, `http::channels::messages::create`: each part is a word of the code.
        items?;
        let parts: Vec<&str> = word.split("::").collect();
        let is_foreign = |first: &&str| FOREIGN.contains(first) || self.crates.contains(*first);
        if parts.first().is_some_and(is_foreign) || !parts.iter().all(|part| is_name(part)) {
            return None;
        }
        if let Some(unknown) = parts.iter().find(|part| !self.words.contains(**part)) {
            return Some(format!("no {unknown} in the code: {word}"));
        }
        // Of a type and its item: one file at least speaks of the type and defines the item.
        let [.., kind, item] = parts[..] else {
            return None;
        };
        let is_type = kind.starts_with(|c: char| c.is_ascii_uppercase());
        let home = |text: &String| text.contains(kind) && defines(text, item);
        (is_type && !self.code.iter().any(home)).then(|| format!("no {word} in the code"))
    }
}

/// The crates that the manifest names, as code writes them.
fn crates() -> BTreeSet<String> {
    let manifest = read(&root().join("Cargo.toml"));
    let names = manifest.lines().filter_map(|line| line.split_once(" = "));
    names.map(|(name, _)| name.replace('-', "_")).collect()
}

fn is_name(word: &str) -> bool {
    !word.is_empty() && word.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

fn words(text: &str) -> BTreeSet<String> {
    let code = text
        .lines()
        .map(|line| line.split("//").next().unwrap_or_default());
    code.flat_map(|line| line.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_')))
        .filter(|word| !word.is_empty())
        .map(ToOwned::to_owned)
        .collect()
}

/// Whether a file defines an item, a variant or a setting of this name.
fn defines(text: &str, item: &str) -> bool {
    let item = item.trim_end_matches("()");
    text.lines().any(|line| {
        let line = line.trim_start();
        let line = match line.strip_prefix("pub(") {
            Some(rest) => rest.split_once(") ").map_or(line, |(_, item)| item),
            None => line.strip_prefix("pub ").unwrap_or(line),
        };
        let line = ["const ", "async ", "unsafe "]
            .iter()
            .fold(line, |line, word| line.strip_prefix(word).unwrap_or(line));
        let kinds = [
            "fn ",
            "struct ",
            "enum ",
            "trait ",
            "type ",
            "mod ",
            "static ",
            "macro_rules! ",
        ];
        let kind = kinds.iter().find_map(|kind| line.strip_prefix(kind));
        let rest = kind.unwrap_or(line);
        let begins = rest.strip_prefix(item);
        begins.is_some_and(|after| {
            let follows = after.chars().next();
            let ends = follows.is_none_or(|c| !(c.is_ascii_alphanumeric() || c == '_'));
            // Without a word before it: a constant, a variant, a field, a row of a table.
            ends && (kind.is_some() || matches!(follows, Some(':' | ',' | '(' | ' ')))
        })
    })
}

/// The words of a piece of prose that may be paths; one with a list in braces is several of them.
fn candidates(prose: &str) -> Vec<String> {
    let outside = |c: char| !(c.is_ascii_alphanumeric() || "_./:{},-".contains(c));
    let mut found = Vec::new();
    for word in prose.split(outside) {
        let word = word.trim_end_matches(|c: char| ".,:".contains(c));
        let whole = word.trim_start_matches("./");
        match (whole.find('{'), whole.find('}')) {
            (Some(open), Some(close)) if open < close => {
                let (head, tail) = (&whole[..open], &whole[close + 1..]);
                let parts = whole[open + 1..close].split(',');
                found.extend(parts.map(|part| format!("{head}{part}{tail}")));
            }
            (None, None) => found.extend(
                whole
                    .split(',')
                    .map(|part| part.trim_end_matches(|c: char| ".:".contains(c)).to_owned()),
            ),
            _ => {}
        }
    }
    found
}

/// The parts of a document that are not addresses of the web.
fn without_addresses(line: &str) -> String {
    let keep = |word: &&str| !word.contains("://") && !word.contains("www.");
    line.split(' ').filter(keep).collect::<Vec<_>>().join(" ")
}

/// What a line of this kind of file says to its reader.
fn prose<'l>(file: &str, line: &'l str) -> Option<&'l str> {
    let mark = match file.rsplit_once('.').map_or("", |(_, ending)| ending) {
        "md" => return Some(line),
        "rs" | "js" | "mjs" => "//",
        "sql" => "--",
        _ => "#",
    };
    // Within a line of code a mark without a space before it is part of a string.
    let at = match line.trim_start().starts_with(mark) {
        true => line.find(mark)?,
        false => line.find(&format!(" {mark} "))? + 1,
    };
    Some(&line[at + mark.len()..])
}

#[test]
fn every_file_and_item_that_is_named_is_there() {
    let tree = Tree::new();
    let mut wrong = Vec::new();
    let mut documents = vec![root().join("README.md"), root().join("Cargo.toml")];
    let records = root().join("docs/decisions");
    documents.extend(
        files("docs", &[".md"])
            .into_iter()
            .filter(|path| !path.starts_with(&records)),
    );
    for folder in ["src", "tests", "benches", "migrations", "scripts"] {
        documents.extend(files(
            folder,
            &[
                ".rs", ".py", ".mjs", ".js", ".sql", "check", "test", "bench",
            ],
        ));
    }
    for path in documents {
        let file = name(&path);
        for (number, line) in read(&path).lines().enumerate() {
            let Some(prose) = prose(&file, line) else {
                continue;
            };
            for word in candidates(&without_addresses(prose)) {
                if let Some(objection) = tree.objection(&word) {
                    wrong.push(format!("{file}:{}: {objection}", number + 1));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_test_that_a_document_names_is_there() {
    let tree = Tree::new();
    let mut wrong = Vec::new();
    for path in files("docs", &[".md"]) {
        for (number, line) in read(&path).lines().enumerate() {
            for word in line.split('`').skip(1).step_by(2) {
                let last = word.rsplit("::").next().unwrap_or_default();
                // So many words are a sentence, which only tests have for a name.
                let is_sentence = is_name(last) && last.matches('_').count() >= 5;
                if is_sentence && last == last.to_lowercase() && !tree.words.contains(last) {
                    wrong.push(format!("{}:{}: no test {last}", name(&path), number + 1));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
