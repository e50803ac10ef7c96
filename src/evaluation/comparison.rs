//! What a report shows: every model and aggregate of an experiment with its scores, as plain data.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    Bootstrap, CalibrationFacts, ConfusionMatrix, FoldScores, FusionGain, Ingredient, Metrics, Pair, Ranking, Seen,
    WithoutMember,
};
use crate::Cost;
use crate::dataset::{Dataset, Split};
use crate::error::{Error, Result};
use crate::models::{EpochRecord, StartingPoint};
use crate::predictions::EntryKind;
use crate::recipe::{AggregateMethod, Keep};

/// A finished comparison: everything a report shows, and nothing it must work out.
///
/// `metrics.json` is this type as JSON.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Comparison {
    /// The report's title.
    pub title: String,
    /// The experiment's name: its folder under `results/`.
    pub experiment: String,
    /// The command that makes all of this again.
    pub command: String,
    /// The version of ferrofuse that scored it.
    pub version: String,
    /// When, as `YYYY-MM-DD HH:MM UTC`; `None` where reports must come out equal byte for byte.
    pub created: Option<String>,
    /// What the scores were measured on.
    pub dataset: DatasetFacts,
    /// The rows on which weights, stackers and the best single model were chosen: validation, or the very test rows that
    /// they are scored on, which makes these scores too good.
    #[serde(default = "Split::validation", skip_serializing_if = "Split::is_validation")]
    pub chosen_on: Split,
    /// Name of the entry that is the best single model (no aggregate): highest accuracy on the rows that it is chosen on, of
    /// equals the first.
    pub best_single: Option<String>,
    /// Models in the order of the experiment, then external results, then aggregates.
    pub entries: Vec<Entry>,
    /// What single changes buy, in the order of the experiment.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ingredients: Vec<Ingredient>,
    /// Every two entries on the test split.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pairs: Vec<Pair>,
    /// Test rows that at least one single model has right: what a perfect choice among them would reach.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub oracle: Option<Hits>,
    /// What fused networks and aggregates gain over what they are made from, class by class.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fusion_gains: Vec<FusionGain>,
    /// Bootstrap intervals of the test scores, in the order of the entries; the reference is the best single model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bootstrap: Option<Bootstrap>,
    /// Accuracy on each fold, for a cross-validation: the scores of the entries are then those of all folds together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub folds: Option<FoldScores>,
}

/// What a reader must know about the dataset.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DatasetFacts {
    /// The folder's name.
    pub name: String,
    /// The name for readers.
    pub title: String,
    /// True when the faces were drawn by the tool; whatever shows a score must say so.
    pub synthetic: bool,
    /// Class names in label order.
    pub classes: Vec<String>,
    /// Rows of each split and class.
    pub counts: Vec<SplitCounts>,
    /// The dataset's fingerprint.
    pub fingerprint: String,
    /// What was imported, in words.
    pub source: String,
    /// How rows were given to splits, in words.
    pub split_rule: String,
    /// Picture height and width in pixels.
    pub size: [usize; 2],
    /// Rows that are pixel-identical to a training row; `None` when nobody looked.
    pub identical_to_training: Option<IdenticalRows>,
    /// Rows that are nearly identical to a training row, with those that are identical; `None` when nobody looked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub near_training: Option<IdenticalRows>,
}

/// Rows of one split.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SplitCounts {
    /// The split.
    pub split: Split,
    /// Rows of each class, in label order.
    pub per_class: Vec<u64>,
}

/// How many rows are identical, or nearly so, to a training row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct IdenticalRows {
    /// Of the validation rows.
    pub validation: u64,
    /// Of the test rows.
    pub test: u64,
}

