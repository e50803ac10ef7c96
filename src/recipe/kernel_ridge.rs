//! Kernel ridge regression on features.

use serde::{Deserialize, Serialize};

use super::checks::{above_zero, some_features};
use super::{Check, Normalisation};
use crate::error::Result;

/// Kernel ridge regression of the classes' indicators on features, over all training rows (Saunders et al. 1998).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct KernelRidgeRecipe {
    /// The name for readers.
    pub title: String,
    /// The feature recipes.
    pub features: Vec<String>,
    /// What is done to each feature's vector first.
    #[serde(default)]
    pub normalisation: Normalisation,
    /// Use each training picture mirrored too, and score the mean over a picture and its mirror image.
    #[serde(default, skip_serializing_if = "super::checks::is_default")]
    pub mirrored: bool,
    /// The kernel.
    pub kernel: Kernel,
    /// Width of the RBF and chi-squared kernels.
    #[serde(default = "one")]
    pub gamma: f64,
    /// How several features make one kernel.
    #[serde(default)]
    pub combine: Combine,
    /// What is added to the kernel matrix's diagonal.
    pub lambda: f64,
}

fn one() -> f64 {
    1.0
}

/// Kernels between two vectors of d numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kernel {
    /// The dot product.
    Linear,
    /// exp(-gamma |x - y|^2).
    Rbf,
    /// exp(-gamma sum of (x - y)^2 / (x + y)), for histograms (Zhang et al. 2007); 0 / 0 counts as 0.
    ChiSquared,
    /// The sum of the smaller numbers, for histograms (Barla et al. 2003).
    Intersection,
}

/// How several features make one kernel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Combine {
    /// The kernel of the vectors side by side.
    #[default]
    Concatenate,
    /// The mean of each feature's kernel.
    Sum,
}

impl Check for KernelRidgeRecipe {
    fn check(&self) -> Result<()> {
        some_features(&self.features)?;
        above_zero(&[("gamma", self.gamma), ("lambda", self.lambda)])
    }
}
