//! Confusion matrices, metrics, intervals and paired tests, from [`crate::Predictions`] alone.
//!
//! Definitions are scikit-learn's with one difference: what scikit-learn would warn about and set to 0 is `None` here.

mod assemble;
mod comparison;
mod confusion;
#[cfg(test)]
pub(crate) mod example;
mod folds;
mod ingredient;
mod interval;
mod metrics;
mod paired;

pub use crate::models::EpochRecord;
pub use crate::predictions::EntryKind;
pub use assemble::{AggregateOutcome, ComparisonInput, EntryInput, aggregate_entries};
pub use comparison::{
    Comparison, DatasetFacts, Entry, FeatureFacts, Hits, IdenticalRows, PairedTest, Scores, SingleView, SplitCounts,
    TrainingFacts,
};
pub use confusion::ConfusionMatrix;
pub use folds::{FoldScores, FoldsOfRows, mean_and_deviation};
pub use ingredient::Ingredient;
pub use interval::wilson;
pub use metrics::{ClassMetrics, Metrics, RestrictedAccuracy, Seen};
pub use paired::{discordant, holm, mcnemar, paired_interval};