/// One line of the comparison.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Its name in the experiment: a recipe's, an external result's or an aggregate's.
    pub name: String,
    /// The name for readers.
    pub title: String,
    /// What it is.
    pub kind: EntryKind,
    /// What it belongs to, for grouping and colour: `network`, `svm`, `external`, `aggregate`.
    pub family: String,
    /// Names of the entries that an aggregate is made of; empty for others.
    pub members: Vec<String>,
    /// How an aggregate's members are combined; `None` for others.
    pub method: Option<AggregateMethod>,
    /// The weight of each member of a weighted mean, summing to 1; `None` for others.
    pub weights: Option<Vec<f64>>,
    /// True when `weights` were chosen on scored rows, which makes the score on these (validation rows) too good.
    pub weights_fitted: bool,
    /// What an aggregate of three or more has right without each of its members; empty for others.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub without_member: Vec<WithoutMember>,
    /// Scores on the validation split, on which everything is chosen; those of a stacked aggregate are out-of-fold.
    pub validation: Scores,
    /// Scores on the test split.
    pub test: Scores,
    /// Whether its test probabilities are honest; `None` for shares of votes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calibration: Option<CalibrationFacts>,
    /// How well its test probabilities rank the rows of each class; `None` for shares of votes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ranking: Option<Ranking>,
    /// Paired test on the test split against the best single model; `None` for that model itself.
    pub versus_best_single: Option<PairedTest>,
    /// How it was trained; `None` for aggregates and external results.
    pub training: Option<TrainingFacts>,
}

/// One entry's scores on one split.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Scores {
    /// Accuracy and its companions.
    pub metrics: Metrics,
    /// Who was taken for whom.
    pub confusion: ConfusionMatrix,
}

/// Exact McNemar test (1947) of two classifiers on the same rows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PairedTest {
    /// The entry compared with.
    pub reference: String,
    /// Rows that this entry has right and the reference wrong.
    pub only_this_right: u64,
    /// Rows that the reference has right and this entry wrong.
    pub only_reference_right: u64,
    /// Two-sided p value; 1 when no row tells them apart.
    pub p: f64,
    /// `p` after Holm's correction (1979) over all paired tests of the comparison.
    pub p_holm: f64,
}

/// How a model was trained.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TrainingFacts {
    /// The seed of the run.
    pub seed: u64,
    /// Trainable numbers; `None` for an SVM.
    pub parameters: Option<u64>,
    /// Epochs run; `None` for an SVM.
    pub epochs: Option<u64>,
    /// The epoch whose weights were kept, counted from 1; `keep` says why.
    pub best_epoch: Option<u64>,
    /// Which epoch was to be kept.
    #[serde(default)]
    pub keep: Keep,
    /// The trained network that it started from; `None` for fresh weights.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pretrained: Option<StartingPoint>,
    /// Wall-clock time of training and prediction in seconds.
    pub seconds: Option<f64>,
    /// Time that processors worked on it, all cores together; `None` where that is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub processor_seconds: Option<f64>,
    /// The most bytes of memory that the process held during it; `None` where that is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub peak_memory: Option<u64>,
    /// What a network has right that sees the middle of each picture alone, where it predicts several versions of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub single_view: Option<SingleView>,
    /// The features that the model reads.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub features: Vec<FeatureFacts>,
    /// The recipe as TOML.
    pub recipe_toml: String,
    /// A remark for the reader, such as a schedule that was cut short.
    pub note: Option<String>,
    /// One record for each epoch; empty for an SVM.
    pub history: Vec<EpochRecord>,
}

/// Scores without the versions of a picture (crops, mirror images) whose probabilities are otherwise averaged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SingleView {
    /// On the validation split.
    pub validation: Hits,
    /// On the test split.
    pub test: Hits,
}

/// Rows, and how many of them are right.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Hits {
    /// Rows whose most probable class is the true one.
    pub correct: u64,
    /// All rows.
    pub rows: u64,
}

impl Hits {
    /// The share of rows that are right; `None` without rows.
    pub fn accuracy(self) -> Option<f64> {
        (self.rows > 0).then(|| self.correct as f64 / self.rows as f64)
    }
}

impl std::ops::Add for Hits {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self { correct: self.correct + other.correct, rows: self.rows + other.rows }
    }
}

impl std::ops::Add for SingleView {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self { validation: self.validation + other.validation, test: self.test + other.test }
    }
}

