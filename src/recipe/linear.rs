//! Linear classifiers on features.

use serde::{Deserialize, Serialize};

use super::checks::{above_zero, some_features};
use super::{Check, Normalisation};
use crate::error::Result;

/// Linear machines on all training rows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct LinearRecipe {
    /// The name for readers.
    pub title: String,
    /// The feature recipes, concatenated in this order.
    pub features: Vec<String>,
    /// What is done to each feature's vector before they are concatenated.
    #[serde(default)]
    pub normalisation: Normalisation,
    /// Use each training picture mirrored too, and score the mean over a picture and its mirror image.
    #[serde(default, skip_serializing_if = "super::checks::is_default")]
    pub mirrored: bool,
    /// What is minimised.
    #[serde(default)]
    pub loss: Loss,
    /// Weight of the loss against half the squared length of the weights.
    #[serde(default = "one")]
    pub c: f64,
    /// The spread of projected gradients (squared hinge) or the length of the gradient (logistic) at which it is done.
    #[serde(default = "hundredth")]
    pub eps: f64,
    /// Passes over the training rows (squared hinge) or steps (logistic) at the most.
    #[serde(default = "thousand")]
    pub passes: usize,
    /// Seed of the order of rows, for the squared hinge.
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

/// What a linear machine minimises.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Loss {
    /// max(0, 1 - y f(x))^2: one-vs-rest support vector machines, by dual coordinate descent (Hsieh et al. 2008).
    #[default]
    SquaredHinge,
    /// Multinomial logistic regression, by linfa-logistic.
    Logistic,
}

impl Check for LinearRecipe {
    fn check(&self) -> Result<()> {
        some_features(&self.features)?;
        above_zero(&[("c", self.c), ("eps", self.eps), ("passes", self.passes as f64)])
    }
}
