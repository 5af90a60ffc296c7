//! Small files.

use super::{files, name, read};

#[test]
fn no_file_has_more_than_400_lines() {
    let mut long = Vec::new();
    for folder in ["src", "tests", "benches"] {
        for path in files(folder, &[".rs", ".py", ".mjs"]) {
            let lines = read(&path).lines().count();
            if lines > 400 {
                long.push(format!("{}: {lines} lines", name(&path)));
            }
        }
    }
    assert!(long.is_empty(), "split these:\n{}", long.join("\n"));
}

#[test]
fn no_script_has_more_than_60_lines() {
    for path in files("scripts", &[""]) {
        let text = read(&path);
        assert!(text.lines().count() <= 60, "{}", name(&path));
        assert!(
            text.starts_with("#!/bin/sh\n# "),
            "{}: says first what it does",
            name(&path)
        );
    }
}
