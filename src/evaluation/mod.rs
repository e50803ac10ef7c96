//! Confusion matrices, metrics, intervals and paired tests, from [`crate::Predictions`] alone.
//!
//! Definitions are scikit-learn's with one difference: what scikit-learn would warn about and set to 0 is `None` here.

mod comparison;
mod confusion;
mod interval;
mod metrics;

pub use comparison::{
    Comparison, DatasetFacts, Entry, EntryKind, EpochRecord, IdenticalRows, PairedTest, Scores, SplitCounts,
    TrainingFacts,
};
pub use confusion::ConfusionMatrix;
pub use interval::wilson;
pub use metrics::{ClassMetrics, Metrics, RestrictedAccuracy};
