//! Balanced scores with their bootstrap intervals, and differences from the best single model.

use super::{Cell, Table};
use crate::evaluation::{Bootstrap, Comparison};
use crate::report::format::count;

/// A row for each entry: balanced accuracy, macro-F1 and the macro means of both areas, all of which count a rare class
/// as much as a frequent one.
pub fn table(comparison: &Comparison) -> Table {
    let mut table = Table {
        id: "balanced",
        title: "Each class counted alike",
        heading: [
            "Model",
            "Balanced accuracy, %",
            "95 % interval",
            "Minus best single, 95 % interval, points",
            "Macro-F1, %",
            "95 % interval",
            "Minus best single, 95 % interval, points",
            "Mean ROC area, %",
            "Mean average precision, %",
        ]
        .map(String::from)
        .into(),
        words: 1,
        rows: rows(comparison),
        note: note(comparison.bootstrap.as_ref()),
    };
    for column in [1, 4, 7, 8] {
        table.mark(column, true);
    }
    table
}

fn rows(comparison: &Comparison) -> Vec<Vec<Cell>> {
    let models = comparison.bootstrap.as_ref().map(|b| b.models.as_slice()).unwrap_or_default();
    comparison
        .entries
        .iter()
        .enumerate()
        .map(|(i, entry)| {
            let own = models.get(i).map(|m| m.scores);
            let difference = models.get(i).and_then(|m| m.minus_reference);
            let m = &entry.test.metrics;
            vec![
                Cell::words(&entry.title),
                Cell::share(m.balanced_accuracy),
                Cell::interval(own.map(|s| s.balanced_accuracy)),
                Cell::interval_of_points(difference.map(|s| s.balanced_accuracy)),
                Cell::share(m.macro_f1),
                Cell::interval(own.map(|s| s.macro_f1)),
                Cell::interval_of_points(difference.map(|s| s.macro_f1)),
                Cell::share(entry.ranking.as_ref().and_then(|r| r.macro_roc_auc)),
                Cell::share(entry.ranking.as_ref().and_then(|r| r.macro_average_precision)),
            ]
        })
        .collect()
}

fn note(bootstrap: Option<&Bootstrap>) -> String {
    let drawn = bootstrap.map_or_else(String::new, |b| {
        let times = count(u64::from(b.plan.resamples));
        match b.clusters {
            Some(subjects) => format!(
                "Intervals: {times} bootstrap resamples of the {} subjects, all rows of a subject together. ",
                count(subjects)
            ),
            None => format!("Intervals: {times} bootstrap resamples of the test rows inside each class. "),
        }
    });
    format!(
        "{drawn}Differences from the best single model are those on the same resamples: an interval that leaves zero out is \
         evidence, before any correction for their number. The areas are those under the ROC and the precision-recall curves, one class against the rest, their mean \
         over the classes."
    )
}
