//! SIFT (Lowe 2004) by OpenCV: detection and description on one thread; the caller works on many pictures at a time.

use std::sync::Once;

use ndarray::ArrayView2;
use opencv::core::{CV_8U, KeyPoint, Mat, Ptr, Vector, no_array, set_num_threads};
use opencv::features2d::SIFT;
use opencv::prelude::*;

use super::descriptors::{DESCRIPTOR_LENGTH, DescriptorSet, place};
use crate::error::{Error, Result};
use crate::recipe::DetectorRecipe;

/// OpenCV's detector and descriptor; one for each thread.
pub(super) struct Sift(Ptr<SIFT>);

impl Sift {
    pub(super) fn new(detector: &DetectorRecipe) -> Result<Self> {
        static ONE_THREAD: Once = Once::new();
        // Pictures of 48 x 48 are too small to share out among threads; pictures are shared out instead. An OpenCV
        // that refuses is only slower.
        ONE_THREAD.call_once(|| drop(set_num_threads(1)));
        let DetectorRecipe { max_keypoints, octave_layers, contrast_threshold, edge_threshold, sigma } = *detector;
        // Bytes: OpenCV rounds descriptors to 0..=255 in either type.
        SIFT::create_with_descriptor_type(
            max_keypoints,
            octave_layers,
            contrast_threshold,
            edge_threshold,
            sigma,
            CV_8U,
        )
        .map(Self)
        .map_err(|e| opencv_error("make a SIFT detector", &e))
    }

    /// Appends descriptors at the detected keypoints, 128 bytes each; none on a flat picture.
    pub(super) fn detect_and_describe(&mut self, image: ArrayView2<'_, u8>, into: &mut DescriptorSet) -> Result<()> {
        self.run(image, &mut Vector::new(), false, into)
    }

    /// Appends descriptors at given keypoints; OpenCV may leave some of these out, and `keypoints` then says which stayed.
    pub(super) fn compute(
        &mut self,
        image: ArrayView2<'_, u8>,
        keypoints: &mut Vector<KeyPoint>,
        into: &mut DescriptorSet,
    ) -> Result<()> {
        self.run(image, keypoints, true, into)
    }

    fn run(
        &mut self,
        image: ArrayView2<'_, u8>,
        keypoints: &mut Vector<KeyPoint>,
        given: bool,
        into: &mut DescriptorSet,
    ) -> Result<()> {
        let fail = |e| opencv_error("describe a picture by SIFT", &e);
        let (height, width) = image.dim();
        let pixels = image.as_standard_layout();
        let pixels = pixels.as_slice().unwrap_or_default();
        let mat = Mat::new_rows_cols_with_data(height as i32, width as i32, pixels).map_err(fail)?;
        let mut descriptors = Mat::default();
        self.0.detect_and_compute(&mat, &no_array(), keypoints, &mut descriptors, given).map_err(fail)?;
        let bytes = if descriptors.empty() { &[] } else { descriptors.data_typed::<u8>().map_err(fail)? };
        if bytes.len() != keypoints.len() * DESCRIPTOR_LENGTH {
            let message = format!("{} keypoints came with {} numbers", keypoints.len(), bytes.len());
            return Err(Error::backend("OpenCV", "describe a picture by SIFT", message));
        }
        let places = keypoints.iter().map(|k| place(k.pt().x, k.pt().y, height, width));
        into.append(bytes.iter().copied(), places)
    }
}

pub(super) fn opencv_error(doing: &str, error: &opencv::Error) -> Error {
    Error::backend("OpenCV", doing, &error.message)
}
