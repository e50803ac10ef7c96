//! Whether probabilities are honest: a reliability diagram, its figures, and what one temperature mends.
//!
//! This looks at finished predictions of any model. The probabilities that an SVM makes of its decision values are
//! another thing, and part of that model.

mod reliability;
mod temperature;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::error::Result;
use crate::predictions::Predictions;

pub use reliability::{RELIABILITY_BINS, Reliability, ReliabilityBin};
pub use temperature::{TEMPERATURES, fit_temperature, with_temperature};

/// How honest the probabilities of one model on one split are, as they came and with a temperature.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CalibrationFacts {
    /// The temperature: above 1 it makes probabilities flatter, below 1 sharper.
    pub temperature: f64,
    /// Without it.
    pub before: Reliability,
    /// With it. Predicted classes are the same, and so is the accuracy.
    pub after: Reliability,
}

impl CalibrationFacts {
    /// Whether validation rows determined the temperature: all right or no better than chance, they ask for one beyond
    /// [`TEMPERATURES`].
    pub fn is_determined(&self) -> bool {
        let [least, most] = TEMPERATURES;
        self.temperature > least && self.temperature < most
    }

    /// Of predictions on any split; `temperature` is what [`fit_temperature`] found on the validation split, for which
    /// `after` is therefore a little too good.
    ///
    /// Shares of votes are no probabilities: leave those out.
    ///
    /// # Errors
    /// As [`with_temperature`].
    pub fn of(predictions: &Predictions, temperature: f64) -> Result<Self> {
        let scaled = with_temperature(predictions, temperature)?;
        Ok(Self { temperature, before: Reliability::of(predictions)?, after: Reliability::of(&scaled)? })
    }
}

#[cfg(test)]
mod tests;
