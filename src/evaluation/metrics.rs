//! Accuracy and its companions.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{ConfusionMatrix, wilson};
use crate::error::{Error, Result};
use crate::predictions::Predictions;

/// How well one class is found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ClassMetrics {
    /// The class.
    pub name: String,
    /// Share of the rows predicted as this class that are of it; `None` when it is never predicted.
    pub precision: Option<f64>,
    /// Share of the rows of this class that are predicted as it; `None` without support.
    pub recall: Option<f64>,
    /// Harmonic mean of both, 2 tp / (2 tp + fp + fn); `None` for a class without support that is never predicted.
    pub f1: Option<f64>,
    /// Rows whose true class it is.
    pub support: u64,
}

/// Accuracy on part of the rows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RestrictedAccuracy {
    /// Share of the rows kept that are right, from 0 to 1.
    pub accuracy: f64,
    /// Rows kept.
    pub rows: u64,
    /// Rows left out.
    pub left_out: u64,
}

/// What one set of predictions is worth.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Metrics {
    /// Rows scored.
    pub rows: u64,
    /// Rows whose most probable class is the true one (of equally probable classes the first).
    pub correct: u64,
    /// `correct / rows`, from 0 to 1.
    pub accuracy: f64,
    /// 95 % interval of the accuracy (Wilson 1927), low and high.
    pub accuracy_interval: [f64; 2],
    /// Mean recall over the classes that have support (unweighted average recall).
    pub balanced_accuracy: Option<f64>,
    /// Mean F1 over classes; a class without support that is never predicted is left out, where scikit-learn's
    /// default would count it as 0.
    pub macro_f1: Option<f64>,
    /// Mean negative natural logarithm of the true class's probability, which is clipped at the f32 epsilon as
    /// scikit-learn does; `None` for shares of votes, which are no probabilities.
    pub log_loss: Option<f64>,
    /// Accuracy without the rows that are pixel-identical to a training row; `None` when that is not known or no row
    /// is left.
    pub accuracy_without_duplicates: Option<RestrictedAccuracy>,
    /// The same without the rows that are nearly identical to a training row.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accuracy_without_near_duplicates: Option<RestrictedAccuracy>,
    /// One for each class, in label order.
    pub per_class: Vec<ClassMetrics>,
}

/// What is known of rows whose pictures were also seen in training, each `None` when nobody looked.
#[derive(Clone, Copy, Debug, Default)]
pub struct Seen<'a> {
    /// For each of n rows, whether its picture is, pixel for pixel, also a training picture.
    pub identical: Option<&'a [bool]>,
    /// The same for nearly identical pictures ([`crate::dataset::near_training`]).
    pub near: Option<&'a [bool]>,
}

impl Metrics {
    /// Scores predictions; `seen` speaks of the n rows that were predicted.
    ///
    /// # Errors
    /// What [`Predictions::check`] finds, or [`Error::Invalid`] when `seen` is of another length.
    pub fn of(predictions: &Predictions, seen: Seen<'_>) -> Result<Self> {
        let confusion = ConfusionMatrix::of(predictions)?;
        Self::with_confusion(predictions, &confusion, seen)
    }

    pub(super) fn with_confusion(
        predictions: &Predictions,
        confusion: &ConfusionMatrix,
        seen: Seen<'_>,
    ) -> Result<Self> {
        let (rows, correct) = (confusion.total(), confusion.correct());
        let Some(accuracy_interval) = wilson(correct, rows) else {
            return Err(Error::invalid(format!("rows of `{}`", predictions.model), rows, "at least one"));
        };
        let per_class: Vec<ClassMetrics> = (0..confusion.classes().len()).map(|i| class(confusion, i)).collect();
        Ok(Self {
            rows,
            correct,
            accuracy: correct as f64 / rows as f64,
            accuracy_interval,
            balanced_accuracy: mean(per_class.iter().filter_map(|c| c.recall)),
            macro_f1: mean(per_class.iter().filter_map(|c| c.f1)),
            log_loss: log_loss(predictions),
            accuracy_without_duplicates: restricted(predictions, seen.identical)?,
            accuracy_without_near_duplicates: restricted(predictions, seen.near)?,
            per_class,
        })
    }
}

fn class(confusion: &ConfusionMatrix, i: usize) -> ClassMetrics {
    let (right, support, predicted) = (confusion.counts()[[i, i]] as f64, confusion.support(i), confusion.predicted(i));
    let ratio = |part: f64, whole: u64| (whole > 0).then(|| part / whole as f64);
    ClassMetrics {
        name: confusion.classes()[i].clone(),
        precision: ratio(right, predicted),
        recall: ratio(right, support),
        f1: ratio(2.0 * right, support + predicted),
        support,
    }
}

/// The arithmetic mean; `None` of nothing.
pub(super) fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (sum, n) = values.fold((0.0, 0u32), |(sum, n), v| (sum + v, n + 1));
    (n > 0).then(|| sum / f64::from(n))
}

/// Mean of -ln(probability of the true class) over rows; `None` without rows.
fn log_loss(predictions: &Predictions) -> Option<f64> {
    let rows = predictions.probabilities.outer_iter().zip(&predictions.labels);
    mean(rows.map(|(row, &label)| negative_log(row.get(usize::from(label)).copied().unwrap_or_default())))
}

/// -ln p, with p clipped to what f32 tells from 0 and from 1, as scikit-learn does.
pub(super) fn negative_log(p: f32) -> f64 {
    let epsilon = f64::from(f32::EPSILON);
    -f64::from(p).clamp(epsilon, 1.0 - epsilon).ln()
}

