//! Class probabilities of one model on one split: the common currency of ensembles, evaluation and reports.

mod classes;
pub mod external;
mod row_facts;
mod store;

use ndarray::{Array2, ArrayView2};

use crate::dataset::Split;
use crate::error::{Error, Result};

pub use classes::{ClassMapping, CommonClasses, MappedProbabilities};
pub use row_facts::RowFacts;
pub use store::{EntryKind, PredictionIndex, StoredModel, load_predictions, read_index, save_predictions};

/// The probabilities that a model gives to the rows of a split.
///
/// Whatever makes them can be aggregated, compared and reported, also a model trained by another program.
#[derive(Clone, Debug, PartialEq)]
pub struct Predictions {
    /// The model's name, as the report shows it.
    pub model: String,
    /// The dataset's name.
    pub dataset: String,
    /// Fingerprint of the dataset that the rows come from; empty for results of another program.
    pub fingerprint: String,
    /// Class names, one for each column of `probabilities`.
    pub classes: Vec<String>,
    /// The split that the rows belong to.
    pub split: Split,
    /// Row numbers in the dataset, n of them, ascending.
    pub rows: Vec<u32>,
    /// True labels, n of them, each below the number of classes.
    pub labels: Vec<u8>,
    /// n x c; each row is non-negative and sums to 1.
    pub probabilities: Array2<f32>,
}

/// How far a row of probabilities may be from summing to 1.
pub const SUM_TOLERANCE: f32 = 1e-3;

impl Predictions {
    /// Checks shapes, labels, ranges, sums and that nothing is NaN.
    ///
    /// # Errors
    /// [`Error::Invalid`] names the model, the first offending row and what was expected.
    pub fn check(&self) -> Result<()> {
        let (n, c) = self.probabilities.dim();
        let name = |what: &str| format!("{what} of `{}`", self.model);
        if c < 2 || c != self.classes.len() {
            return Err(Error::invalid(name("columns"), c, format!("one for each of {} classes", self.classes.len())));
        }
        if n == 0 {
            return Err(Error::invalid(name("rows"), 0, "at least one"));
        }
        if self.labels.len() != n || self.rows.len() != n {
            return Err(Error::invalid(
                name("labels"),
                format!("{} labels and {} row numbers", self.labels.len(), self.rows.len()),
                format!("{n} of each, as many as rows of probabilities"),
            ));
        }
        if let Some(i) = self.labels.iter().position(|&l| usize::from(l) >= c) {
            return Err(Error::invalid(name(&format!("label in row {i}")), self.labels[i], format!("0 to {}", c - 1)));
        }
        check_rows(&format!(" of `{}`", self.model), self.probabilities.view())
    }

    /// What is known of these n rows, taken from what is known of all rows of the dataset.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a row that `all` does not reach.
    pub(crate) fn of_rows<T: Copy>(&self, all: Option<&[T]>) -> Result<Option<Vec<T>>> {
        let Some(all) = all else { return Ok(None) };
        let of_row = |&row: &u32| {
            all.get(row as usize).copied().ok_or_else(|| {
                let expected = format!("below {}, the rows of the dataset", all.len());
                Error::invalid(format!("row number of `{}`", self.model), row, expected)
            })
        };
        self.rows.iter().map(of_row).collect::<Result<_>>().map(Some)
    }

    /// Whether rows of these are also rows of `other`: by their numbers in the same dataset or, where a dataset is not
    /// known, by being the same throughout.
    pub fn shares_rows(&self, other: &Self) -> bool {
        match self.fingerprint.is_empty() || other.fingerprint.is_empty() {
            true => self.labels == other.labels && self.probabilities == other.probabilities,
            // Row numbers ascend.
            false => {
                self.fingerprint == other.fingerprint && self.rows.iter().any(|r| other.rows.binary_search(r).is_ok())
            }
        }
    }

    /// The most probable class of each row; of equal ones the first.
    pub fn predicted(&self) -> Vec<u8> {
        self.probabilities
            .outer_iter()
            .map(|row| {
                let mut best = 0;
                for (class, &p) in row.iter().enumerate() {
                    if p > row[best] {
                        best = class;
                    }
                }
                best as u8
            })
            .collect()
    }

    /// The share of rows whose most probable class is the true one, from 0 to 1.
    pub fn accuracy(&self) -> f64 {
        let right = self.predicted().iter().zip(&self.labels).filter(|(p, l)| p == l).count();
        right as f64 / self.labels.len() as f64
    }
}

/// Checks that each row lies from 0 to 1 and sums to 1; `of` says in an error whose they are.
fn check_rows(of: &str, probabilities: ArrayView2<'_, f32>) -> Result<()> {
    for (i, row) in probabilities.outer_iter().enumerate() {
        if let Some(p) = row.iter().find(|p| !(0.0..=1.0 + SUM_TOLERANCE).contains(*p)) {
            return Err(Error::invalid(format!("probability in row {i}{of}"), p, "a number from 0 to 1"));
        }
        let sum = row.sum();
        if (sum - 1.0).abs() > SUM_TOLERANCE {
            return Err(Error::invalid(format!("probabilities in row {i}{of}"), format!("a sum of {sum}"), "1"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    fn two_rows() -> Predictions {
        Predictions {
            model: "m".into(),
            dataset: "d".into(),
            fingerprint: String::new(),
            classes: vec!["a".into(), "b".into()],
            split: Split::Test,
            rows: vec![0, 1],
            labels: vec![0, 1],
            probabilities: array![[0.5, 0.5], [0.9, 0.1]],
        }
    }

    #[test]
    fn ties_go_to_the_first_class() {
        assert_eq!(two_rows().predicted(), [0, 0]);
        assert_eq!(two_rows().accuracy(), 0.5);
        two_rows().check().unwrap();
    }

    #[test]
    fn rows_are_shared_by_number_or_by_being_the_same() {
        let unknown = two_rows();
        let mut other = two_rows();
        assert!(unknown.shares_rows(&other));
        other.labels[0] = 1;
        assert!(!unknown.shares_rows(&other));
        let of =
            |fingerprint: &str, rows: Vec<u32>| Predictions { fingerprint: fingerprint.into(), rows, ..two_rows() };
        assert!(of("d", vec![1, 4]).shares_rows(&of("d", vec![4, 5])));
        assert!(!of("d", vec![1, 4]).shares_rows(&of("d", vec![2, 5])));
        assert!(!of("d", vec![1, 4]).shares_rows(&of("e", vec![1, 4])));
    }

    #[test]
    fn each_kind_of_bad_value_is_named() {
        let mut p = two_rows();
        p.probabilities[[1, 0]] = f32::NAN;
        assert!(p.check().unwrap_err().to_string().contains("row 1"));
        let mut p = two_rows();
        p.probabilities[[0, 1]] = 0.6;
        assert!(p.check().unwrap_err().to_string().contains("sum"));
        let mut p = two_rows();
        p.labels[1] = 2;
        assert!(p.check().unwrap_err().to_string().contains("label in row 1"));
        let mut p = two_rows();
        p.rows.pop();
        assert!(p.check().is_err());
    }
}
