//! The scores of every entry.

use super::{Cell, Table};
use crate::evaluation::Comparison;
use crate::report::{table, words};

/// A row for each entry with the columns of [`table::COLUMNS`].
pub fn table(comparison: &Comparison) -> Table {
    let rows = table::rows(comparison).into_iter().map(|row| {
        [Cell::words(&row.entry.title), Cell::words(words::kind(row.entry))].into_iter().chain(row.cells).collect()
    });
    let own = "p of the paired test against the best single model, corrected for the number of tests.";
    let note: Vec<String> = std::iter::once(own.to_string()).chain(table::remarks(comparison)).collect();
    Table {
        id: "scores",
        title: "Scores",
        heading: ["Model", "Kind"]
            .into_iter()
            .chain(table::COLUMNS.iter().map(|c| c.title))
            .map(String::from)
            .collect(),
        words: 2,
        rows: rows.collect(),
        note: note.join(" "),
    }
}