fn restricted(predictions: &Predictions, left_out: Option<&[bool]>) -> Result<Option<RestrictedAccuracy>> {
    let Some(flags) = left_out else { return Ok(None) };
    if flags.len() != predictions.labels.len() {
        let expected = format!("{}, one for each row of `{}`", predictions.labels.len(), predictions.model);
        return Err(Error::invalid("flags of rows seen in training", flags.len(), expected));
    }
    let (mut rows, mut correct) = (0u64, 0u64);
    for ((guess, label), &left_out) in predictions.predicted().iter().zip(&predictions.labels).zip(flags) {
        if !left_out {
            rows += 1;
            correct += u64::from(guess == label);
        }
    }
    let left_out = flags.len() as u64 - rows;
    Ok((rows > 0).then(|| RestrictedAccuracy { accuracy: correct as f64 / rows as f64, rows, left_out }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluation::example::{classes_in, example, random, rows_in};
    use approx::assert_relative_eq;
    use proptest::prelude::*;

    #[test]
    fn every_figure_equals_scikit_learn() {
        // python scripts/golden/evaluation.py, example(0); log loss there is a sum of f32.
        let m = Metrics::of(&example(0), Seen::default()).unwrap();
        assert_eq!((m.rows, m.correct, m.accuracy), (60, 36, 0.6));
        assert_relative_eq!(m.balanced_accuracy.unwrap(), 0.5187908496732027, max_relative = 1e-12);
        assert_relative_eq!(m.macro_f1.unwrap(), 0.39978354978354974, max_relative = 1e-12);
        assert_relative_eq!(m.log_loss.unwrap(), 1.448976993560791, max_relative = 1e-6);
        let column = |get: fn(&ClassMetrics) -> Option<f64>| m.per_class.iter().map(get).collect::<Vec<_>>();
        let precision = [Some(0.5652173913043478), Some(0.0), None, Some(0.7647058823529411), None, Some(0.625)];
        let recall =
            [Some(0.7647058823529411), None, None, Some(0.7222222222222222), Some(0.0), Some(0.5882352941176471)];
        let f1 = [Some(0.65), Some(0.0), None, Some(0.7428571428571429), Some(0.0), Some(0.6060606060606061)];
        for (found, expected) in
            [(column(|c| c.precision), precision), (column(|c| c.recall), recall), (column(|c| c.f1), f1)]
        {
            for (found, expected) in found.iter().zip(expected) {
                assert_eq!(found.is_some(), expected.is_some());
                assert_relative_eq!(found.unwrap_or(0.0), expected.unwrap_or(0.0), max_relative = 1e-12);
            }
        }
        assert_eq!(m.per_class.iter().map(|c| c.support).collect::<Vec<_>>(), [17, 0, 0, 18, 8, 17]);
    }

    #[test]
    fn rows_seen_in_training_are_left_out_and_counted() {
        let p = example(0);
        let right: Vec<bool> = p.predicted().iter().zip(&p.labels).map(|(a, b)| a == b).collect();
        fn seen(flags: &[bool]) -> Seen<'_> {
            Seen { identical: Some(flags), near: None }
        }
        let kept = RestrictedAccuracy { accuracy: 0.0, rows: 24, left_out: 36 };
        let m = Metrics::of(&p, seen(&right)).unwrap();
        assert_eq!((m.accuracy_without_duplicates, m.accuracy_without_near_duplicates), (Some(kept.clone()), None));
        let m = Metrics::of(&p, Seen { identical: None, near: Some(&right) }).unwrap();
        assert_eq!((m.accuracy_without_duplicates, m.accuracy_without_near_duplicates), (None, Some(kept)));
        assert_eq!(Metrics::of(&p, seen(&[true; 60])).unwrap().accuracy_without_duplicates, None);
        assert!(Metrics::of(&p, seen(&[true; 59])).is_err());
    }

    #[test]
    fn a_certain_mistake_has_a_finite_log_loss() {
        let mut p = example(0);
        p.probabilities.row_mut(0).fill(0.0);
        p.probabilities[[0, 1]] = 1.0;
        let loss = Metrics::of(&p, Seen::default()).unwrap().log_loss.unwrap();
        assert!(loss.is_finite() && loss > 1.6);
    }

    fn close(a: &Metrics, b: &Metrics) {
        assert_eq!((a.rows, a.correct), (b.rows, b.correct));
        assert_relative_eq!(a.balanced_accuracy.unwrap(), b.balanced_accuracy.unwrap(), max_relative = 1e-12);
        assert_relative_eq!(a.macro_f1.unwrap(), b.macro_f1.unwrap(), max_relative = 1e-12);
        assert_relative_eq!(a.log_loss.unwrap(), b.log_loss.unwrap(), max_relative = 1e-12);
    }

    proptest! {
        #[test]
        fn the_order_of_rows_changes_nothing((p, order, _) in random()) {
            let q = rows_in(&p, &order);
            let (a, b) = (Metrics::of(&p, Seen::default()).unwrap(), Metrics::of(&q, Seen::default()).unwrap());
            close(&a, &b);
            prop_assert_eq!(a.per_class, b.per_class);
        }

        #[test]
        fn the_order_of_classes_orders_the_classes_and_nothing_else((p, _, order) in random()) {
            let q = classes_in(&p, &order);
            let (a, b) = (Metrics::of(&p, Seen::default()).unwrap(), Metrics::of(&q, Seen::default()).unwrap());
            close(&a, &b);
            for (j, &i) in order.iter().enumerate() {
                prop_assert_eq!(&a.per_class[i], &b.per_class[j]);
            }
        }
    }
}
