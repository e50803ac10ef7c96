//! The folds of a cross-validation.

use super::{Cell, Table};
use crate::evaluation::{Comparison, mean_and_deviation};

/// A row for each entry; `None` without folds.
pub fn table(comparison: &Comparison) -> Option<Table> {
    let folds = comparison.folds.as_ref()?;
    let each = folds.rows.iter().enumerate().map(|(i, rows)| format!("Fold {} (n = {rows}), %", i + 1));
    let rows = comparison.entries.iter().zip(&folds.accuracies).map(|(entry, accuracies)| {
        let (mean, deviation) = mean_and_deviation(accuracies).unzip();
        [Cell::words(&entry.title), Cell::share(mean), Cell::share(deviation.flatten())]
            .into_iter()
            .chain(accuracies.iter().map(|&a| Cell::share(Some(a))))
            .collect()
    });
    let mut table = Table {
        id: "folds",
        title: "Folds",
        heading: ["Model", "Mean, %", "Deviation, points"].map(String::from).into_iter().chain(each).collect(),
        words: 1,
        rows: rows.collect(),
        note: "Test accuracy on each fold. Mean and standard deviation are over the folds; the other tables of this report count \
               the rows of all folds together."
            .into(),
    };
    table.mark(1, true);
    Some(table)
}

/// Mean and deviation of each entry on a line of its own; nothing without folds.
pub fn terminal(comparison: &Comparison) -> String {
    let (Some(folds), Some(table)) = (&comparison.folds, table(comparison)) else { return String::new() };
    let mut text = format!("over {}: mean and standard deviation of the folds' test accuracy\n", folds.rule);
    for row in table.rows {
        if let [title, mean, deviation, ..] = &row[..] {
            text.push_str(&format!("  {}: {} ± {}\n", title.text, mean.text, deviation.text));
        }
    }
    text
}
