//! CSV: one line for each entry and split with all its statistics, and confusion matrices.

use crate::error::{Error, Result};
use crate::evaluation::{Comparison, ConfusionMatrix, Entry, EntryKind, Scores};

use super::words;

/// The columns before those of the classes. Shares go from 0 to 1; an undefined statistic is an empty field.
const COLUMNS: [&str; 28] = [
    "experiment",
    "dataset",
    "synthetic_faces",
    "chosen_on",
    "entry",
    "title",
    "kind",
    "family",
    "split",
    "rows",
    "correct",
    "accuracy",
    "accuracy_low",
    "accuracy_high",
    "balanced_accuracy",
    "macro_f1",
    "log_loss",
    "accuracy_without_identical",
    "rows_without_identical",
    "rows_identical",
    "accuracy_without_near_duplicates",
    "rows_without_near_duplicates",
    "rows_near_duplicates",
    "reference",
    "only_this_right",
    "only_reference_right",
    "p",
    "p_holm",
];

/// `metrics.csv`: a line for each entry and split (validation, then test) with all scalar statistics; then, for each
/// class, `precision:CLASS`, `recall:CLASS`, `f1:CLASS` and `support:CLASS`.
///
/// Shares go from 0 to 1 with six decimals; an undefined statistic is an empty field. The paired test stands in the
/// line of the test split.
///
/// # Errors
/// [`Error::Backend`] when a line cannot be written.
pub fn metrics(comparison: &Comparison) -> Result<Vec<u8>> {
    let mut header: Vec<String> = COLUMNS.iter().map(|c| c.to_string()).collect();
    for class in &comparison.dataset.classes {
        header.extend(["precision", "recall", "f1", "support"].iter().map(|m| format!("{m}:{class}")));
    }
    let mut lines = vec![header];
    for entry in &comparison.entries {
        lines.push(line(comparison, entry, "validation", &entry.validation));
        lines.push(line(comparison, entry, "test", &entry.test));
    }
    write(&lines)
}

fn line(comparison: &Comparison, entry: &Entry, split: &str, scores: &Scores) -> Vec<String> {
    let m = &scores.metrics;
    let kept = m.accuracy_without_duplicates.as_ref();
    let unlike = m.accuracy_without_near_duplicates.as_ref();
    let test = entry.versus_best_single.as_ref().filter(|_| split == "test");
    let whole = |n: Option<u64>| n.map_or_else(String::new, |n| n.to_string());
    let p = |p: Option<f64>| p.map_or_else(String::new, |p| format!("{p:.6e}"));
    let kind = match entry.kind {
        EntryKind::Single => "single",
        EntryKind::External => "external",
        EntryKind::Aggregate => "aggregate",
    };
    let mut fields = vec![
        comparison.experiment.clone(),
        comparison.dataset.name.clone(),
        comparison.dataset.synthetic.to_string(),
        comparison.chosen_on.to_string(),
        entry.name.clone(),
        entry.title.clone(),
        kind.to_string(),
        entry.family.clone(),
        split.to_string(),
        m.rows.to_string(),
        m.correct.to_string(),
        share(Some(m.accuracy)),
        share(Some(m.accuracy_interval[0])),
        share(Some(m.accuracy_interval[1])),
        share(m.balanced_accuracy),
        share(m.macro_f1),
        share(m.log_loss),
        share(kept.map(|k| k.accuracy)),
        whole(kept.map(|k| k.rows)),
        whole(kept.map(|k| k.left_out)),
        share(unlike.map(|k| k.accuracy)),
        whole(unlike.map(|k| k.rows)),
        whole(unlike.map(|k| k.left_out)),
        test.map_or_else(String::new, |t| t.reference.clone()),
        whole(test.map(|t| t.only_this_right)),
        whole(test.map(|t| t.only_reference_right)),
        p(test.map(|t| t.p)),
        p(test.map(|t| t.p_holm)),
    ];
    for class in &m.per_class {
        fields.extend([share(class.precision), share(class.recall), share(class.f1), class.support.to_string()]);
    }
    fields
}

fn share(value: Option<f64>) -> String {
    value.map_or_else(String::new, |v| format!("{v:.6}"))
}

/// A confusion matrix as counts: a line for each true class, a column for each predicted one.
///
/// # Errors
/// [`Error::Backend`] when a line cannot be written.
pub fn confusion_counts(matrix: &ConfusionMatrix, synthetic: bool) -> Result<Vec<u8>> {
    grid(matrix, synthetic, |row, column| matrix.counts()[[row, column]].to_string())
}

/// A confusion matrix as shares of each row from 0 to 1; fields of a class without rows are empty.
///
/// # Errors
/// [`Error::Backend`] when a line cannot be written.
pub fn confusion_shares(matrix: &ConfusionMatrix, synthetic: bool) -> Result<Vec<u8>> {
    let shares = matrix.row_normalised();
    grid(matrix, synthetic, |row, column| share(shares[[row, column]]))
}

fn grid(matrix: &ConfusionMatrix, synthetic: bool, field: impl Fn(usize, usize) -> String) -> Result<Vec<u8>> {
    let classes = matrix.classes();
    // The corner is the one field without a number: it says what rows and columns are, and whose faces they count.
    let corner = match synthetic {
        true => format!("true\\predicted ({})", words::SYNTHETIC_SHORT),
        false => "true\\predicted".to_string(),
    };
    let mut lines = vec![std::iter::once(corner).chain(classes.iter().cloned()).collect::<Vec<_>>()];
    for (row, class) in classes.iter().enumerate() {
        let fields = (0..classes.len()).map(|column| field(row, column));
        lines.push(std::iter::once(class.clone()).chain(fields).collect());
    }
    write(&lines)
}

fn write(lines: &[Vec<String>]) -> Result<Vec<u8>> {
    let failed = |e: String| Error::backend("csv", "write a line", e);
    let mut writer = csv::Writer::from_writer(Vec::new());
    for line in lines {
        writer.write_record(line).map_err(|e| failed(e.to_string()))?;
    }
    writer.into_inner().map_err(|e| failed(e.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture;

    fn text(bytes: Result<Vec<u8>>) -> String {
        String::from_utf8(bytes.unwrap()).unwrap()
    }

    #[test]
    fn metrics_csv() {
        insta::assert_snapshot!(text(metrics(&fixture::comparison())));
    }

    #[test]
    fn confusion_csv_says_that_the_faces_are_drawn() {
        let classes = ["a".to_string(), "b, c".to_string()];
        let matrix = ConfusionMatrix::new(&classes, &[0, 0, 0], &[0, 0, 1]).unwrap();
        let counts = text(confusion_counts(&matrix, true));
        assert_eq!(counts, "true\\predicted (synthetic faces),a,\"b, c\"\na,2,1\n\"b, c\",0,0\n");
        let shares = text(confusion_shares(&matrix, false));
        assert_eq!(shares, "true\\predicted,a,\"b, c\"\na,0.666667,0.333333\n\"b, c\",,\n");
    }
}
