//! The steps of an experiment, and which of them are stale.
//!
//! Each step looks at the fingerprint of what it would make: what is there and still fits is taken as it is, the rest
//! is made. An interrupted experiment goes on where it stopped.

mod compare;
mod crossval;
mod data;
mod embedding;
mod export;
mod external;
mod feature;
mod model;
#[cfg(feature = "torch")]
mod network;
mod predicted;
mod predictor;
mod pretrained;
mod rescore;
mod runner;
mod transfer;

pub use compare::RunOutcome;
pub use export::Exported;
pub use model::{FittedModel, fitted_fingerprint};
pub use predicted::Predicted;
pub use predictor::{FeatureVectors, Predictor, ReadFeature};
pub use rescore::rescore;
pub use runner::{Options, Runner};
pub use transfer::{SeenInTraining, Transferred};
