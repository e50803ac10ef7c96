//! The table of scores, the same in HTML, Markdown and on the terminal.

use super::format::percent;
use super::tables::Cell;
use crate::dataset::Split;
use crate::evaluation::{Comparison, Entry};
use crate::recipe::AggregateMethod;

/// A column after the entry's name.
pub struct Column {
    /// Its heading.
    pub title: &'static str,
    /// Its heading where room is short; `None` where there is none for it.
    pub short: Option<&'static str>,
    best: Best,
    read: fn(&Comparison, &Entry) -> Cell,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Best {
    Highest,
    Lowest,
    None,
}

/// One entry.
pub struct Row<'a> {
    /// The entry.
    pub entry: &'a Entry,
    /// One cell for each of [`COLUMNS`].
    pub cells: Vec<Cell>,
}

/// The statistics shown, in this order.
pub const COLUMNS: [Column; 9] = [
    Column {
        title: "Validation accuracy, %",
        short: Some("Validation"),
        best: Best::Highest,
        read: |c, e| accuracy(e.validation.metrics.accuracy, e.weights_fitted && !c.is_chosen_on_test()),
    },
    Column {
        title: "Test accuracy, %",
        short: Some("Test"),
        best: Best::Highest,
        read: |c, e| accuracy(e.test.metrics.accuracy, e.weights_fitted && c.is_chosen_on_test()),
    },
    Column {
        title: "95 % interval",
        short: Some("95 % interval"),
        best: Best::None,
        read: |_, e| Cell::interval(Some(e.test.metrics.accuracy_interval)),
    },
    Column {
        title: "Balanced accuracy, %",
        short: Some("Balanced"),
        best: Best::Highest,
        read: |_, e| Cell::share(e.test.metrics.balanced_accuracy),
    },
    Column {
        title: "Macro-F1, %",
        short: Some("Macro-F1"),
        best: Best::Highest,
        read: |_, e| Cell::share(e.test.metrics.macro_f1),
    },
    Column {
        title: "Without identical rows, %",
        short: Some("No identical"),
        best: Best::Highest,
        read: |_, e| Cell::share(e.test.metrics.accuracy_without_duplicates.as_ref().map(|r| r.accuracy)),
    },
    Column {
        title: "Without near duplicates, %",
        short: None,
        best: Best::Highest,
        read: |_, e| Cell::share(e.test.metrics.accuracy_without_near_duplicates.as_ref().map(|r| r.accuracy)),
    },
    Column {
        title: "Log loss",
        short: Some("Log loss"),
        best: Best::Lowest,
        read: |_, e| Cell::or_dash(e.test.metrics.log_loss, |v| format!("{v:.4}")),
    },
    Column {
        title: "p against best single",
        short: Some("p"),
        best: Best::None,
        read: |c, e| match &e.versus_best_single {
            Some(test) => Cell::p(Some(test.p_holm)),
            None if c.best_single.as_ref() == Some(&e.name) => Cell::words("best single"),
            None => Cell::share(None),
        },
    },
];

/// Weights chosen on these very rows make the figure too good to be the best.
fn accuracy(accuracy: f64, fitted_here: bool) -> Cell {
    match fitted_here {
        true => Cell::number(format!("{} †", percent(accuracy, 2)), accuracy),
        false => Cell::share(Some(accuracy)),
    }
}

/// Explains the mark behind the accuracy of fitted weights.
pub fn fitted_note(chosen_on: Split) -> String {
    format!("† weights fitted on the {chosen_on} rows: this {chosen_on} accuracy is too good and not marked as best.")
}

/// Says what the accuracy of a stacked aggregate is on the rows that it was fitted on.
pub fn stacked_note(chosen_on: Split) -> String {
    let split = chosen_on.name();
    let initial = split[..1].to_uppercase();
    format!(
        "{initial}{} accuracy of stacking is out-of-fold: each row is predicted by a stacker fitted on the other four fifths of \
         the {split} rows.",
        &split[1..]
    )
}

