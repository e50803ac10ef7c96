//! A fitted kernel ridge regression as files of a model folder.
//!
//! `kernel-ridge.json` holds the recipe, the sizes and the calibration, `alpha.npy` the dual variables (n x c, f32). The
//! training rows are named by fingerprint: loading asks for the same features again instead of keeping them twice.

use std::path::Path;

use ndarray::Array2;
use serde::{Deserialize, Serialize};

use super::training::Training;
use super::{KernelRidge, Machine};
use crate::artifact::{read_npy2, remove_if_there, write_json, write_npy};
use crate::dataset::Split;
use crate::error::{Error, Result};
use crate::models::Classifier;
use crate::models::calibration::Calibration;
use crate::models::stored::{check_schema, read_description};
use crate::models::vectors::VectorInput;
use crate::recipe::{Check, KernelRidgeRecipe};

const SCHEMA: u32 = 1;
const DESCRIPTION: &str = "kernel-ridge.json";
const ALPHA: &str = "alpha.npy";

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Description {
    schema: u32,
    recipe: KernelRidgeRecipe,
    classes: usize,
    widths: Vec<usize>,
    /// Fingerprint of the training rows and labels.
    training: String,
    calibration: Calibration,
}

impl Classifier for KernelRidge {
    const DESCRIPTION: &str = DESCRIPTION;

    fn save(&self, folder: &Path) -> Result<()> {
        // An older description must not vouch for arrays that are half replaced.
        for name in [DESCRIPTION, ALPHA] {
            remove_if_there(&folder.join(name))?;
        }
        write_npy(&folder.join(ALPHA), self.machine.alpha.view())?;
        let written = Description {
            schema: SCHEMA,
            recipe: self.recipe.clone(),
            classes: self.classes,
            widths: self.widths.clone(),
            training: self.fingerprint.clone(),
            calibration: self.calibration.clone(),
        };
        write_json(&folder.join(DESCRIPTION), &written)
    }

    fn note(&self) -> String {
        let what = if self.recipe.mirrored { "training rows with their mirror images" } else { "training rows" };
        format!("all {} {what}; probabilities calibrated on the validation rows", self.machine.alpha.nrows())
    }
}

impl KernelRidge {
    /// Reads the model in `folder`, which needs the features and labels it was made with.
    ///
    /// # Errors
    /// [`Error::Missing`] without a model, [`Error::Malformed`] when files do not fit together, [`Error::Mismatch`] when
    /// `training` is not what the model was made with.
    pub fn load(folder: &Path, training: &VectorInput<'_>) -> Result<Self> {
        let path = folder.join(DESCRIPTION);
        let Description { schema, recipe, classes, widths, training: expected, calibration } = read_description(&path)?;
        check_schema(&path, schema, SCHEMA)?;
        recipe.check()?;
        calibration.check(&path, classes)?;
        training.check(&recipe.features, recipe.mirrored)?;
        let rows = Training::new(&recipe, training)?;
        let labels = training.labels_of(Split::Train);
        let found = rows.fingerprint(&labels);
        if found != expected {
            return Err(Error::Mismatch {
                what: "the kernel ridge regression and its training rows".into(),
                detail: format!("made with {expected}, given {found}"),
                hint: "extract the features again with the recipe of then, or train the model again".into(),
            });
        }
        let alpha: Array2<f32> = read_npy2(&folder.join(ALPHA))?;
        if alpha.dim() != (labels.len(), classes) || alpha.iter().any(|v| !v.is_finite()) {
            let expected = format!("({}, {classes}) finite numbers", labels.len());
            return Err(Error::malformed(folder.join(ALPHA), "shape", format!("{:?}", alpha.dim()), expected));
        }
        let machine = Machine { training: rows, alpha };
        Ok(Self { recipe, classes, widths, fingerprint: found, calibration, machine })
    }
}
