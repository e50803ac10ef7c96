//! The table of a cross-validation's folds, the same in HTML, Markdown, CSV and on a terminal.

use super::format::{DASH, percent, percent_or_dash};
use crate::evaluation::{Comparison, FoldScores, mean_and_deviation};

/// What a reader must know of the table.
pub const NOTE: &str = "Test accuracy on each fold. Mean and standard deviation are over the folds; the other tables of this \
     report count the rows of all folds together.";

/// The headings after that of the model.
pub fn heading(folds: &FoldScores) -> Vec<String> {
    let each = folds.rows.iter().enumerate().map(|(i, rows)| format!("Fold {} (n = {rows}), %", i + 1));
    ["Mean, %", "Deviation, points"].map(String::from).into_iter().chain(each).collect()
}

/// The title of each entry and its cells, for [`heading`]; nothing without folds.
pub fn lines(comparison: &Comparison) -> Vec<(&str, Vec<String>)> {
    let Some(folds) = &comparison.folds else { return Vec::new() };
    let line = |accuracies: &Vec<f64>| {
        let (mean, deviation) = mean_and_deviation(accuracies).unzip();
        let spread = [percent_or_dash(mean), deviation.flatten().map_or_else(|| DASH.to_string(), |d| percent(d, 2))];
        spread.into_iter().chain(accuracies.iter().map(|&a| percent(a, 2))).collect()
    };
    comparison
        .entries
        .iter()
        .zip(&folds.accuracies)
        .map(|(e, accuracies)| (e.title.as_str(), line(accuracies)))
        .collect()
}

/// Mean and deviation of each entry on a line of its own; nothing without folds.
pub fn terminal(comparison: &Comparison) -> String {
    let Some(folds) = &comparison.folds else { return String::new() };
    let mut text = format!("over {}: mean and standard deviation of the folds' test accuracy\n", folds.rule);
    for (title, cells) in lines(comparison) {
        if let [mean, deviation, ..] = &cells[..] {
            text.push_str(&format!("  {title}: {mean} ± {deviation}\n"));
        }
    }
    text
}
