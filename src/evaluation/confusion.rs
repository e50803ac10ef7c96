//! Who was taken for whom.

use ndarray::Array2;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::predictions::Predictions;

/// c x c counts: rows are true classes, columns predicted ones, both in the order of `classes`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "Stored", into = "Stored")]
pub struct ConfusionMatrix {
    classes: Vec<String>,
    counts: Array2<u64>,
}

/// The matrix as JSON holds it: a list of rows.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Stored {
    /// Class names in label order.
    classes: Vec<String>,
    /// A row for each true class with a number for each predicted one.
    counts: Vec<Vec<u64>>,
}

impl From<ConfusionMatrix> for Stored {
    fn from(matrix: ConfusionMatrix) -> Self {
        let counts = matrix.counts.outer_iter().map(|row| row.to_vec()).collect();
        Self { classes: matrix.classes, counts }
    }
}

impl TryFrom<Stored> for ConfusionMatrix {
    type Error = Error;

    fn try_from(stored: Stored) -> Result<Self> {
        let c = stored.classes.len();
        let flat: Vec<u64> = stored.counts.iter().flatten().copied().collect();
        let square = stored.counts.len() == c && stored.counts.iter().all(|row| row.len() == c);
        match Array2::from_shape_vec((c, c), flat) {
            Ok(counts) if square => Ok(Self { classes: stored.classes, counts }),
            _ => Err(Error::invalid("confusion matrix", "rows of other lengths", format!("{c} rows of {c} counts"))),
        }
    }
}

impl ConfusionMatrix {
    /// Counts pairs of true and predicted labels.
    ///
    /// # Errors
    /// [`Error::Invalid`] when the lengths differ or a label has no class.
    pub fn new(classes: &[String], labels: &[u8], predicted: &[u8]) -> Result<Self> {
        let c = classes.len();
        if labels.len() != predicted.len() {
            return Err(Error::invalid("predicted labels", predicted.len(), format!("{}, one a row", labels.len())));
        }
        let mut counts = Array2::zeros((c, c));
        for (row, (&label, &guess)) in labels.iter().zip(predicted).enumerate() {
            match counts.get_mut((usize::from(label), usize::from(guess))) {
                Some(count) => *count += 1,
                None => {
                    let found = format!("true {label}, predicted {guess}");
                    return Err(Error::invalid(format!("label in row {row}"), found, format!("below {c}")));
                }
            }
        }
        Ok(Self { classes: classes.to_vec(), counts })
    }

    /// Counts the most probable class of each row against its label.
    ///
    /// # Errors
    /// What [`Predictions::check`] finds.
    pub fn of(predictions: &Predictions) -> Result<Self> {
        predictions.check()?;
        Self::new(&predictions.classes, &predictions.labels, &predictions.predicted())
    }

    /// Class names, c of them.
    pub fn classes(&self) -> &[String] {
        &self.classes
    }

    /// c x c counts, row true, column predicted.
    pub fn counts(&self) -> &Array2<u64> {
        &self.counts
    }

    /// All rows counted.
    pub fn total(&self) -> u64 {
        self.counts.sum()
    }

    /// Rows whose predicted class is the true one.
    pub fn correct(&self) -> u64 {
        self.counts.diag().sum()
    }

    /// Rows of true class `class`; 0 for a class that is not there.
    pub fn support(&self, class: usize) -> u64 {
        if class < self.classes.len() { self.counts.row(class).sum() } else { 0 }
    }

    /// Rows predicted to be `class`; 0 for a class that is not there.
    pub fn predicted(&self, class: usize) -> u64 {
        if class < self.classes.len() { self.counts.column(class).sum() } else { 0 }
    }

    /// c x c shares, each row divided by its sum (the diagonal is each class's recall); `None` throughout a row
    /// without support.
    pub fn row_normalised(&self) -> Array2<Option<f64>> {
        Array2::from_shape_fn(self.counts.dim(), |(i, j)| match self.support(i) {
            0 => None,
            support => Some(self.counts[[i, j]] as f64 / support as f64),
        })
    }

