//! Files import each other in one direction: two files that need each other are one file, or three.
//!
//! Every path that a file names (`crate::…`, `super::…`, `self::…`, a child of its own) is led to the file that it
//! means, through re-exports too. A module and what lies below it may know each other. What is called without being
//! named (a method of a type whose `impl` lies in several files) is not seen here.

use std::collections::{BTreeMap, BTreeSet};

use super::{files, name, read};

type Module = Vec<String>;

/// Where one file names another.
struct Arrow {
    to: Module,
    line: usize,
}

struct Graph {
    files: BTreeMap<Module, String>,
    /// `pub use` of a module: the name that it gives on, and the path behind it.
    given_on: BTreeMap<(Module, String), Module>,
    arrows: BTreeMap<Module, Vec<Arrow>>,
}

/// `src/actors/shard/mod.rs` is the module `actors::shard`.
fn module_of(file: &str) -> Module {
    let path = file.trim_start_matches("src/").trim_end_matches(".rs");
    let path = path.strip_suffix("/mod").unwrap_or(path);
    path.split('/').map(ToOwned::to_owned).collect()
}

/// Only what runs in the program: tests beside the code may look wherever they like.
fn is_code(file: &str) -> bool {
    let last = file.rsplit('/').next().unwrap_or_default();
    let is_test = last.ends_with("tests.rs") || file.contains("/tests/");
    !is_test && !matches!(file, "src/lib.rs" | "src/main.rs")
}

/// The code of a file without comments, strings' contents and its inner tests; lines stay where they are.
fn code_of(text: &str) -> String {
    let before_tests = text.split("#[cfg(test)]\nmod tests {").next();
    let mut code = String::new();
    for line in before_tests.unwrap_or_default().lines() {
        let mut in_string = false;
        let mut last = ' ';
        for c in line.chars() {
            if c == '"' && last != '\\' && last != '\'' {
                in_string = !in_string;
            }
            if !in_string && c == '/' && last == '/' {
                code.pop();
                break;
            }
            if !in_string {
                code.push(c);
            }
            last = if last == '\\' { ' ' } else { c };
        }
        code.push('\n');
    }
    code
}

/// Every path in the code that begins with one of these words, lists in braces taken apart.
fn paths(code: &str, begins: &[&str]) -> Vec<(usize, Vec<String>)> {
    let mut found = Vec::new();
    for begin in begins {
        for (at, _) in code.match_indices(&format!("{begin}::")) {
            let before = code[..at].chars().next_back();
            // `$crate::`, `other_crate::`, and a word in the middle of a longer path begin nothing.
            if before.is_some_and(|c| c.is_alphanumeric() || "_$:".contains(c)) {
                continue;
            }
            let line = code[..at].matches('\n').count() + 1;
            let rest = &code[at + begin.len() + 2..];
            take_apart(rest, &mut vec![(*begin).to_owned()], &mut |path| {
                found.push((line, path.to_vec()));
            });
        }
    }
    found
}

/// Follows one path; returns how much of the text it took.
fn take_apart(text: &str, path: &mut Vec<String>, found: &mut impl FnMut(&[String])) -> usize {
    let start = text.len() - text.trim_start().len();
    let rest = &text[start..];
    if rest.starts_with('{') {
        let mut at = start + 1;
        loop {
            let skipped = text[at..].len() - text[at..].trim_start_matches([',', ' ', '\n']).len();
            at += skipped;
            if at >= text.len() || text[at..].starts_with('}') {
                return at + 1;
            }
            let depth = path.len();
            let taken = take_apart(&text[at..], path, found);
            path.truncate(depth);
            if taken == 0 {
                return at;
            }
            at += taken;
        }
    }
    let end = rest
        .find(|c: char| !(c.is_alphanumeric() || c == '_'))
        .unwrap_or(rest.len());
    if end == 0 {
        found(path);
        return start;
    }
    path.push(rest[..end].to_owned());
    if let Some(more) = rest[end..].strip_prefix("::") {
        return start + end + 2 + take_apart(more, path, found);
    }
    found(path);
    let renamed = rest[end..].strip_prefix(" as ");
    let renamed = renamed.map_or(0, |new| 4 + new.find([',', ';', '}']).unwrap_or(new.len()));
    start + end + renamed
}

/// From the root: `super` and `self` are resolved.
fn absolute(own: &Module, path: &[String]) -> Module {
    let mut at = match path.first().map(String::as_str) {
        Some("crate") => Vec::new(),
        Some("super") => own[..own.len() - 1].to_vec(),
        _ => own.clone(),
    };
    let skip = usize::from(matches!(path[0].as_str(), "crate" | "super" | "self"));
    for part in &path[skip..] {
        if part == "super" {
            at.pop();
        } else {
            at.push(part.clone());
        }
    }
    at
}

