//! Linear support vector machines on features.

use serde::{Deserialize, Serialize};

use super::{Check, Normalisation};
use crate::error::{Error, Result};

/// One-vs-rest linear support vector machines with the squared hinge loss, on all training rows, by dual coordinate
/// descent (Hsieh et al. 2008).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct LinearSvmRecipe {
    /// The name for readers.
    pub title: String,
    /// The feature recipes, concatenated in this order.
    pub features: Vec<String>,
    /// What is done to each feature's vector before they are concatenated.
    #[serde(default)]
    pub normalisation: Normalisation,
    /// Use each training picture mirrored too, and score the mean over a picture and its mirror image.
    #[serde(default, skip_serializing_if = "super::grid::is_default")]
    pub mirrored: bool,
    /// Penalty of a margin error.
    #[serde(default = "one")]
    pub c: f64,
    /// The projected gradients' spread at which a machine is done.
    #[serde(default = "hundredth")]
    pub eps: f64,
    /// Passes over the training rows at the most.
    #[serde(default = "thousand")]
    pub passes: usize,
    /// Seed of the order of rows.
    #[serde(default)]
    pub seed: u64,
}

fn one() -> f64 {
    1.0
}

fn hundredth() -> f64 {
    1e-2
}

fn thousand() -> usize {
    1000
}

impl Check for LinearSvmRecipe {
    fn check(&self) -> Result<()> {
        if self.features.is_empty() {
            return Err(Error::invalid("features", "nothing", "at least one feature recipe"));
        }
        let positive = |v: f64| v > 0.0 && v.is_finite();
        if !(positive(self.c) && positive(self.eps) && self.passes > 0) {
            let found = format!("c {}, eps {}, passes {}", self.c, self.eps, self.passes);
            return Err(Error::invalid("linear-svm", found, "numbers above 0"));
        }
        Ok(())
    }
}
