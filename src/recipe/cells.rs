//! `[hog]` and `[lbp]` of `features/*.toml`: histograms of small cells of the picture.

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// Histograms of oriented gradients (Dalal and Triggs 2005).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct HogRecipe {
    /// Side of a cell in pixels.
    #[serde(default = "eight")]
    pub cell: usize,
    /// Cells along the side of a block, which is normalised as one; blocks are one cell apart.
    #[serde(default = "two")]
    pub block: usize,
    /// Bins from 0 to 180 degrees.
    #[serde(default = "nine")]
    pub orientations: usize,
}

/// Histograms of uniform local binary patterns (Ahonen et al. 2006) of eight neighbours.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct LbpRecipe {
    /// Side of a cell in pixels.
    #[serde(default = "eight")]
    pub cell: usize,
    /// Distance of the neighbours in pixels.
    #[serde(default = "one")]
    pub radius: f64,
}

fn eight() -> usize {
    8
}

fn two() -> usize {
    2
}

fn nine() -> usize {
    9
}

fn one() -> f64 {
    1.0
}

impl HogRecipe {
    pub(super) fn check(&self) -> Result<()> {
        if (2..=1024).contains(&self.cell) && (1..=16).contains(&self.block) && (2..=64).contains(&self.orientations) {
            return Ok(());
        }
        let expected = "cell from 2 to 1024 pixels, block from 1 to 16 cells, 2 to 64 orientations";
        Err(Error::invalid("hog", format!("{self:?}"), expected))
    }
}

impl LbpRecipe {
    pub(super) fn check(&self) -> Result<()> {
        if (2..=1024).contains(&self.cell) && (1.0..=64.0).contains(&self.radius) {
            return Ok(());
        }
        Err(Error::invalid("lbp", format!("{self:?}"), "cell from 2 to 1024 pixels, radius from 1 to 64"))
    }
}
