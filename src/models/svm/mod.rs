//! Support vector machines on handcrafted features, on linfa-svm.
//!
//! `local` makes one-vs-rest machines for each picture on its nearest training pictures; `global` fits one set of
//! machines on a stratified draw of training rows, because linfa-svm's dense kernel and scalar loops rule out all
//! 28,709 of FER2013. Either way c decision values become probabilities through [`Calibration`], which is fitted
//! on the validation split.

mod global;
#[cfg(test)]
mod golden;
mod gram;
mod local;
mod machine;
mod neighbours;
mod store;

use ndarray::{Array2, ArrayView2, Axis};

use self::global::{Global, stratified_draw};
use self::local::Local;
use super::calibration::Calibration;
use super::kernel::KernelFunction;
use super::outcome::Outcome;
use super::scoring::{DecisionFunction, calibrate, probabilities};
use super::vectors::{Pictures, VectorInput, assemble, training_fingerprint};
use crate::error::Result;
use crate::progress::{Progress, Silent};
use crate::recipe::{Normalisation, SvmMode, SvmRecipe};

/// A fitted SVM.
#[derive(Clone, Debug, PartialEq)]
pub struct SvmModel {
    recipe: SvmRecipe,
    classes: usize,
    widths: Vec<usize>,
    rows_used: usize,
    rows_available: usize,
    calibration: Calibration,
    body: Body,
}

#[derive(Clone, Debug, PartialEq)]
struct Body {
    normalisation: Normalisation,
    kernel: KernelFunction,
    machines: Machines,
}

#[derive(Clone, Debug, PartialEq)]
enum Machines {
    Local { local: Local, fingerprint: String },
    Global(Global),
}

/// Fits on the training rows, calibrates on the validation rows and predicts both other splits.
///
/// The same input and recipe give the same bytes on any number of threads.
///
/// # Errors
/// [`crate::Error::Invalid`] when shapes, labels or values do not fit or a split that is needed is empty,
/// [`crate::Error::Backend`] from linfa-svm, [`crate::Error::Interrupted`] when asked to stop.
pub fn fit_predict(recipe: &SvmRecipe, input: &VectorInput<'_>, progress: &dyn Progress) -> Result<Outcome<SvmModel>> {
    input.check_for_fitting(&recipe.features, recipe.mirrored)?;
    let (rows, labels) = input.training(recipe.normalisation, recipe.mirrored)?;
    KernelFunction::of(recipe).check(rows.view())?;
    let available = labels.len();
    let mut used = available;
    let machines = match recipe.mode {
        SvmMode::Local => {
            let fingerprint = training_fingerprint([rows.view()], &labels);
            let local = Local::new(recipe, rows, labels, input.classes);
            if local.neighbours() < recipe.neighbours {
                let k = recipe.neighbours;
                progress.say(&format!("there are {available} training rows: each machine takes all of them, not {k}"));
            }
            Machines::Local { local, fingerprint }
        }
        SvmMode::Global => {
            let drawn = stratified_draw(&labels, input.classes, recipe.max_rows, recipe.seed);
            used = drawn.len();
            if used < available {
                progress.say(&format!("{used} of {available} training rows used (`max-rows`), a stratified draw"));
            }
            let drawn_labels: Vec<u8> = drawn.iter().map(|&i| labels[i]).collect();
            let drawn_rows = rows.select(Axis(0), &drawn);
            drop(rows);
            Machines::Global(Global::fit(recipe, drawn_rows.view(), &drawn_labels, input.classes, progress)?)
        }
    };
    let body = Body { normalisation: recipe.normalisation, kernel: KernelFunction::of(recipe), machines };
    calibrate(body, input, recipe.mirrored, progress, |body, calibration| SvmModel {
        recipe: recipe.clone(),
        classes: input.classes,
        widths: input.pictures.widths(),
        rows_used: used,
        rows_available: available,
        calibration,
        body,
    })
}

impl DecisionFunction for Body {
    fn decide(&self, features: &[ArrayView2<'_, f32>], rows: &[usize], progress: &dyn Progress) -> Result<Array2<f64>> {
        let queries = assemble(features, rows, self.normalisation)?;
        self.kernel.check(queries.view())?;
        match &self.machines {
            Machines::Local { local, .. } => local.decisions(queries.view(), progress),
            Machines::Global(global) => global.decisions(queries.view(), progress),
        }
    }
}

impl SvmModel {
    /// Probabilities (m x c, rows sum to 1) of m new pictures.
    ///
    /// # Errors
    /// [`crate::Error::Invalid`] when the features are not of the widths that the model was made with.
    pub fn predict_proba(&self, pictures: Pictures<'_>) -> Result<Array2<f32>> {
        probabilities(&self.body, &self.calibration, pictures, (&self.widths, self.recipe.mirrored), &Silent)
    }

    /// Training rows, with mirror images where those are used, that the machines were, or for a local model are, made of.
    pub fn rows_used(&self) -> usize {
        self.rows_used
    }

    /// Training rows that the dataset has, with mirror images where those are used.
    pub fn rows_available(&self) -> usize {
        self.rows_available
    }

    /// How decision values become probabilities.
    pub fn calibration(&self) -> &Calibration {
        &self.calibration
    }

    /// The recipe it was made from.
    pub fn recipe(&self) -> &SvmRecipe {
        &self.recipe
    }
}
