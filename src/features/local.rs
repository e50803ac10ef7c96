//! The local descriptors that a recipe asks for, whichever library computes them.

use ndarray::ArrayView2;

use crate::error::{Error, Result};
use crate::recipe::FeatureRecipe;

/// The smallest picture side that SIFT's scale space can be built on.
const SMALLEST: usize = 8;

/// Computes the descriptors of pictures of one size; one for each thread.
pub(super) struct Local {
    height: usize,
    width: usize,
    method: Method,
}

/// Empty without OpenCV: then there is no `Local` either.
enum Method {
    #[cfg(feature = "opencv")]
    Sift(super::sift::Sift),
    #[cfg(feature = "opencv")]
    Dense(super::dense_sift::DenseSift),
}

impl Local {
    /// # Errors
    /// [`Error::Invalid`] when pictures of this size are too small, [`Error::FeatureOff`] without OpenCV.
    pub(super) fn new(recipe: &FeatureRecipe, height: usize, width: usize) -> Result<Self> {
        if height.min(width) < SMALLEST {
            let expected = format!("at least {SMALLEST} x {SMALLEST} pixels for SIFT");
            return Err(Error::invalid("picture size", format!("{height} x {width}"), expected));
        }
        if let Some(grid) = &recipe.grid {
            super::grid_points(grid, height, width)?;
        }
        Self::with_library(recipe, height, width)
    }

    #[cfg(feature = "opencv")]
    fn with_library(recipe: &FeatureRecipe, height: usize, width: usize) -> Result<Self> {
        let method = match &recipe.grid {
            Some(grid) => Method::Dense(super::dense_sift::DenseSift::new(grid, height, width)?),
            None => Method::Sift(super::sift::Sift::new(&recipe.detector.clone().unwrap_or_default())?),
        };
        Ok(Self { height, width, method })
    }

    #[cfg(not(feature = "opencv"))]
    fn with_library(recipe: &FeatureRecipe, _: usize, _: usize) -> Result<Self> {
        Err(Error::FeatureOff { what: format!("extracting {}", recipe.title), feature: "opencv" })
    }

    /// The descriptors of a picture, 128 bytes each.
    pub(super) fn describe(&mut self, image: ArrayView2<'_, u8>) -> Result<Vec<u8>> {
        if image.dim() != (self.height, self.width) {
            let expected = format!("{} x {}", self.height, self.width);
            let (height, width) = image.dim();
            return Err(Error::invalid("picture size", format!("{height} x {width}"), expected));
        }
        match self.method {
            #[cfg(feature = "opencv")]
            Method::Sift(ref mut sift) => sift.detect_and_describe(image),
            #[cfg(feature = "opencv")]
            Method::Dense(ref mut dense) => dense.describe(image),
        }
    }
}
