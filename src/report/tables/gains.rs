//! What each fusion gains over what it is made from, class by class.

use super::{Cell, Table};
use crate::evaluation::{Comparison, Relation};
use crate::report::words::LEVEL;

/// A row for each fusion whose trunk or members are in the comparison, a column for each class.
pub fn table(comparison: &Comparison) -> Table {
    let title = |name: &str| comparison.entry(name).map_or(name, |e| &e.title).to_string();
    let rows = comparison.fusion_gains.iter().map(|gain| {
        let over = match gain.relation {
            Relation::Trunk => title(&gain.over),
            Relation::BestMember => format!("{}, its best member", title(&gain.over)),
        };
        let classes = gain.per_class.iter().map(|class| {
            let cell = Cell::points(class.recall_gain());
            Cell { best: class.p_holm < LEVEL, ..cell }
        });
        [Cell::words(title(&gain.fusion)), Cell::words(over)].into_iter().chain(classes).collect()
    });
    let classes = comparison.dataset.classes.iter().map(|class| format!("{class}, points"));
    Table {
        id: "fusion-gains",
        title: "Where each fusion helps",
        heading: ["Fusion", "Over"].map(String::from).into_iter().chain(classes).collect(),
        words: 2,
        rows: rows.collect(),
        note: "Recall on the test rows of each class minus that of the network without the feature, or of the member that is best \
               on validation, in percentage points. Marked: the exact McNemar test on the rows of that class is evidence (below \
               0.05 after Holm's correction over the classes)."
            .into(),
    }
}
