//! The reliability diagram, and how far confidence is from accuracy.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::error::Result;
use crate::evaluation::metrics::negative_log;
use crate::evaluation::wilson;
use crate::predictions::Predictions;

/// Bins of a reliability diagram, as many as in the tables of Guo et al. (2017).
pub const RELIABILITY_BINS: usize = 15;

/// One bin of a reliability diagram.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReliabilityBin {
    /// Rows whose confidence falls into the bin.
    pub rows: u64,
    /// Their mean confidence, from 0 to 1; `None` without rows.
    pub confidence: Option<f64>,
    /// The share of them that is right, from 0 to 1; `None` without rows.
    pub accuracy: Option<f64>,
    /// 95 % interval of the accuracy (Wilson 1927), low and high; `None` without rows.
    pub accuracy_interval: Option<[f64; 2]>,
}

/// How far the confidence of predictions is from their accuracy.
///
/// The confidence of a row is the probability of its most probable class.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Reliability {
    /// [`RELIABILITY_BINS`] bins of equal width: the bin at place i holds confidences from i / 15 to (i + 1) / 15.
    pub bins: Vec<ReliabilityBin>,
    /// Mean confidence, from 0 to 1.
    pub confidence: f64,
    /// The share of rows that is right, from 0 to 1.
    pub accuracy: f64,
    /// `confidence - accuracy`, from -1 to 1: above 0 for a model that is too sure of itself.
    pub overconfidence: f64,
    /// Expected calibration error, from 0 to 1: the mean over rows of how far accuracy and mean confidence of the row's
    /// bin are apart (Naeini et al. 2015; Guo et al. 2017).
    ///
    /// Chance alone keeps it above 0, the more so the fewer rows there are: compare it on the same rows only.
    pub expected_calibration_error: f64,
    /// Maximum calibration error, from 0 to 1: how far they are apart in the worst bin, however few rows it has (Naeini
    /// et al. 2015).
    pub maximum_calibration_error: f64,
    /// Mean over rows of the sum over classes of (probability - 1 for the true class, 0 for others)^2, from 0 to 2
    /// (Brier 1950; `brier_score_loss` of scikit-learn with `scale_by_half=False`).
    pub brier_score: f64,
    /// Mean negative natural logarithm of the true class's probability, clipped as in [`crate::evaluation::Metrics`].
    pub log_loss: f64,
}

/// Sums over the rows of a bin.
#[derive(Clone, Copy, Default)]
struct Sums {
    rows: u64,
    correct: u64,
    confidence: f64,
}

impl Reliability {
    /// Of any predictions but shares of votes, which are no probabilities.
    ///
    /// # Errors
    /// What [`Predictions::check`] finds.
    pub fn of(predictions: &Predictions) -> Result<Self> {
        predictions.check()?;
        let mut bins = [Sums::default(); RELIABILITY_BINS];
        let (mut all, mut squares, mut loss) = (Sums::default(), 0.0, 0.0);
        let rows = predictions.probabilities.outer_iter().zip(predictions.predicted()).zip(&predictions.labels);
        for ((row, guess), &label) in rows {
            let (guess, label) = (usize::from(guess), usize::from(label));
            let confidence = f64::from(row[guess]);
            // No f32 lies on an edge between two bins, so that no bin need own it. 1 belongs to the last bin, and so
            // does what rounding left above 1.
            let place = (confidence * RELIABILITY_BINS as f64) as usize;
            for sums in [&mut bins[place.min(RELIABILITY_BINS - 1)], &mut all] {
                sums.rows += 1;
                sums.correct += u64::from(guess == label);
                sums.confidence += confidence;
            }
            for (class, &p) in row.iter().enumerate() {
                squares += (f64::from(p) - f64::from(u8::from(class == label))).powi(2);
            }
            loss += negative_log(row[label]);
        }
        let n = all.rows as f64;
        let (confidence, accuracy) = (all.confidence / n, all.correct as f64 / n);
        Ok(Self {
            bins: bins.iter().map(Sums::bin).collect(),
            confidence,
            accuracy,
            overconfidence: confidence - accuracy,
            expected_calibration_error: bins.iter().map(Sums::gap).sum::<f64>() / n,
            maximum_calibration_error: bins
                .iter()
                .filter(|b| b.rows > 0)
                .map(|b| b.gap() / b.rows as f64)
                .fold(0.0, f64::max),
            brier_score: squares / n,
            log_loss: loss / n,
        })
    }
}

impl Sums {
    /// How far accuracy and mean confidence are apart, times the number of rows.
    fn gap(&self) -> f64 {
        (self.correct as f64 - self.confidence).abs()
    }

    fn bin(&self) -> ReliabilityBin {
        let mean = |sum: f64| (self.rows > 0).then(|| sum / self.rows as f64);
        ReliabilityBin {
            rows: self.rows,
            confidence: mean(self.confidence),
            accuracy: mean(self.correct as f64),
            accuracy_interval: wilson(self.correct, self.rows),
        }
    }
}
