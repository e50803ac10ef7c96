//! The cascade of boosted Haar features by Viola and Jones (2001), as OpenCV runs it.

use std::path::{Path, PathBuf};

use ndarray::ArrayView2;
use opencv::core::{Mat, Rect, Size, Vector};
use opencv::objdetect::CascadeClassifier;
use opencv::prelude::*;

use super::{FaceBox, FoundFace};
use crate::error::{Error, Result};
use crate::recipe::FaceRecipe;

/// The cascade that is used where a recipe names no other.
const FRONTAL: &str = "haarcascade_frontalface_default.xml";
/// Where OpenCV's packages keep their cascades.
const FOLDERS: [&str; 5] = [
    "/usr/share/opencv4/haarcascades",
    "/usr/local/share/opencv4/haarcascades",
    "/usr/share/opencv/haarcascades",
    "/opt/homebrew/share/opencv4/haarcascades",
    "/usr/local/opt/opencv/share/opencv4/haarcascades",
];

/// A cascade.
pub(super) struct Haar {
    cascade: CascadeClassifier,
    scale_factor: f64,
    min_neighbors: i32,
    smallest: Size,
}

impl Haar {
    pub fn new(recipe: &FaceRecipe) -> Result<Self> {
        let path = match &recipe.model {
            Some(path) => PathBuf::from(path),
            None => own_cascade()?,
        };
        // OpenCV aborts on some files that are no cascades; those are told before it sees them.
        let text = std::fs::read_to_string(&path).map_err(|e| match e.kind() {
            std::io::ErrorKind::NotFound => {
                Error::missing(&path, "name a cascade of OpenCV, such as that of opencv-data")
            }
            std::io::ErrorKind::InvalidData => no_cascade(&path, "no text"),
            _ => Error::io("read", &path, e),
        })?;
        if !text.contains("<opencv_storage>") || !text.contains("</opencv_storage>") || !text.contains("cascade") {
            return Err(no_cascade(&path, "no storage of OpenCV with a cascade, or one that is cut short"));
        }
        let name = path.to_str().ok_or_else(|| no_cascade(&path, "a path that is no text"))?;
        let cascade = CascadeClassifier::new(name).map_err(|e| no_cascade(&path, &e.message))?;
        if cascade.empty().map_err(|e| no_cascade(&path, &e.message))? {
            return Err(no_cascade(&path, "nothing that OpenCV takes for one"));
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

fn own_cascade() -> Result<PathBuf> {
    let candidates = FOLDERS.map(|folder| Path::new(folder).join(FRONTAL));
    candidates.iter().find(|path| path.exists()).cloned().ok_or_else(|| {
        let hint =
            "install OpenCV's cascades (on Debian the package opencv-data), or name a file: --detector-model FILE";
        Error::missing(&candidates[0], hint)
    })
}

fn no_cascade(path: &Path, found: &str) -> Error {
    Error::malformed(path, "", found, "a cascade of OpenCV as XML, such as haarcascade_frontalface_default.xml")
}
