//! The operator's lists: as a table for a terminal, as one JSON array for programs.

use std::io::Write;

use comfy_table::Table;
use serde_json::Value;

use super::Done;

/// Rows of a list, in both forms.
pub(super) struct List {
    table: Table,
    objects: Vec<Value>,
}

impl List {
    /// Without rows.
    pub(super) fn new<const N: usize>(headings: [&str; N]) -> Self {
        let mut table = Table::new();
        table.load_preset(comfy_table::presets::NOTHING);
        table.set_header(headings);
        Self {
            table,
            objects: Vec::new(),
        }
    }

    /// One row more.
    pub(super) fn push<const N: usize>(&mut self, cells: [String; N], object: Value) {
        self.table.add_row(cells);
        self.objects.push(object);
    }

    /// To standard output.
    pub(super) fn print(self, json: bool) -> Done {
        let mut out = std::io::stdout().lock();
        if json {
            writeln!(out, "{}", Value::Array(self.objects))?;
            return Ok(());
        }
        for line in self.table.lines() {
            writeln!(out, "{}", line.trim())?;
        }
        Ok(())
    }
}
