//! Features that are computed from a picture in one step, without local descriptors: HOG and LBP.

mod hog;
mod lbp;
#[cfg(test)]
mod tests;

use ndarray::{ArrayView2, s};

use self::hog::Hog;
use self::lbp::Lbp;
use super::normalise::{mean_with, normalise};
use crate::error::{Error, Result};
use crate::recipe::FeatureRecipe;

/// Computes the feature of pictures of one size.
pub(super) struct WholePicture {
    recipe: FeatureRecipe,
    size: [usize; 2],
    method: Method,
}

enum Method {
    Hog(Hog),
    Lbp(Lbp),
}

impl WholePicture {
    /// `None` for a recipe of local descriptors.
    ///
    /// # Errors
    /// [`Error::Invalid`] when pictures of this size are too small.
    pub(super) fn new(recipe: &FeatureRecipe, height: usize, width: usize) -> Result<Option<Self>> {
        let method = match (&recipe.hog, &recipe.lbp) {
            (Some(hog), _) => Method::Hog(Hog::new(hog, height, width)?),
            (_, Some(lbp)) => Method::Lbp(Lbp::new(lbp, height, width)?),
            _ => return Ok(None),
        };
        Ok(Some(Self { recipe: recipe.clone(), size: [height, width], method }))
    }

    /// Numbers in a feature vector.
    pub(super) fn dimensions(&self) -> usize {
        match &self.method {
            Method::Hog(hog) => hog.dimensions(),
            Method::Lbp(lbp) => lbp.dimensions(),
        }
    }

    /// Writes the vector of a grey picture, normalised as the recipe says.
    ///
    /// # Errors
    /// [`Error::Invalid`] when the picture has another size.
    pub(super) fn describe(&self, image: ArrayView2<'_, u8>, vector: &mut [f32]) -> Result<()> {
        let [height, width] = self.size;
        if image.dim() != (height, width) {
            let (found, expected) = (image.dim(), format!("{height} x {width}"));
            return Err(Error::invalid("picture size", format!("{} x {}", found.0, found.1), expected));
        }
        let write = |image: ArrayView2<'_, u8>, vector: &mut [f32]| {
            match &self.method {
                Method::Hog(hog) => hog.describe(image, vector),
                Method::Lbp(lbp) => lbp.describe(image, vector),
            }
            normalise(vector, self.recipe.normalisation);
        };
        write(image, vector);
        if self.recipe.symmetric {
            let mut other = vec![0.0; vector.len()];
            write(image.slice(s![.., ..;-1]), &mut other);
            mean_with(vector, &other, self.recipe.normalisation);
        }
        Ok(())
    }
}
