//! Finds faces, by whichever detector a recipe names.

use std::sync::Mutex;

use super::{FoundFace, Picture};
#[cfg(not(feature = "opencv"))]
use crate::error::Error;
use crate::error::Result;
use crate::recipe::{Check, FaceRecipe};

/// A detector; used by one thread at a time.
pub struct FaceDetector {
    #[cfg(feature = "opencv")]
    finder: Finder,
}

#[cfg(feature = "opencv")]
enum Finder {
    Haar(super::haar::Haar),
    Yunet(super::yunet::Yunet),
}

impl FaceDetector {
    /// Loads what a recipe names.
    ///
    /// # Errors
    /// [`crate::Error::Missing`] without the detector's file, [`crate::Error::Malformed`] where it is none,
    /// [`crate::Error::Invalid`] for a recipe out of range, [`crate::Error::FeatureOff`] in a build without OpenCV.
    #[cfg(feature = "opencv")]
    pub fn new(recipe: &FaceRecipe) -> Result<Self> {
        use crate::recipe::FaceDetectorKind::{Haar, Yunet};

        recipe.check()?;
        let finder = match recipe.detector {
            Haar => Finder::Haar(super::haar::Haar::new(recipe)?),
            Yunet => Finder::Yunet(super::yunet::Yunet::new(recipe)?),
        };
        Ok(Self { finder })
    }

    /// Detection needs OpenCV.
    ///
    /// # Errors
    /// [`Error::FeatureOff`].
    #[cfg(not(feature = "opencv"))]
    pub fn new(recipe: &FaceRecipe) -> Result<Self> {
        recipe.check()?;
        Err(Error::FeatureOff { what: "finding faces".into(), feature: "opencv" })
    }

    /// The faces of a picture, from left to right and top to bottom.
    ///
    /// # Errors
    /// [`crate::Error::Backend`] when OpenCV fails.
    #[cfg(feature = "opencv")]
    pub fn detect(&mut self, picture: &Picture) -> Result<Vec<FoundFace>> {
        let mut found = match &mut self.finder {
            Finder::Haar(haar) => haar.detect(picture.grey.view())?,
            Finder::Yunet(yunet) => yunet.detect(picture.colour.view())?,
        };
        found.sort_by_key(|f| (f.face.x, f.face.y));
        Ok(found)
    }

    /// There is none without OpenCV.
    ///
    /// # Errors
    /// None: a detector that cannot be made is never asked.
    #[cfg(not(feature = "opencv"))]
    pub fn detect(&mut self, _: &Picture) -> Result<Vec<FoundFace>> {
        Ok(Vec::new())
    }
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
