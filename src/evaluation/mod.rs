//! Confusion matrices, metrics, calibration, ranking, intervals and paired tests, from [`crate::Predictions`] alone.
//!
//! Definitions are scikit-learn's with one difference: what scikit-learn would warn about and set to 0 is `None` here.

mod assemble;
mod bootstrap;
mod calibration;
mod comparison;
mod confusion;
#[cfg(test)]
pub(crate) mod example;
mod folds;
mod gain;
mod ingredient;
mod interval;
mod metrics;
mod paired;
mod pairs;
mod ranking;
mod without_member;

pub use crate::models::{EpochRecord, StartingPoint};
pub use crate::predictions::EntryKind;
pub use assemble::{AggregateOutcome, ComparisonInput, EntryInput, aggregate_entries};
pub use bootstrap::{Bootstrap, BootstrapInput, BootstrapPlan, ModelIntervals, ScoreIntervals};
pub use calibration::{
    CalibrationFacts, RELIABILITY_BINS, Reliability, ReliabilityBin, TEMPERATURES, fit_temperature, with_temperature,
};
pub use comparison::{
    Comparison, DatasetFacts, Entry, FeatureFacts, Hits, IdenticalRows, PairedTest, Scores, SingleView, SplitCounts,
    TrainingFacts,
};
pub use confusion::ConfusionMatrix;
pub use folds::{FoldScores, FoldsOfRows, mean_and_deviation};
pub use gain::{ClassGain, FusionGain, Relation};
pub use ingredient::Ingredient;
pub use interval::wilson;
pub use metrics::{ClassMetrics, Metrics, RestrictedAccuracy, Seen};
pub use paired::{discordant, holm, mcnemar, paired_interval};
pub use pairs::Pair;
pub use ranking::{ClassRanking, Ranking};
pub use without_member::WithoutMember;
