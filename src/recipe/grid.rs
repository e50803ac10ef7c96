//! `[grid]` of `features/*.toml`: where dense SIFT is taken, and by what.

use serde::{Deserialize, Serialize};

use super::checks::is_default;
use crate::error::{Error, Result};

/// A regular grid of descriptors, the same along both sides of the picture.
///
/// Which fields belong to it depends on the backend: [`Backend::Native`] takes `bins`, `window`, `magnification` and
/// `contrast-threshold`, [`Backend::Opencv`] takes `sizes` and needs `first` and `count`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct GridRecipe {
    /// What computes the descriptors; without it native, unless `sizes` are given, which only OpenCV knows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backend: Option<Backend>,
    /// OpenCV: the coordinate of the first keypoint. Native: of the centre of the first spatial bin of the first
    /// descriptor, a whole pixel; without it the grid is centred.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first: Option<f32>,
    /// The distance between neighbours, in pixels; whole ones for native.
    pub step: f32,
    /// Descriptors along each side; native without it: as many as fit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<usize>,
    /// OpenCV: keypoint sizes (a diameter; a descriptor is 6 sizes wide); one descriptor for each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sizes: Vec<f32>,
    /// Native: widths of a spatial bin in pixels (a descriptor is 4 bins wide); a grid for each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub bins: Vec<usize>,
    /// Native: how a gradient counts for the spatial bins around it.
    #[serde(default, skip_serializing_if = "is_default")]
    pub window: Window,
    /// Native: pictures are smoothed for each bin width as if it were this many times the scale of the keypoint
    /// (VLFeat's magnification); 6 without it, 0 for no smoothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub magnification: Option<f32>,
    /// Native: descriptors whose mean gradient (grey values from 0 to 1) is weaker than this become zeros.
    #[serde(default, skip_serializing_if = "is_default")]
    pub contrast_threshold: f32,
}

/// What computes the descriptors of a grid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Backend {
    /// ferrofuse's own dense SIFT.
    Native,
    /// OpenCV's SIFT at keypoints of the grid.
    Opencv,
}

/// How a gradient counts for the spatial bins around it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Window {
    /// For the two nearest bins along each side, in proportion to its distance from their centres (Lowe 2004).
    #[default]
    Triangular,
    /// Fully for the bin that it lies in.
    Flat,
}

impl GridRecipe {
    /// What computes the descriptors.
    pub fn backend(&self) -> Backend {
        self.backend.unwrap_or(if self.sizes.is_empty() { Backend::Native } else { Backend::Opencv })
    }

    /// Checks ranges, and that every key belongs to the backend.
    pub(super) fn check(&self) -> Result<()> {
        let fail = |expected: &str| Err(Error::invalid("grid", format!("{self:?}"), expected));
        if self.count.is_some_and(|c| !(1..=1024).contains(&c)) || !(0.01..=4096.0).contains(&self.step) {
            return fail("step from 0.01 to 4096 pixels, count from 1 to 1024");
        }
        if self.first.is_some_and(|f| !(0.0..=4096.0).contains(&f)) {
            return fail("first from 0 to 4096 pixels");
        }
        match self.backend() {
            Backend::Opencv => {
                let own = Self {
                    backend: self.backend,
                    first: self.first,
                    step: self.step,
                    count: self.count,
                    sizes: self.sizes.clone(),
                    ..Self::default()
                };
                if self.first.is_none() || self.count.is_none() || *self != own {
                    return fail("first, step, count and sizes, nothing else, for backend = \"opencv\"");
                }
                if self.sizes.is_empty() || !self.sizes.iter().all(|s| (0.5..=256.0).contains(s)) {
                    return fail("sizes from 0.5 to 256 pixels");
                }
            }
            Backend::Native => {
                let whole = self.step.fract() == 0.0 && self.first.is_none_or(|f| f.fract() == 0.0);
                if !self.sizes.is_empty() || !whole {
                    return fail("bins instead of sizes, whole pixels for step and first, for backend = \"native\"");
                }
                if self.bins.is_empty() || !self.bins.iter().all(|b| (1..=1024).contains(b)) {
                    return fail("bins from 1 to 1024 pixels");
                }
                let magnification = self.magnification.unwrap_or(0.0);
                if magnification != 0.0 && !(0.1..=1000.0).contains(&magnification) {
                    return fail("magnification 0, or from 0.1 to 1000");
                }
                if !(0.0..=1.0).contains(&self.contrast_threshold) {
                    return fail("contrast-threshold from 0 to 1");
                }
            }
        }
        Ok(())
    }
}
