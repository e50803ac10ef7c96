//! The fused feature of a hybrid head, computed from the same pictures that the trunk sees.

use ndarray::Array1;
use tch::{Device, TchError, Tensor};

use crate::error::{Error, Result, torch_error};
use crate::features::{GraphFeature, Vocabulary};
use crate::recipe::FeatureRecipe;
use crate::shared_tensor::SharedTensor;

/// A feature as tensor operations, and what its numbers are scaled by.
#[derive(Clone)]
pub(crate) struct ConsistentFeature {
    feature: GraphFeature,
    mean: SharedTensor,
    deviation: SharedTensor,
}

impl ConsistentFeature {
    /// For what the trunk sees, `size` pixels; mean and deviation are those of the feature on training rows.
    ///
    /// # Errors
    /// [`Error::Invalid`] when the feature has no tensor operations, or other dimensions on a crop than on whole pictures.
    pub fn new(
        recipe: &FeatureRecipe,
        vocabulary: &Vocabulary,
        size: [usize; 2],
        (mean, deviation): (&Array1<f32>, &Array1<f32>),
        device: Device,
    ) -> Result<Self> {
        let feature = GraphFeature::new(recipe, vocabulary, size, device)?;
        if feature.dimensions() != mean.len() {
            let what = format!("numbers of `{}` on {} x {} pixels", recipe.title, size[0], size[1]);
            let expected =
                format!("{}, as on whole pictures: a bag of words, `count` in [grid], or no crop", mean.len());
            return Err(Error::invalid(what, feature.dimensions(), expected));
        }
        let tensor = |values: &Array1<f32>| Tensor::try_from(values).and_then(|t| t.f_to(device));
        let [mean, deviation] =
            [mean, deviation].map(|values| tensor(values).map_err(torch_error("scale the feature")));
        Ok(Self { feature, mean: mean?.into(), deviation: deviation?.into() })
    }

    /// Scaled feature vectors, b x d, of pictures as the trunk sees them (b x 1 x h x w, grey values from 0 to 255).
    pub fn of(&self, grey: &Tensor) -> Result<Tensor, TchError> {
        self.feature.of(grey)?.f_sub(&self.mean)?.f_div(&self.deviation)
    }

    /// The same for each version of pictures.
    pub fn of_views(&self, views: &[Tensor]) -> Result<Vec<Tensor>, TchError> {
        views.iter().map(|view| self.of(view)).collect()
    }
}
