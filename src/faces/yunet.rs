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
