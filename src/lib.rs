//! **ferrofuse** compares handcrafted features with learned ones for facial expression recognition,
//! fuses them in a hybrid head, aggregates the models, and says with evidence which is better.
//!
//! [`recipe`] says what to do, [`experiment`] does it; [`Predictions`] are what every model makes and every
//! ensemble, evaluation and report takes.

mod allocation;
pub mod artifact;
mod cost;
pub mod dataset;
pub mod ensemble;
mod error;
pub mod evaluation;
pub mod experiment;
mod expression;
pub mod faces;
pub mod features;
#[cfg(feature = "torch")]
mod inference;
mod matrix;
pub mod models;
pub mod predict;
pub mod predictions;
mod progress;
pub mod recipe;
pub mod report;
pub mod serve;
#[cfg(feature = "torch")]
mod shared_tensor;
#[cfg(feature = "torch")]
pub mod training;

pub use allocation::keep_freed_memory;
pub use cost::Cost;
pub use error::{Error, Result};
pub use expression::Expression;
pub use predictions::{Predictions, SUM_TOLERANCE};
pub use progress::{Progress, Silent};
