//! Cascades of the kinds that only OpenCV reads: local binary patterns, tilted features, the old format.

use std::path::Path;

use ndarray::ArrayView2;
use opencv::core::{Mat, Rect, Size, Vector};
use opencv::objdetect::CascadeClassifier;
use opencv::prelude::*;

use super::haar::no_cascade;
use super::{FaceBox, FoundFace};
use crate::error::{Error, Result};
use crate::recipe::FaceRecipe;

/// A cascade.
pub(super) struct OpencvCascade {
    cascade: CascadeClassifier,
    scale_factor: f64,
    min_neighbors: i32,
    smallest: Size,
}

impl OpencvCascade {
    pub fn new(path: &Path, recipe: &FaceRecipe) -> Result<Self> {
        let name = path.to_str().ok_or_else(|| no_cascade(path, "a path that is no text"))?;
        let cascade = CascadeClassifier::new(name).map_err(|e| no_cascade(path, &e.message))?;
        if cascade.empty().map_err(|e| no_cascade(path, &e.message))? {
            return Err(no_cascade(path, "nothing that OpenCV takes for one"));
        }
        let (min_neighbors, smallest) = (recipe.min_neighbors as i32, recipe.min_size as i32);
        Ok(Self { cascade, scale_factor: recipe.scale_factor, min_neighbors, smallest: Size::new(smallest, smallest) })
    }

    pub fn detect(&mut self, grey: ArrayView2<'_, u8>) -> Result<Vec<FoundFace>> {
        let fail = |e: opencv::Error| Error::backend("OpenCV", "find faces by the cascade", e.message);
        let (height, width) = grey.dim();
        let pixels = grey.as_standard_layout();
        let pixels = pixels.as_slice().unwrap_or_default();
        let mat = Mat::new_rows_cols_with_data(height as i32, width as i32, pixels).map_err(fail)?;
        let (mut faces, mut levels, mut weights) = (Vector::<Rect>::new(), Vector::new(), Vector::new());
        let (scale, neighbours, smallest) = (self.scale_factor, self.min_neighbors, self.smallest);
        self.cascade
            .detect_multi_scale3(
                &mat,
                &mut faces,
                &mut levels,
                &mut weights,
                scale,
                neighbours,
                0,
                smallest,
                Size::default(),
                true,
            )
            .map_err(fail)?;
        let score = |i: usize| weights.get(i).unwrap_or(f64::NAN);
        Ok(faces
            .iter()
            .enumerate()
            .filter(|(_, r)| r.width > 0 && r.height > 0)
            .map(|(i, r)| {
                let face = FaceBox { x: r.x, y: r.y, width: r.width as u32, height: r.height as u32 };
                FoundFace { face, score: score(i) }
            })
            .collect())
    }
}
