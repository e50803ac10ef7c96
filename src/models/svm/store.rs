//! A fitted SVM as files of a model folder.
//!
//! `svm.json` holds the recipe, the sizes and the calibration. A global machine adds `support.npy` (m x d, f32) and
//! `alpha.npy` (c x m, f64) and needs nothing else. A local one is its training rows: the file names them by
//! fingerprint, and loading asks for the same features again instead of keeping hundreds of megabytes twice.

use std::path::Path;

use ndarray::Array2;
use serde::{Deserialize, Serialize};

use super::global::Global;
use super::local::Local;
use super::{Body, Machines, SvmModel};
use crate::artifact::{read_npy2, remove_if_there, write_json, write_npy};
use crate::error::{Error, Result};
use crate::models::Classifier;
use crate::models::calibration::Calibration;
use crate::models::kernel::KernelFunction;
use crate::models::stored::{check_schema, read_description};
use crate::models::vectors::{VectorInput, training_fingerprint};
use crate::recipe::{SvmMode, SvmRecipe};

const SCHEMA: u32 = 1;
const DESCRIPTION: &str = "svm.json";
const SUPPORT: &str = "support.npy";
const ALPHA: &str = "alpha.npy";

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Description {
    schema: u32,
    recipe: SvmRecipe,
    classes: usize,
    widths: Vec<usize>,
    training_rows_used: usize,
    training_rows_available: usize,
    /// Fingerprint of the training rows and labels; empty for a global machine.
    training: String,
    /// Thresholds of a global machine.
    rho: Vec<f64>,
    calibration: Calibration,
}

impl Classifier for SvmModel {
    const DESCRIPTION: &str = DESCRIPTION;

    fn save(&self, folder: &Path) -> Result<()> {
        let description = folder.join(DESCRIPTION);
        // An older description must not vouch for arrays that are half replaced.
        for name in [DESCRIPTION, SUPPORT, ALPHA] {
            remove_if_there(&folder.join(name))?;
        }
        let rho = match &self.body.machines {
            Machines::Local { .. } => Vec::new(),
            Machines::Global(global) => {
                write_npy(&folder.join(SUPPORT), global.support.view().rows)?;
                write_npy(&folder.join(ALPHA), global.alpha.view())?;
                global.rho.clone()
            }
        };
        let training = match &self.body.machines {
            Machines::Local { fingerprint, .. } => fingerprint.clone(),
            Machines::Global(_) => String::new(),
        };
        let written = Description {
            schema: SCHEMA,
            recipe: self.recipe.clone(),
            classes: self.classes,
            widths: self.widths.clone(),
            training_rows_used: self.rows_used,
            training_rows_available: self.rows_available,
            training,
            rho,
            calibration: self.calibration.clone(),
        };
        write_json(&description, &written)
    }

    fn note(&self) -> String {
        match self.rows_used < self.rows_available {
            true => format!("{} of {} training rows", self.rows_used, self.rows_available),
            false => "probabilities calibrated on the validation rows".to_string(),
        }
    }
}

impl SvmModel {
    /// Reads the model in `folder`. A local model needs the features and labels it was made with as `training`;
    /// a global one ignores them.
    ///
    /// # Errors
    /// [`Error::Missing`] without a model, [`Error::Malformed`] when files do not fit together,
    /// [`Error::Invalid`] or [`Error::Mismatch`] when `training` is missing or is not what the model was made with.
    pub fn load(folder: &Path, training: Option<&VectorInput<'_>>) -> Result<Self> {
        let path = folder.join(DESCRIPTION);
        let read: Description = read_description(&path)?;
        read.check(&path)?;
        let machines = match read.recipe.mode {
            SvmMode::Global => Machines::Global(read.global(folder)?),
            SvmMode::Local => read.local(training)?,
        };
        let (normalisation, kernel) = (read.recipe.normalisation, KernelFunction::of(&read.recipe));
        Ok(Self {
            recipe: read.recipe,
            classes: read.classes,
            widths: read.widths,
            rows_used: read.training_rows_used,
            rows_available: read.training_rows_available,
            calibration: read.calibration,
            body: Body { normalisation, kernel, machines },
        })
    }
}

impl Description {
    fn check(&self, path: &Path) -> Result<()> {
        use crate::recipe::Check;
        let wrong = |place: &str, found: String, expected: String| Err(Error::malformed(path, place, found, expected));
        check_schema(path, self.schema, SCHEMA)?;
        self.recipe.check()?;
        if self.classes < 2 {
            return wrong("classes", self.classes.to_string(), "at least 2".into());
        }
        if self.widths.len() != self.recipe.features.len() {
            let expected = format!("one width for each of {} features", self.recipe.features.len());
            return wrong("widths", format!("{:?}", self.widths), expected);
        }
        self.calibration.check(path, self.classes)?;
        let finite = self.rho.len() == self.classes && self.rho.iter().all(|x| x.is_finite());
        if self.recipe.mode == SvmMode::Global && !finite {
            let expected = format!("{} finite numbers", self.classes);
            return wrong("rho", format!("{:?}", self.rho), expected);
        }
        Ok(())
    }

    fn global(&self, folder: &Path) -> Result<Global> {
        let support: Array2<f32> = read_npy2(&folder.join(SUPPORT))?;
        let alpha: Array2<f64> = read_npy2(&folder.join(ALPHA))?;
        let width: usize = self.widths.iter().sum();
        if support.ncols() != width || support.iter().any(|v| !v.is_finite()) {
            let expected = format!("rows of {width} finite numbers");
            return Err(Error::malformed(folder.join(SUPPORT), "shape", format!("{:?}", support.dim()), expected));
        }
        if alpha.dim() != (self.classes, support.nrows()) || alpha.iter().any(|v| !v.is_finite()) {
            let expected = format!("({}, {}) finite numbers", self.classes, support.nrows());
            return Err(Error::malformed(folder.join(ALPHA), "shape", format!("{:?}", alpha.dim()), expected));
        }
        Ok(Global::new(&self.recipe, support, alpha, self.rho.clone()))
    }

    fn local(&self, training: Option<&VectorInput<'_>>) -> Result<Machines> {
        let Some(input) = training else {
            let expected = "the features that the model was made with: a local SVM is its training rows";
            return Err(Error::invalid("training rows of a local SVM", "none", expected));
        };
        input.check(&self.recipe.features, self.recipe.mirrored)?;
        let (rows, labels) = input.training(self.recipe.normalisation, self.recipe.mirrored)?;
        let fingerprint = training_fingerprint([rows.view()], &labels);
        if fingerprint != self.training {
            return Err(Error::Mismatch {
                what: "the local SVM and its training rows".into(),
                detail: format!("made with {}, given {fingerprint}", self.training),
                hint: "extract the features again with the recipe of then, or train the model again".into(),
            });
        }
        let local = Local::new(&self.recipe, rows, labels, self.classes);
        Ok(Machines::Local { local, fingerprint })
    }
}