/// Every entry with its cells, in the order of the comparison, the best of each column marked.
pub fn rows(comparison: &Comparison) -> Vec<Row<'_>> {
    let mut rows: Vec<Row<'_>> = comparison
        .entries
        .iter()
        .map(|entry| Row { entry, cells: COLUMNS.iter().map(|column| (column.read)(comparison, entry)).collect() })
        .collect();
    for (i, column) in COLUMNS.iter().enumerate() {
        // Texts are compared, not numbers: what looks equal is marked as equal.
        let candidates = rows.iter().map(|r| &r.cells[i]).filter(|c| !c.text.contains('†'));
        let best = match column.best {
            Best::Highest => candidates.filter_map(|c| c.value).max_by(f64::total_cmp),
            Best::Lowest => candidates.filter_map(|c| c.value).min_by(f64::total_cmp),
            Best::None => None,
        };
        let text =
            rows.iter().map(|r| &r.cells[i]).find(|c| best.is_some() && c.value == best && !c.text.contains('†'));
        let Some(text) = text.map(|c| c.text.clone()) else { continue };
        for row in &mut rows {
            row.cells[i].best = row.cells[i].text == text;
        }
    }
    rows
}

/// What a reader must know of the accuracies on the rows that were chosen on.
pub fn remarks(comparison: &Comparison) -> Vec<String> {
    let any = |which: fn(&Entry) -> bool, note: fn(Split) -> String| {
        comparison.entries.iter().any(which).then(|| note(comparison.chosen_on))
    };
    let fitted = any(|e| e.weights_fitted, fitted_note);
    let stacked = any(|e| e.method == Some(AggregateMethod::Stacking), stacked_note);
    fitted.into_iter().chain(stacked).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture;

    #[test]
    fn the_best_of_each_column_is_marked_and_equals_share_it() {
        let mut comparison = fixture::comparison();
        let n = comparison.entries.len();
        for (i, entry) in comparison.entries.iter_mut().enumerate() {
            entry.test.metrics.accuracy = if i >= n - 2 { 0.7 } else { 0.5 };
            entry.test.metrics.log_loss = Some(i as f64);
            entry.test.metrics.balanced_accuracy = None;
        }
        let rows = rows(&comparison);
        let marked = |column: usize| -> Vec<usize> { (0..n).filter(|i| rows[*i].cells[column].best).collect() };
        assert_eq!(marked(1), [n - 2, n - 1]);
        assert_eq!(marked(7), [0]);
        assert_eq!((marked(2), marked(3)), (vec![], vec![]));
        assert!(rows.iter().all(|r| r.cells[3].text == "–"));
    }

    #[test]
    fn fitted_weights_never_have_the_best_validation_accuracy() {
        let mut comparison = fixture::comparison();
        let fitted = comparison.entries.iter().position(|e| e.weights_fitted).unwrap();
        comparison.entries[fitted].validation.metrics.accuracy = 0.999;
        let rows = rows(&comparison);
        assert!(!rows[fitted].cells[0].best && rows[fitted].cells[0].text.ends_with('†'));
        assert_eq!(rows.iter().filter(|r| r.cells[0].best).count(), 1);
        assert_eq!(remarks(&comparison), [fitted_note(Split::Validation)]);
    }

    #[test]
    fn stacking_may_be_the_best_on_validation_and_is_said_to_be_out_of_fold() {
        let mut comparison = fixture::comparison();
        comparison.entries[4].method = Some(AggregateMethod::Stacking);
        comparison.entries[4].validation.metrics.accuracy = 0.999;
        let stacked = &rows(&comparison)[4].cells[0];
        assert!(stacked.best && stacked.text == "99.90");
        assert_eq!(remarks(&comparison), [fitted_note(Split::Validation), stacked_note(Split::Validation)]);
        let said = crate::report::summary(&comparison).join("\n");
        assert!(said.contains("(99.90 % there, out of fold)"), "{said}");
        assert!(crate::report::terminal_table(&comparison).contains(&stacked_note(Split::Validation)));
    }
}
