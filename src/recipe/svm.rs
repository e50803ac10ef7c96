//! Support vector machines on features.

use serde::{Deserialize, Serialize};

use super::checks::{above_zero, some_features};
use super::{Check, Kernel, Normalisation};
use crate::error::{Error, Result};

/// A support vector machine on the concatenation of some features.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct SvmRecipe {
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
    /// One machine for all pictures, or one for each.
    pub mode: SvmMode,
    /// Training rows nearest to the picture (cosine), for `mode = "local"`.
    #[serde(default = "two_hundred")]
    pub neighbours: usize,
    /// Training rows used at the most, a stratified draw, for `mode = "global"`.
    #[serde(default = "thousand")]
    pub max_rows: usize,
    /// The kernel.
    pub kernel: Kernel,
    /// Width of the RBF and chi-squared kernels.
    #[serde(default = "one")]
    pub gamma: f64,
    /// Penalty of a margin error.
    #[serde(default = "one")]
    pub c: f64,
    /// The solver's stopping tolerance.
    #[serde(default = "thousandth")]
    pub eps: f64,
    /// Seed of the draw.
    #[serde(default)]
    pub seed: u64,
}

fn two_hundred() -> usize {
    200
}

fn thousand() -> usize {
    1000
}

fn one() -> f64 {
    1.0
}

fn thousandth() -> f64 {
    1e-3
}

/// One machine for all pictures, or one for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SvmMode {
    /// For each picture, a one-vs-rest machine on its nearest training rows (Zhang et al. 2006; Georgescu et al. 2019).
    Local,
    /// One one-vs-rest machine on at most `max-rows` training rows.
    Global,
}

impl Check for SvmRecipe {
    fn check(&self) -> Result<()> {
        some_features(&self.features)?;
        above_zero(&[("gamma", self.gamma), ("c", self.c), ("eps", self.eps)])?;
        if !(2..=4000).contains(&self.neighbours) {
            return Err(Error::invalid("neighbours", self.neighbours, "2 to 4,000"));
        }
        // linfa-svm fills a dense matrix of max-rows squared for every class: 10,000 rows take hours.
        if !(10..=10_000).contains(&self.max_rows) {
            return Err(Error::invalid(
                "max-rows",
                self.max_rows,
                "10 to 10,000: linfa-svm holds a dense kernel of rows x rows",
            ));
        }
        Ok(())
    }
}
