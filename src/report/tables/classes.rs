//! How well each class is found on the test split, and what it is taken for.

use super::{Cell, Table};
use crate::evaluation::{Comparison, Entry, wilson};
use crate::report::format::{count, percent};

/// Confusions named for each entry.
const MOST_CONFUSED: usize = 3;

const HEADING: [&str; 10] = [
    "Class",
    "Precision, %",
    "95 % interval",
    "Recall, %",
    "95 % interval",
    "F1, %",
    "Support",
    "ROC area, %",
    "Average precision, %",
    "by chance, %",
];

const NOTE: &str = "Intervals are Wilson's (1927). ROC area and average precision are those of the class against the rest; by \
     chance the former is 50 %, the latter the share of the class.";

/// A row for each class of one entry.
pub fn of_entry(entry: &Entry) -> Table {
    let rows = (0..entry.test.metrics.per_class.len()).map(|class| row(entry, class));
    Table {
        id: "classes",
        title: "Classes on the test split",
        heading: HEADING.map(String::from).into(),
        words: 1,
        rows: rows.collect(),
        note: NOTE.into(),
    }
}

/// The classes of all entries below each other.
pub fn table(comparison: &Comparison) -> Table {
    let of = |entry: &Entry| {
        let title = Cell::words(&entry.title);
        of_entry(entry).rows.into_iter().map(move |row| [title.clone()].into_iter().chain(row).collect())
    };
    Table {
        id: "classes",
        title: "Classes on the test split",
        heading: ["Model"].into_iter().chain(HEADING).map(String::from).collect(),
        words: 2,
        rows: comparison.entries.iter().flat_map(of).collect(),
        note: NOTE.into(),
    }
}

fn row(entry: &Entry, class: usize) -> Vec<Cell> {
    let metrics = &entry.test.metrics.per_class[class];
    let confusion = &entry.test.confusion;
    let right = confusion.counts().get([class, class]).copied().unwrap_or_default();
    let ranking = entry.ranking.as_ref().and_then(|r| r.per_class.get(class));
    vec![
        Cell::words(&metrics.name),
        Cell::share(metrics.precision),
        Cell::interval(wilson(right, confusion.predicted(class))),
        Cell::share(metrics.recall),
        Cell::interval(wilson(right, metrics.support)),
        Cell::share(metrics.f1),
        Cell::count(metrics.support),
        Cell::share(ranking.and_then(|r| r.roc_auc)),
        Cell::share(ranking.and_then(|r| r.average_precision)),
        Cell::share(ranking.and_then(|r| r.average_precision.map(|_| r.prevalence))),
    ]
}

/// The confusions that cost most rows: `sad taken for neutral 123 times (20.7 % of sad)`; empty without mistakes.
pub fn most_confused(entry: &Entry) -> String {
    let confusion = &entry.test.confusion;
    let mut mistakes: Vec<(u64, usize, usize)> = confusion
        .counts()
        .indexed_iter()
        .filter(|((truth, predicted), n)| truth != predicted && **n > 0)
        .map(|((truth, predicted), &n)| (n, truth, predicted))
        .collect();
    mistakes.sort_by(|a, b| b.0.cmp(&a.0).then(a.cmp(b)));
    let said = mistakes.iter().take(MOST_CONFUSED).map(|&(n, truth, predicted)| {
        let (name, other) = (&confusion.classes()[truth], &confusion.classes()[predicted]);
        let share = percent(n as f64 / confusion.support(truth) as f64, 1);
        format!("{name} taken for {other} {} times ({share} % of {name})", count(n))
    });
    said.collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluation::ConfusionMatrix;
    use crate::report::fixture;

    #[test]
    fn the_confusions_that_cost_most_come_first() {
        let mut entry = fixture::comparison().entries.swap_remove(0);
        let names = entry.test.confusion.classes().to_vec();
        let labels = [0, 0, 0, 0, 1, 1, 2];
        entry.test.confusion = ConfusionMatrix::new(&names, &labels, &[0, 1, 1, 2, 0, 1, 2]).unwrap();
        let said = most_confused(&entry);
        let [a, b, c] = [&names[0], &names[1], &names[2]];
        let expected = format!(
            "{a} taken for {b} 2 times (50.0 % of {a}); {a} taken for {c} 1 times (25.0 % of {a}); \
             {b} taken for {a} 1 times (50.0 % of {b})"
        );
        assert_eq!(said, expected);
        entry.test.confusion = ConfusionMatrix::new(&names, &labels, &labels).unwrap();
        assert_eq!(most_confused(&entry), "");
    }
}