impl Graph {
    fn read() -> Self {
        let mut graph = Self {
            files: BTreeMap::new(),
            given_on: BTreeMap::new(),
            arrows: BTreeMap::new(),
        };
        let mut texts = BTreeMap::new();
        for path in files("src", &[".rs"]) {
            let file = name(&path);
            if is_code(&file) {
                let module = module_of(&file);
                texts.insert(module.clone(), code_of(&read(&path)));
                graph.files.insert(module, file);
            }
        }
        let mut named = Vec::new();
        for (own, code) in &texts {
            let children = graph.children(own);
            let mut begins = vec!["crate", "super", "self"];
            begins.extend(children.iter().map(String::as_str));
            for (line, path) in paths(code, &begins) {
                let target = absolute(own, &path);
                let text = code.lines().nth(line - 1).unwrap_or_default().trim_start();
                let gives_on = text.starts_with("pub") && text.contains(" use ");
                if let (true, Some(last)) = (gives_on, target.last()) {
                    let key = (own.clone(), last.clone());
                    graph.given_on.insert(key, target.clone());
                }
                named.push((own.clone(), line, target));
            }
        }
        for (own, line, target) in named {
            let to = graph.file_of(target);
            let related = to.starts_with(&own) || own.starts_with(&to);
            if !to.is_empty() && !related {
                graph
                    .arrows
                    .entry(own)
                    .or_default()
                    .push(Arrow { to, line });
            }
        }
        graph
    }

    fn children(&self, of: &Module) -> BTreeSet<String> {
        let below = self.files.keys().filter(|module| module.starts_with(of));
        below
            .filter_map(|module| module.get(of.len()).cloned())
            .collect()
    }

    /// The file in which the thing behind a path lies.
    fn file_of(&self, mut path: Module) -> Module {
        // A re-export may lead to another one; so many never happen.
        for _ in 0..8 {
            let known = (0..=path.len())
                .rev()
                .find(|end| self.files.contains_key(&path[..*end]));
            let Some(end) = known else { return Vec::new() };
            let Some(next) = path.get(end) else {
                return path;
            };
            let module = path[..end].to_vec();
            match self.given_on.get(&(module.clone(), next.clone())) {
                Some(behind) if *behind != path => path.clone_from(behind),
                Some(_) | None => return module,
            }
        }
        Vec::new()
    }

    /// All that can be reached along the arrows.
    fn reach(&self, from: &Module) -> BTreeSet<&Module> {
        let mut seen = BTreeSet::new();
        let mut open = vec![from];
        while let Some(at) = open.pop() {
            for arrow in self.arrows.get(at).into_iter().flatten() {
                if seen.insert(&arrow.to) {
                    open.push(&arrow.to);
                }
            }
        }
        seen
    }
}

#[test]
fn no_two_files_need_each_other() {
    let graph = Graph::read();
    let reached: BTreeMap<&Module, BTreeSet<&Module>> = graph
        .files
        .keys()
        .map(|module| (module, graph.reach(module)))
        .collect();
    let mut circles = BTreeSet::new();
    for (from, arrows) in &graph.arrows {
        for arrow in arrows {
            if reached[&arrow.to].contains(from) {
                let (file, line) = (&graph.files[from], arrow.line);
                circles.insert(format!("{file}:{line} names {}", graph.files[&arrow.to]));
            }
        }
    }
    let circles: Vec<_> = circles.into_iter().collect();
    assert!(
        circles.is_empty(),
        "circles of files:\n{}",
        circles.join("\n")
    );
}

#[test]
fn lists_renames_and_re_exports_are_led_to_their_files() {
    let text =
        "use crate::a::{self, b::C as D, e::{F, G}}; // crate::not::this\nlet x = super::h::I;";
    let found: Vec<String> = paths(&code_of(text), &["crate", "super"])
        .into_iter()
        .map(|(line, path)| format!("{line} {}", path.join("::")))
        .collect();
    let expected = [
        "1 crate::a::self",
        "1 crate::a::b::C",
        "1 crate::a::e::F",
        "1 crate::a::e::G",
        "2 super::h::I",
    ];
    assert_eq!(found, expected);
    let graph = Graph::read();
    let path = |text: &str| text.split("::").map(ToOwned::to_owned).collect();
    assert_eq!(graph.file_of(path("store::Event")), ["store"]);
    assert_eq!(
        graph.file_of(path("store::StoreOptions")),
        ["store", "options"]
    );
}
