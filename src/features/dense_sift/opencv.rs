//! Descriptors on a grid by OpenCV's SIFT, as `cv2.KeyPoint(x, y, size)` and `sift.compute` give them.

use ndarray::ArrayView2;
use opencv::core::{KeyPoint, Vector};

use crate::error::{Error, Result};
use crate::features::sift::{Sift, opencv_error};
use crate::features::{DescriptorSet, GridPoint, grid_points};
use crate::recipe::{DetectorRecipe, GridRecipe};

/// Computes descriptors at the points of a grid.
pub(crate) struct KeypointGrid {
    sift: Sift,
    keypoints: Vector<KeyPoint>,
}

impl KeypointGrid {
    /// For pictures of `height` x `width` pixels.
    pub(crate) fn new(grid: &GridRecipe, height: usize, width: usize) -> Result<Self> {
        let mut keypoints = Vector::new();
        for GridPoint { x, y, size } in grid_points(grid, height, width)? {
            // The default angle of -1 means "upright"; octave 0 is the picture at its own size.
            keypoints.push(KeyPoint::new_coords_def(x, y, size).map_err(|e| opencv_error("make a keypoint", &e))?);
        }
        Ok(Self { sift: Sift::new(&DetectorRecipe::default())?, keypoints })
    }

    /// Appends the descriptors of a picture in the order of [`grid_points`], 128 bytes each.
    pub(crate) fn describe(&mut self, image: ArrayView2<'_, u8>, into: &mut DescriptorSet) -> Result<()> {
        let mut keypoints = self.keypoints.clone();
        self.sift.compute(image, &mut keypoints, into)?;
        if keypoints.len() != self.keypoints.len() {
            let message = format!("{} of {} grid points came back", keypoints.len(), self.keypoints.len());
            return Err(Error::backend("OpenCV", "describe a grid", message));
        }
        Ok(())
    }
}
