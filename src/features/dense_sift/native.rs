//! Dense SIFT of ferrofuse's own: the descriptors of VLFeat's `dsift` with its flat window.
//!
//! Unlike OpenCV's, a descriptor is not rotated, resampled or weighted pixel by pixel: bins are axis-parallel and
//! centred on whole pixels, so that one pass over the picture serves all descriptors. Angles run clockwise on the
//! screen (x right, y down); OpenCV's run against it, so that its orientation o is the (8 - o)th here.

use ndarray::ArrayView2;

use crate::error::{Error, Result};
use crate::features::DESCRIPTOR_LENGTH;
use crate::recipe::GridRecipe;

use super::grid::native_starts;
use super::scale::Scale;
use super::smoothing::deviation;

/// VLFeat's usual magnification: a bin is six times as wide as the blur of its scale.
const MAGNIFICATION: f32 = 6.0;

/// How far pictures are smoothed for bins of `size` pixels, as a standard deviation in pixels.
pub(super) fn deviation_of(grid: &GridRecipe, size: usize) -> f64 {
    deviation(size, f64::from(grid.magnification.unwrap_or(MAGNIFICATION)))
}

/// Computes the descriptors at all points of a grid, on pictures of one size; one for each thread.
///
/// Gradients (differences of neighbours) are shared between the two nearest of eight orientations and summed over
/// 4 x 4 spatial bins; the bins are weighted by a Gaussian of two bins. Then the 128 numbers are brought to unit
/// length, cut at 0.2 and brought to unit length again (Lowe 2004; Vedaldi and Fulkerson 2008).
pub struct DenseSift {
    height: usize,
    width: usize,
    scales: Vec<Scale>,
    threshold: f32,
    picture: Vec<f32>,
    /// Which instructions the processor has.
    instructions: pulp::Arch,
}

impl DenseSift {
    /// For pictures of `height` x `width` pixels.
    ///
    /// # Errors
    /// [`Error::Invalid`] when a descriptor of the grid does not fit into the picture.
    pub fn new(grid: &GridRecipe, height: usize, width: usize) -> Result<Self> {
        let scale = |&size: &usize| {
            let [rows, columns] = [native_starts(grid, size, height)?, native_starts(grid, size, width)?];
            Ok(Scale::new([height, width], size, grid.window, [&rows, &columns], deviation_of(grid, size)))
        };
        Ok(Self {
            height,
            width,
            scales: grid.bins.iter().map(scale).collect::<Result<_>>()?,
            threshold: grid.contrast_threshold,
            picture: vec![0.0; height * width],
            instructions: pulp::Arch::new(),
        })
    }

    /// Number of descriptors of a picture.
    pub fn len(&self) -> usize {
        self.scales.iter().map(Scale::len).sum()
    }

    /// Whether there is no descriptor; never so for a recipe that was checked.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Writes the descriptors of a grey picture, in the order of [`super::grid_points`], each of unit length or zero
    /// where the picture is flat, and the mean gradient under each (grey values from 0 to 1 for a pixel).
    ///
    /// # Errors
    /// [`Error::Invalid`] when the picture has another size, or the slices another length than [`DenseSift::len`].
    pub fn describe(
        &mut self,
        picture: ArrayView2<'_, u8>,
        descriptors: &mut [[f32; DESCRIPTOR_LENGTH]],
        norms: &mut [f32],
    ) -> Result<()> {
        let points = self.len();
        if descriptors.len() != points || norms.len() != points {
            let found = format!("{} descriptors and {} norms", descriptors.len(), norms.len());
            return Err(Error::invalid("room for descriptors", found, format!("{points} of both")));
        }
        if picture.dim() != (self.height, self.width) {
            let (height, width) = picture.dim();
            let expected = format!("{} x {}", self.height, self.width);
            return Err(Error::invalid("picture size", format!("{height} x {width}"), expected));
        }
        for (grey, &byte) in self.picture.iter_mut().zip(picture) {
            *grey = f32::from(byte);
        }
        let run =
            Run { scales: &mut self.scales, picture: &self.picture, threshold: self.threshold, descriptors, norms };
        self.instructions.dispatch(run);
        Ok(())
    }
}

/// The work on one picture, compiled for each set of instructions.
struct Run<'a> {
    scales: &'a mut [Scale],
    picture: &'a [f32],
    threshold: f32,
    descriptors: &'a mut [[f32; DESCRIPTOR_LENGTH]],
    norms: &'a mut [f32],
}

impl pulp::NullaryFnOnce for Run<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let (mut descriptors, mut norms) = (self.descriptors, self.norms);
        for scale in self.scales {
            let (own, rest) = descriptors.split_at_mut(scale.len());
            let (own_norms, rest_of_norms) = norms.split_at_mut(scale.len());
            scale.describe(self.picture, self.threshold, own, own_norms);
            (descriptors, norms) = (rest, rest_of_norms);
        }
    }
}
