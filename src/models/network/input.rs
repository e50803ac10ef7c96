//! From arrays to tensors: pixels and feature vectors, scaled by what was measured on training rows.

use ndarray::{Array1, Array2, ArrayView2, ArrayView3, Axis};
use tch::{Kind, TchError, Tensor};

use crate::recipe::{FeatureScale, InputRecipe};

/// How grey values become the network's input.
#[derive(Clone, Copy, Debug)]
pub(crate) struct InputScale {
    pub recipe: InputRecipe,
    pub mean: f64,
    pub deviation: f64,
}

impl InputScale {
    /// Mean and deviation of the given pictures' pixels, divided by 255.
    pub fn measure(recipe: InputRecipe, images: ArrayView3<u8>) -> Self {
        let (mut sum, mut squares) = (0u64, 0u64);
        for &v in &images {
            sum += u64::from(v);
            squares += u64::from(v) * u64::from(v);
        }
        let n = images.len().max(1) as f64;
        let mean = sum as f64 / n;
        let variance = (squares as f64 / n - mean * mean).max(0.0);
        Self { recipe, mean: mean / 255.0, deviation: (variance.sqrt() / 255.0).max(1e-3) }
    }

    /// b x 1 x h x w of grey values 0 to 255 (any type) to f32 as the network wants it.
    pub fn apply(&self, grey: &Tensor) -> Result<Tensor, TchError> {
        let x = self.scaled(grey)?;
        if self.recipe.three_channels { x.f_expand([-1, 3, -1, -1], false) } else { Ok(x) }
    }

    fn scaled(&self, grey: &Tensor) -> Result<Tensor, TchError> {
        let x = grey.f_to_kind(Kind::Float)?.f_div_scalar(255.0)?;
        if self.recipe.per_image {
            let mean = x.f_mean_dim([2i64, 3].as_slice(), true, Kind::Float)?;
            let deviation = x.f_std_dim([2i64, 3].as_slice(), false, true)?.f_clamp_min(1e-3)?;
            return x.f_sub(&mean)?.f_div(&deviation);
        }
        if self.recipe.standardise {
            return x.f_sub_scalar(self.mean)?.f_div_scalar(self.deviation);
        }
        Ok(x)
    }
}

/// n x 1 x h x w, u8.
pub(crate) fn image_tensor(images: ArrayView3<u8>) -> Result<Tensor, TchError> {
    let (n, h, w) = images.dim();
    let plain = images.as_standard_layout();
    let bytes = plain.as_slice().unwrap_or_default();
    Tensor::f_from_slice(bytes)?.f_view([n as i64, 1, h as i64, w as i64])
}

/// n x d, f32, scaled by `(x - mean) / deviation`.
pub(crate) fn feature_tensor(
    features: ArrayView2<f32>,
    mean: &Array1<f32>,
    deviation: &Array1<f32>,
) -> Result<Tensor, TchError> {
    Tensor::try_from(scaled_features(features, mean, deviation))
}

/// n x d, scaled by `(x - mean) / deviation`.
pub(crate) fn scaled_features(features: ArrayView2<f32>, mean: &Array1<f32>, deviation: &Array1<f32>) -> Array2<f32> {
    (&features - mean) / deviation
}

/// Mean and deviation to scale a feature by, measured on the given (training) rows.
pub(crate) fn feature_scale(scale: FeatureScale, rows: ArrayView2<f32>) -> (Array1<f32>, Array1<f32>) {
    let d = rows.ncols();
    let n = rows.nrows().max(1) as f64;
    let none = (Array1::zeros(d), Array1::ones(d));
    match scale {
        FeatureScale::None => none,
        FeatureScale::Rms => {
            let squares: f64 = rows.iter().map(|&v| f64::from(v) * f64::from(v)).sum();
            let rms = (squares / (n * d.max(1) as f64)).sqrt();
            if rms > 0.0 { (none.0, Array1::from_elem(d, rms as f32)) } else { none }
        }
        FeatureScale::Standardise => {
            let mean = rows.map(|&v| f64::from(v)).sum_axis(Axis(0)) / n;
            let mut variance = Array1::<f64>::zeros(d);
            for row in rows.outer_iter() {
                for ((v, &x), m) in variance.iter_mut().zip(row).zip(&mean) {
                    *v += (f64::from(x) - m).powi(2);
                }
            }
            // A dimension that never changes says nothing: it stays at 0 instead of dividing by 0.
            let deviation = variance.map(|v| (v / n).sqrt()).map(|&s| if s > 1e-12 { s as f32 } else { 1.0 });
            (mean.map(|&m| m as f32), deviation)
        }
    }
}
