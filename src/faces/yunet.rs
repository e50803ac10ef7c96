//! YuNet (Wu, Peng and Yu 2023, Machine Intelligence Research 20), a small network for faces, as OpenCV runs it.

use std::path::Path;

use ndarray::ArrayView3;
use opencv::core::{Mat, Ptr, Size, Vec3b};
use opencv::objdetect::FaceDetectorYN;
use opencv::prelude::*;

use super::{FaceBox, FoundFace};
use crate::error::{Error, Result};
use crate::recipe::FaceRecipe;

/// Boxes that overlap more than this are one face.
const SUPPRESSION: f32 = 0.3;
/// Boxes that are looked at before that.
const CANDIDATES: i32 = 5000;
/// Numbers in a row of the answer: the box, five points as x and y, the score.
const COLUMNS: i32 = 15;

/// The network.
pub(super) struct Yunet {
    network: Ptr<FaceDetectorYN>,
    smallest: u32,
}

impl Yunet {
    pub fn new(recipe: &FaceRecipe) -> Result<Self> {
        let path = Path::new(recipe.model.as_deref().unwrap_or_default());
        if !path.is_file() {
            return Err(Error::missing(path, "name the ONNX file of YuNet: --detector-model FILE"));
        }
        let wrong = |found: &str| Error::malformed(path, "", found, "YuNet as an ONNX file that this OpenCV reads");
        let name = path.to_str().ok_or_else(|| wrong("a path that is no text"))?;
        let network = FaceDetectorYN::create(
            name,
            "",
            Size::new(320, 320),
            recipe.min_score as f32,
            SUPPRESSION,
            CANDIDATES,
            0,
            0,
        )
        .map_err(|e| wrong(&e.message))?;
        Ok(Self { network, smallest: recipe.min_size })
    }

    pub fn detect(&mut self, colour: ArrayView3<'_, u8>) -> Result<Vec<FoundFace>> {
        let fail = |e: opencv::Error| Error::backend("OpenCV", "find faces by YuNet", e.message);
        let (height, width, _) = colour.dim();
        // OpenCV's order is blue, green, red.
        let turned: Vec<Vec3b> = colour.rows().into_iter().map(|p| Vec3b::from([p[2], p[1], p[0]])).collect();
        let mat = Mat::new_rows_cols_with_data(height as i32, width as i32, &turned).map_err(fail)?;
        let mut faces = Mat::default();
        self.network.set_input_size(Size::new(width as i32, height as i32)).map_err(fail)?;
        self.network.detect(&mat, &mut faces).map_err(fail)?;
        if faces.rows() > 0 && faces.cols() != COLUMNS {
            let message = format!("an answer of {} columns instead of {COLUMNS}", faces.cols());
            return Err(Error::backend("OpenCV", "find faces by YuNet", message));
        }
        let mut found = Vec::new();
        for row in 0..faces.rows() {
            let values = faces.at_row::<f32>(row).map_err(fail)?;
            let [x, y, w, h] = [0, 1, 2, 3].map(|i| values[i].round());
            let score = f64::from(values[COLUMNS as usize - 1]);
            if w.min(h) >= self.smallest as f32 {
                let face = FaceBox { x: x as i32, y: y as i32, width: w as u32, height: h as u32 };
                found.push(FoundFace { face, score });
            }
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use ndarray::Array3;
    use opencv::core::{CV_VERSION_MAJOR, CV_VERSION_MINOR};

    use super::*;
    use crate::faces::{FaceDetector, Picture};
    use crate::recipe::FaceDetectorKind;

    /// A network in YuNet's form, made by scripts/golden/yunet.py, that says what is known beforehand.
    fn known(min_score: f64, min_size: u32) -> FaceDetector {
        let year = if (CV_VERSION_MAJOR, CV_VERSION_MINOR) < (4, 7) { 2022 } else { 2023 };
        let file = format!("{}/src/faces/golden/yunet-{year}.onnx", env!("CARGO_MANIFEST_DIR"));
        let recipe = FaceRecipe {
            detector: FaceDetectorKind::Yunet,
            model: Some(file),
            min_score,
            min_size,
            ..FaceRecipe::default()
        };
        FaceDetector::new(&recipe).unwrap()
    }

    fn picture(colour: [u8; 3]) -> Picture {
        Picture::of_colours(Array3::from_shape_fn((64, 64, 3), |(_, _, c)| colour[c])).unwrap()
    }

    #[test]
    fn boxes_and_scores_are_what_the_network_says_of_red_green_and_blue() {
        let found = known(0.5, 10).detect(&picture([0, 0, 200])).unwrap();
        let [face] = found.as_slice() else { panic!("{found:?}") };
        assert_eq!(face.face, FaceBox { x: 8, y: 24, width: 32, height: 32 });
        assert!((face.score - (200.0f64 / 255.0).sqrt()).abs() < 1e-4, "{}", face.score);
        // A network that is shown the colours in another order would find one here.
        assert!(known(0.5, 10).detect(&picture([200, 200, 0])).unwrap().is_empty());
    }

    #[test]
    fn faces_of_low_score_and_small_faces_are_left_out() {
        assert!(known(0.9, 10).detect(&picture([0, 0, 200])).unwrap().is_empty());
        assert_eq!(known(0.8, 32).detect(&picture([0, 0, 200])).unwrap().len(), 1);
        assert!(known(0.8, 33).detect(&picture([0, 0, 200])).unwrap().is_empty());
    }
}
