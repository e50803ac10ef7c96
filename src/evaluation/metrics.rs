//! Accuracy and its companions.

use serde::{Deserialize, Serialize};

use super::{ConfusionMatrix, wilson};
use crate::error::{Error, Result};
use crate::predictions::Predictions;

/// How well one class is found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
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
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
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
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
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
    /// One for each class, in label order.
    pub per_class: Vec<ClassMetrics>,
}

impl Metrics {
    /// Scores predictions. `identical_to_training` says for each of the n rows whether its picture is also a training
    /// picture; `None` when that is not known.
    ///
    /// # Errors
    /// What [`Predictions::check`] finds, or [`Error::Invalid`] when `identical_to_training` is of another length.
    pub fn of(predictions: &Predictions, identical_to_training: Option<&[bool]>) -> Result<Self> {
        let confusion = ConfusionMatrix::of(predictions)?;
        Self::with_confusion(predictions, &confusion, identical_to_training)
    }

    pub(super) fn with_confusion(
        predictions: &Predictions,
        confusion: &ConfusionMatrix,
        identical_to_training: Option<&[bool]>,
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
            accuracy_without_duplicates: match identical_to_training {
                Some(identical) => restricted(predictions, identical)?,
                None => None,
            },
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

fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (sum, n) = values.fold((0.0, 0u32), |(sum, n), v| (sum + v, n + 1));
    (n > 0).then(|| sum / f64::from(n))
}

/// Mean of -ln(probability of the true class) over rows; `None` without rows.
pub(crate) fn log_loss(predictions: &Predictions) -> Option<f64> {
    let epsilon = f64::from(f32::EPSILON);
    mean(predictions.probabilities.outer_iter().zip(&predictions.labels).map(|(row, &label)| {
        let p = row.get(usize::from(label)).copied().unwrap_or_default();
        -f64::from(p).clamp(epsilon, 1.0 - epsilon).ln()
    }))
}

fn restricted(predictions: &Predictions, identical: &[bool]) -> Result<Option<RestrictedAccuracy>> {
    if identical.len() != predictions.labels.len() {
        let expected = format!("{}, one for each row of `{}`", predictions.labels.len(), predictions.model);
        return Err(Error::invalid("flags of rows identical to training rows", identical.len(), expected));
    }
    let (mut rows, mut correct) = (0u64, 0u64);
    for ((guess, label), &left_out) in predictions.predicted().iter().zip(&predictions.labels).zip(identical) {
        if !left_out {
            rows += 1;
            correct += u64::from(guess == label);
        }
    }
    let left_out = identical.len() as u64 - rows;
    Ok((rows > 0).then(|| RestrictedAccuracy { accuracy: correct as f64 / rows as f64, rows, left_out }))
}