    /// CSV with a header of predicted classes and a first column of true ones.
    pub fn counts_csv(&self) -> String {
        self.csv(|i, j| self.counts[[i, j]].to_string())
    }

    /// As [`ConfusionMatrix::counts_csv`] with shares of each row, 6 digits; fields of a row without support are empty.
    pub fn row_normalised_csv(&self) -> String {
        let shares = self.row_normalised();
        self.csv(|i, j| shares[[i, j]].map_or(String::new(), |share| format!("{share:.6}")))
    }

    fn csv(&self, field: impl Fn(usize, usize) -> String) -> String {
        let c = self.classes.len();
        let mut text = String::from("true\\predicted");
        for class in &self.classes {
            text.push(',');
            text.push_str(&quoted(class));
        }
        text.push('\n');
        for (i, class) in self.classes.iter().enumerate() {
            text.push_str(&quoted(class));
            for j in 0..c {
                text.push(',');
                text.push_str(&field(i, j));
            }
            text.push('\n');
        }
        text
    }
}

/// A CSV field, in quotes where RFC 4180 asks for them.
fn quoted(field: &str) -> String {
    match field.contains([',', '"', '\n', '\r']) {
        true => format!("\"{}\"", field.replace('"', "\"\"")),
        false => field.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluation::example::example;
    use ndarray::array;

    fn small() -> ConfusionMatrix {
        let classes = ["a".to_string(), "b, \"c\"".to_string(), "d".to_string()];
        ConfusionMatrix::new(&classes, &[0, 0, 0, 1], &[0, 0, 2, 1]).unwrap()
    }

    #[test]
    fn counts_equal_scikit_learn() {
        // python scripts/golden/evaluation.py: confusion_matrix of example(0)
        let expected = array![
            [13, 1, 0, 0, 0, 3],
            [0, 0, 0, 0, 0, 0],
            [0, 0, 0, 0, 0, 0],
            [3, 1, 0, 13, 0, 1],
            [3, 0, 0, 3, 0, 2],
            [4, 2, 0, 1, 0, 10]
        ];
        assert_eq!(ConfusionMatrix::of(&example(0)).unwrap().counts(), expected);
    }

    #[test]
    fn shares_are_of_each_true_class_and_absent_without_support() {
        let shares = small().row_normalised();
        assert_eq!(shares.row(0).to_vec(), [Some(2.0 / 3.0), Some(0.0), Some(1.0 / 3.0)]);
        assert_eq!(shares.row(2).to_vec(), [None, None, None]);
    }

    #[test]
    fn csv_quotes_names_and_leaves_undefined_fields_empty() {
        insta::assert_snapshot!(small().counts_csv(), @r#"
        true\predicted,a,"b, ""c""",d
        a,2,0,1
        "b, ""c""",0,1,0
        d,0,0,0
        "#);
        insta::assert_snapshot!(small().row_normalised_csv(), @r#"
        true\predicted,a,"b, ""c""",d
        a,0.666667,0.000000,0.333333
        "b, ""c""",0.000000,1.000000,0.000000
        d,,,
        "#);
    }

    #[test]
    fn json_comes_back_equal_and_a_ragged_one_is_refused() {
        let text = serde_json::to_string(&small()).unwrap();
        assert_eq!(serde_json::from_str::<ConfusionMatrix>(&text).unwrap(), small());
        for ragged in [r#"{"classes":["a","b"],"counts":[[1,2],[3]]}"#, r#"{"classes":["a"],"counts":[[1],[2]]}"#] {
            assert!(serde_json::from_str::<ConfusionMatrix>(ragged).is_err(), "{ragged}");
        }
    }

    #[test]
    fn a_label_without_class_is_named_by_row() {
        let classes = ["a".to_string(), "b".to_string()];
        let message = ConfusionMatrix::new(&classes, &[0, 1], &[0, 2]).unwrap_err().to_string();
        assert!(message.contains("row 1") && message.contains("below 2"), "{message}");
        assert!(ConfusionMatrix::new(&classes, &[0], &[]).is_err());
    }
}
