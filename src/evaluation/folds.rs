//! Accuracy fold by fold.

use std::collections::{HashMap, HashSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::predictions::Predictions;

/// The folds of a cross-validation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FoldScores {
    /// How rows were dealt, in words.
    pub rule: String,
    /// Test rows of each fold.
    pub rows: Vec<u64>,
    /// Test accuracy of each entry on each fold, from 0 to 1, in the order of the entries.
    pub accuracies: Vec<Vec<f64>>,
    /// Subjects with rows in more than one fold, who are then in training and in test rows; `None` where nobody knows who
    /// the rows show.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subjects_in_several_folds: Option<u64>,
}

/// Which fold the rows of the dataset are tested in.
#[derive(Clone, Copy, Debug)]
pub struct FoldsOfRows<'a> {
    /// How rows were dealt, in words.
    pub rule: &'a str,
    /// Number of folds.
    pub count: usize,
    /// For every row of the dataset, from 0.
    pub of_row: &'a [u16],
}

impl FoldScores {
    /// Of the test predictions of all entries; `subjects` are those of the rows of the whole dataset.
    pub(super) fn of(folds: FoldsOfRows<'_>, subjects: Option<&[u32]>, tests: &[&Predictions]) -> Self {
        let fold_of = |row: u32| folds.of_row.get(row as usize).map_or(usize::MAX, |&f| usize::from(f));
        let mut rows = vec![0; folds.count];
        if let Some(first) = tests.first() {
            first.rows.iter().for_each(|&row| {
                if let Some(count) = rows.get_mut(fold_of(row)) {
                    *count += 1;
                }
            });
        }
        let accuracies = tests.iter().map(|test| {
            let mut right = vec![0u64; folds.count];
            for ((&row, predicted), &label) in test.rows.iter().zip(test.predicted()).zip(&test.labels) {
                if let Some(right) = right.get_mut(fold_of(row)) {
                    *right += u64::from(predicted == label);
                }
            }
            right.iter().zip(&rows).map(|(&right, &of): (&u64, &u64)| right as f64 / of.max(1) as f64).collect()
        });
        let subjects_in_several_folds = subjects.map(|subjects| crossing(subjects, folds.of_row));
        Self { rule: folds.rule.to_string(), accuracies: accuracies.collect(), rows, subjects_in_several_folds }
    }
}

/// How many subjects have rows in more than one fold.
fn crossing(subjects: &[u32], of_row: &[u16]) -> u64 {
    let mut first: HashMap<u32, u16> = HashMap::new();
    let mut several: HashSet<u32> = HashSet::new();
    for (&subject, &fold) in subjects.iter().zip(of_row) {
        if *first.entry(subject).or_insert(fold) != fold {
            several.insert(subject);
        }
    }
    several.len() as u64
}

/// Mean over folds and standard deviation between them (that of a sample); no deviation for a single fold.
pub fn mean_and_deviation(accuracies: &[f64]) -> Option<(f64, Option<f64>)> {
    let n = accuracies.len() as f64;
    if accuracies.is_empty() {
        return None;
    }
    let mean = accuracies.iter().sum::<f64>() / n;
    let squares: f64 = accuracies.iter().map(|a| (a - mean).powi(2)).sum();
    Some((mean, (n > 1.0).then(|| (squares / (n - 1.0)).sqrt())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::Split;
    use approx::assert_relative_eq;

    #[test]
    fn each_row_counts_in_its_own_fold() {
        let test = Predictions {
            model: "m".into(),
            dataset: "d".into(),
            fingerprint: String::new(),
            classes: vec!["a".into(), "b".into()],
            split: Split::Test,
            rows: vec![0, 1, 2, 4],
            labels: vec![0, 0, 1, 1],
            probabilities: ndarray::array![[1.0, 0.0], [0.0, 1.0], [0.0, 1.0], [0.0, 1.0]],
        };
        let folds = FoldsOfRows { rule: "by hand", count: 2, of_row: &[0, 0, 1, 0, 1] };
        let found = FoldScores::of(folds, None, &[&test]);
        assert_eq!((found.rows, found.accuracies), (vec![2, 2], vec![vec![0.5, 1.0]]));
        assert_eq!(found.subjects_in_several_folds, None);
        // Subject 7 is in fold 0 alone, 8 in both, 9 in fold 1 alone.
        let found = FoldScores::of(folds, Some(&[7, 7, 9, 8, 8]), &[&test]);
        assert_eq!(found.subjects_in_several_folds, Some(1));
    }

    #[test]
    fn mean_and_deviation_are_those_of_a_sample() {
        let (mean, deviation) = mean_and_deviation(&[0.9974, 1.0, 0.9895, 0.9932, 0.9711]).unwrap();
        // numpy: mean() and std(ddof=1)
        assert_relative_eq!(mean, 0.99024, epsilon = 1e-12);
        assert_relative_eq!(deviation.unwrap(), 0.011_425_541_562_656_894, epsilon = 1e-12);
        assert_eq!(mean_and_deviation(&[0.5]), Some((0.5, None)));
        assert_eq!(mean_and_deviation(&[]), None);
    }
}
