//! Finds faces, by whichever detector a recipe names.

use std::sync::Mutex;

use super::cascade::Cascade;
use super::{FoundFace, Picture, haar};
use crate::error::Result;
use crate::recipe::{Check, FaceDetectorKind, FaceRecipe};

/// A detector; used by one thread at a time.
pub struct FaceDetector {
    recipe: FaceRecipe,
    finder: Finder,
}

pub(super) enum Finder {
    Cascade(Cascade),
    #[cfg(feature = "opencv")]
    Opencv(super::opencv_cascade::OpencvCascade),
    #[cfg(feature = "opencv")]
    Yunet(super::yunet::Yunet),
}

impl FaceDetector {
    /// Loads what a recipe names.
    ///
    /// # Errors
    /// [`crate::Error::Missing`] without the detector's file, [`crate::Error::Malformed`] where it is none,
    /// [`crate::Error::Invalid`] for a recipe out of range, [`crate::Error::FeatureOff`] for YuNet and for cascades that
    /// only OpenCV reads in a build without it.
    pub fn new(recipe: &FaceRecipe) -> Result<Self> {
        recipe.check()?;
        let finder = match recipe.detector {
            FaceDetectorKind::Haar => haar::finder(recipe)?,
            FaceDetectorKind::Yunet => yunet(recipe)?,
        };
        Ok(Self { recipe: recipe.clone(), finder })
    }

    /// The faces of a picture, from left to right and top to bottom.
    ///
    /// # Errors
    /// [`crate::Error::Backend`] when OpenCV fails.
    pub fn detect(&mut self, picture: &Picture) -> Result<Vec<FoundFace>> {
        let mut found = match &mut self.finder {
            Finder::Cascade(cascade) => cascade.detect(picture.grey.view(), &self.recipe),
            #[cfg(feature = "opencv")]
            Finder::Opencv(cascade) => cascade.detect(picture.grey.view())?,
            #[cfg(feature = "opencv")]
            Finder::Yunet(yunet) => yunet.detect(picture.colour.view())?,
        };
        found.sort_by_key(|f| (f.face.x, f.face.y));
        Ok(found)
    }
}

#[cfg(feature = "opencv")]
fn yunet(recipe: &FaceRecipe) -> Result<Finder> {
    super::yunet::Yunet::new(recipe).map(Finder::Yunet)
}

#[cfg(not(feature = "opencv"))]
fn yunet(_: &FaceRecipe) -> Result<Finder> {
    Err(crate::Error::FeatureOff { what: "finding faces by YuNet".into(), feature: "opencv" })
}

/// As many detectors of one recipe as threads ask for one at a time: reading a cascade takes longer than using it.
pub struct FaceDetectors {
    recipe: FaceRecipe,
    idle: Mutex<Vec<FaceDetector>>,
}

impl FaceDetectors {
    /// Loads the first one, so that what is wrong with the recipe or its file is found at once.
    ///
    /// # Errors
    /// As [`FaceDetector::new`].
    pub fn new(recipe: &FaceRecipe) -> Result<Self> {
        Ok(Self { recipe: recipe.clone(), idle: Mutex::new(vec![FaceDetector::new(recipe)?]) })
    }

    /// What they were made by.
    pub fn recipe(&self) -> &FaceRecipe {
        &self.recipe
    }

    /// As [`FaceDetector::detect`], from any thread.
    ///
    /// # Errors
    /// As [`FaceDetector::detect`] and [`FaceDetector::new`].
    pub fn detect(&self, picture: &Picture) -> Result<Vec<FoundFace>> {
        let idle = || self.idle.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let waiting = idle().pop();
        let mut detector = match waiting {
            Some(detector) => detector,
            None => FaceDetector::new(&self.recipe)?,
        };
        let found = detector.detect(picture);
        idle().push(detector);
        found
    }
}