/// A feature that a model reads beside or in place of the pixels.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FeatureFacts {
    /// The recipe's name.
    pub name: String,
    /// The name for readers.
    pub title: String,
    /// Numbers in a vector.
    pub dimensions: usize,
    /// True for the embedding of a network, false for a handcrafted feature.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub learned: bool,
    /// What its extraction from all rows took; `None` where that is not known.
    pub cost: Option<Cost>,
    /// The same of the mirror images, for a model that uses them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mirrored_cost: Option<Cost>,
}

impl TrainingFacts {
    /// What features and training took together; `None` where a part of it is not known.
    pub fn cost(&self) -> Option<Cost> {
        let training =
            Cost { seconds: self.seconds?, processor_seconds: self.processor_seconds, peak_memory: self.peak_memory };
        let features: Vec<Cost> = self.features.iter().map(|f| f.cost).collect::<Option<_>>()?;
        let mirrored = self.features.iter().filter_map(|f| f.mirrored_cost);
        Some(features.into_iter().chain(mirrored).chain([training]).sum())
    }
}

impl Comparison {
    /// The same with these titles for the entries of these names.
    pub fn retitled(mut self, titles: &BTreeMap<String, String>) -> Self {
        for entry in &mut self.entries {
            if let Some(title) = titles.get(&entry.name) {
                entry.title.clone_from(title);
            }
        }
        self
    }

    /// The entry of this name.
    pub fn entry(&self, name: &str) -> Option<&Entry> {
        self.entries.iter().find(|e| e.name == name)
    }

    /// True when something was chosen on the test rows.
    pub fn is_chosen_on_test(&self) -> bool {
        self.chosen_on == Split::Test
    }

    /// An entry's scores on the rows that choices are made on.
    pub fn choice<'a>(&self, entry: &'a Entry) -> &'a Scores {
        if self.is_chosen_on_test() { &entry.test } else { &entry.validation }
    }

    /// The best single model.
    pub fn best_single(&self) -> Option<&Entry> {
        self.best_single.as_deref().and_then(|name| self.entry(name))
    }
}

impl Entry {
    /// The scores on a split; `None` for the training split, which is not scored.
    pub fn scores(&self, split: Split) -> Option<&Scores> {
        match split {
            Split::Validation => Some(&self.validation),
            Split::Test => Some(&self.test),
            Split::Train => None,
        }
    }
}

impl DatasetFacts {
    /// The facts of a dataset. `seen` speaks of its n rows; what it says of training rows does not matter.
    ///
    /// # Errors
    /// [`Error::Invalid`] when `seen` is of another length.
    pub fn of(dataset: &Dataset, seen: Seen<'_>) -> Result<Self> {
        let info = &dataset.info;
        let mut counts: Vec<SplitCounts> =
            Split::ALL.map(|split| SplitCounts { split, per_class: vec![0; info.classes.len()] }).into();
        for (row, (&label, &split)) in dataset.labels.iter().zip(&dataset.splits).enumerate() {
            let Some(count) = counts[split as usize].per_class.get_mut(usize::from(label)) else {
                let expected = format!("below {}, the number of classes", info.classes.len());
                return Err(Error::invalid(format!("label in row {row} of `{}`", info.name), label, expected));
            };
            *count += 1;
        }
        let count = |flags: Option<&[bool]>| match flags {
            Some(flags) if flags.len() != dataset.splits.len() => {
                let expected = format!("{}, one for each row of `{}`", dataset.splits.len(), info.name);
                Err(Error::invalid("flags of rows seen in training", flags.len(), expected))
            }
            Some(flags) => {
                let count = |split| dataset.splits.iter().zip(flags).filter(|&(&s, &f)| f && s == split).count() as u64;
                Ok(Some(IdenticalRows { validation: count(Split::Validation), test: count(Split::Test) }))
            }
            None => Ok(None),
        };
        Ok(Self {
            name: info.name.clone(),
            title: info.title.clone(),
            synthetic: info.synthetic,
            classes: info.classes.clone(),
            counts,
            fingerprint: info.fingerprint.clone(),
            source: info.source.clone(),
            split_rule: info.split_rule.clone(),
            size: [info.height, info.width],
            identical_to_training: count(seen.identical)?,
            near_training: count(seen.near)?,
        })
    }
}
