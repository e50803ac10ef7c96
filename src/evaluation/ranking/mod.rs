//! How well the probability of a class ranks its rows above all others, at every threshold: receiver operating
//! characteristic and precision-recall curves, one class against the rest.
//!
//! Only the order of the rows counts, not the probabilities that make it: shares of votes can be ranked too.

mod curve;
mod thinned;
mod thresholds;

use rayon::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use self::thinned::thinned;
use self::thresholds::Thresholds;
use super::metrics::mean;
use crate::error::Result;
use crate::predictions::Predictions;

/// How well a class is told from the rest by its probability.
///
/// A class without rows, and one that all rows belong to, has no curves and no areas.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ClassRanking {
    /// The class.
    pub name: String,
    /// Rows of the class.
    pub positives: u64,
    /// All other rows.
    pub negatives: u64,
    /// The share of rows that are of the class, from 0 to 1: the precision at any recall, and so the average precision,
    /// of a ranking by chance.
    pub prevalence: f64,
    /// Area under the receiver operating characteristic, from 0 to 1, and 0.5 by chance: how often a row of the class
    /// ranks above a row of another, a tie counting half (Hanley and McNeil 1982).
    pub roc_auc: Option<f64>,
    /// Area under the steps of the precision-recall curve, from 0 to 1: the mean over the rows of the class of the
    /// precision where each is found (`average_precision_score` of scikit-learn). Against the prevalence it shows what
    /// the other area hides for a rare class (Saito and Rehmsmeier 2015).
    pub average_precision: Option<f64>,
    /// (false positive rate, true positive rate) from (0, 0) to (1, 1), to be joined by straight lines.
    ///
    /// For drawing, as the next one: ends and corners, and as many points more as keep every other within 1/500 of the
    /// side of the picture, but at most 200 in all; rounded to 4 decimals. Areas are of all points.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub roc: Vec<[f64; 2]>,
    /// (recall, precision) from recall 0 to recall 1, to be joined by straight lines: the steps are among the points,
    /// as straight lines between thresholds would promise too much (Davis and Goadrich 2006). Thresholds that find no
    /// more rows of the class than a higher one does are left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub precision_recall: Vec<[f64; 2]>,
}

/// How well the probabilities of one model on one split rank the rows, class by class.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Ranking {
    /// Mean area under the receiver operating characteristic over the classes that have one, each with the same weight;
    /// `None` when no class has.
    pub macro_roc_auc: Option<f64>,
    /// Mean average precision over the same classes.
    pub macro_average_precision: Option<f64>,
    /// Mean prevalence of the same classes: the macro average precision of a ranking by chance.
    pub macro_prevalence: Option<f64>,
    /// One for each class, in label order.
    pub per_class: Vec<ClassRanking>,
}

impl Ranking {
    /// Ranks the rows by the probability of each class. O(n log n) for each of the c classes, the same on any number
    /// of threads.
    ///
    /// # Errors
    /// What [`Predictions::check`] finds.
    pub fn of(predictions: &Predictions) -> Result<Self> {
        predictions.check()?;
        let classes = predictions.classes.len();
        let per_class: Vec<ClassRanking> = (0..classes).into_par_iter().map(|c| class(predictions, c)).collect();
        let defined = || per_class.iter().filter(|c| c.roc_auc.is_some());
        Ok(Self {
            macro_roc_auc: mean(defined().filter_map(|c| c.roc_auc)),
            macro_average_precision: mean(defined().filter_map(|c| c.average_precision)),
            macro_prevalence: mean(defined().map(|c| c.prevalence)),
            per_class,
        })
    }

    /// The figures alone, which are a hundredth of the whole in a file.
    #[must_use]
    pub fn without_curves(mut self) -> Self {
        for class in &mut self.per_class {
            class.roc.clear();
            class.precision_recall.clear();
        }
        self
    }
}

fn class(predictions: &Predictions, class: usize) -> ClassRanking {
    let scores = predictions.probabilities.column(class);
    let of_class = predictions.labels.iter().map(|&label| usize::from(label) == class);
    let thresholds = Thresholds::of(scores.iter().copied().zip(of_class).collect());
    let (positives, negatives) = (thresholds.positives(), thresholds.negatives());
    ClassRanking {
        name: predictions.classes[class].clone(),
        positives,
        negatives,
        prevalence: positives as f64 / (positives + negatives) as f64,
        roc_auc: thresholds.roc_auc(),
        average_precision: thresholds.average_precision(),
        roc: thinned(&curve::roc(&thresholds)),
        precision_recall: thinned(&curve::precision_recall(&thresholds)),
    }
}

#[cfg(test)]
mod tests;
