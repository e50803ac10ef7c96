//! The cascade that a recipe names: found, read, and run by whoever can.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::cascade::{Cascade, WANTED};
use super::detector::Finder;
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

/// Reads a recipe's cascade: for our own search where it is of upright features, for OpenCV otherwise.
pub(super) fn finder(recipe: &FaceRecipe) -> Result<Finder> {
    let path = match &recipe.model {
        Some(path) => PathBuf::from(path),
        None => own_cascade()?,
    };
    let text = std::fs::read_to_string(&path).map_err(|e| match e.kind() {
        ErrorKind::NotFound => Error::missing(&path, "name a cascade of OpenCV, such as that of opencv-data"),
        ErrorKind::InvalidData => no_cascade(&path, "no text"),
        _ => Error::io("read", &path, e),
    })?;
    match Cascade::read(&text, &path)? {
        Some(cascade) => Ok(Finder::Cascade(cascade)),
        None => of_opencv(&path, recipe),
    }
}

#[cfg(feature = "opencv")]
fn of_opencv(path: &Path, recipe: &FaceRecipe) -> Result<Finder> {
    super::opencv_cascade::OpencvCascade::new(path, recipe).map(Finder::Opencv)
}

#[cfg(not(feature = "opencv"))]
fn of_opencv(path: &Path, _: &FaceRecipe) -> Result<Finder> {
    let what = format!("the cascade {} (local binary patterns, tilted features or the old format)", path.display());
    Err(Error::FeatureOff { what, feature: "opencv" })
}

fn own_cascade() -> Result<PathBuf> {
    let candidates = FOLDERS.map(|folder| Path::new(folder).join(FRONTAL));
    candidates.iter().find(|path| path.exists()).cloned().ok_or_else(|| {
        let hint =
            "install OpenCV's cascades (on Debian the package opencv-data), or name a file: --detector-model FILE";
        Error::missing(&candidates[0], hint)
    })
}

pub(super) fn no_cascade(path: &Path, found: &str) -> Error {
    Error::malformed(path, "", found, WANTED)
}
