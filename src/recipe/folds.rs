//! Cross-validation: how rows are dealt to folds.

use serde::{Deserialize, Serialize};

use super::Check;
use super::checks::is_default;
use crate::error::{Error, Result};

/// Folds of a cross-validation: each is tested once, by models that learn from the others. The fold after the tested
/// one validates, so that no epoch is chosen on test rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct FoldsRecipe {
    /// How rows are dealt.
    pub rule: FoldRule,
    /// Number of folds.
    pub count: usize,
    /// Seed of the draw, where there is one.
    #[serde(default)]
    pub seed: u64,
    /// Train each model a second time, on all folds but the tested one, once the fold that validates has served; it is the second
    /// that is tested. Networks then run through all their epochs and keep the last, other models keep the calibration of the first.
    #[serde(default, skip_serializing_if = "is_default")]
    pub refit: bool,
}

/// How rows are dealt to folds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FoldRule {
    /// Whole subjects at random: no person is in two folds.
    BySubject,
    /// At random, the same share of each class in each fold.
    Stratified,
    /// Inside each class in the order of the source, cut into equal stretches; what a source sorts by subject then cuts
    /// through one subject at each border.
    FileOrder,
    /// Rows at random, whoever they show: frames of one sequence come into many folds, and scores are too good.
    Shuffled,
}

impl FoldRule {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::BySubject, Self::Stratified, Self::FileOrder, Self::Shuffled];

    /// The rule in words.
    pub fn words(self) -> &'static str {
        match self {
            Self::BySubject => "whole subjects at random",
            Self::Stratified => "rows at random, stratified by class",
            Self::FileOrder => "in file order inside each class",
            Self::Shuffled => "rows at random, whoever they show",
        }
    }

    /// The rule as a part of a folder's name, the same as in recipes.
    pub fn slug(self) -> &'static str {
        match self {
            Self::BySubject => "by-subject",
            Self::Stratified => "stratified",
            Self::FileOrder => "file-order",
            Self::Shuffled => "shuffled",
        }
    }
}

impl FoldsRecipe {
    /// The folds in words.
    pub fn words(&self) -> String {
        let drawn = if self.rule == FoldRule::FileOrder { String::new() } else { format!(", seed {}", self.seed) };
        format!("{} folds, {}{drawn}", self.count, self.rule.words())
    }

    /// What the other folds than the tested one are for, in words.
    pub fn others_in_words(&self) -> &'static str {
        match self.refit {
            false => "the fold after the tested one validates, the others train",
            true => {
                "the fold after the tested one validates, the others train; then a second training on both, of which the test \
                 scores are"
            }
        }
    }

    /// The folds as a part of a folder's name.
    pub fn slug(&self) -> String {
        format!("{}-{}-{}", self.rule.slug(), self.count, self.seed)
    }
}

impl Check for FoldsRecipe {
    fn check(&self) -> Result<()> {
        match (3..=1000).contains(&self.count) {
            true => Ok(()),
            false => {
                Err(Error::invalid("folds.count", self.count, "3 to 1000: one tests, one validates, the rest train"))
            }
        }
    }
}
