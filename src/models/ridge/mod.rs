//! Kernel ridge regression on all training rows.
//!
//! One linear system with the kernel matrix serves all classes: (K + lambda I) alpha = Y, where Y holds +1 for a row's
//! own class and -1 for the others. A picture's decision values are its kernels with the training rows times alpha.

//!
//! With `mirrored`, the kernel of two pictures is the mean over both and their mirror images. That is the machine that
//! twice as many training rows would give, with a quarter of their kernel matrix.

mod gram;
mod store;
#[cfg(test)]
mod tests;
mod training;

use ndarray::{Array2, ArrayView2, Axis};
use rayon::prelude::*;

use self::training::Training;
use super::calibration::Calibration;
use super::outcome::Outcome;
use super::scoring::{DecisionFunction, calibrate, probabilities};
use super::vectors::{Pictures, VectorInput};
use crate::dataset::Split;
use crate::error::{Error, Result};
use crate::matrix::Cholesky;
use crate::progress::Progress;
use crate::recipe::KernelRidgeRecipe;

/// Pictures whose kernels with the training rows are formed at once.
const BLOCK: usize = 512;

/// A fitted kernel ridge regression.
#[derive(Clone, Debug, PartialEq)]
pub struct KernelRidge {
    recipe: KernelRidgeRecipe,
    classes: usize,
    widths: Vec<usize>,
    fingerprint: String,
    calibration: Calibration,
    machine: Machine,
}

/// The training rows and their dual variables.
#[derive(Clone, Debug, PartialEq)]
struct Machine {
    training: Training,
    /// n x c.
    alpha: Array2<f32>,
}

/// Fits on the training rows, calibrates on the validation rows and predicts both other splits.
///
/// `memory` bounds, in bytes, the kernel matrix and the assembled rows.
///
/// # Errors
/// [`Error::Invalid`] when shapes, labels or values do not fit, a split that is needed is empty or the memory does not
/// hold the kernel matrix (with the amount that is needed), [`Error::Interrupted`] when asked to stop.
pub fn fit_predict(
    recipe: &KernelRidgeRecipe,
    input: &VectorInput<'_>,
    memory: u64,
    progress: &dyn Progress,
) -> Result<Outcome<KernelRidge>> {
    input.check_for_fitting(&recipe.features, recipe.mirrored)?;
    let labels = input.labels_of(Split::Train);
    let width = input.pictures.widths().iter().sum::<usize>() * if recipe.mirrored { 2 } else { 1 };
    gram::check_memory(labels.len(), width, memory)?;
    let training = Training::new(recipe, input)?;
    let alpha = solve(&training, &labels, input.classes, recipe.lambda, progress)?;
    calibrate(Machine { training, alpha }, input, recipe.mirrored, progress, |machine, calibration| KernelRidge {
        recipe: recipe.clone(),
        classes: input.classes,
        widths: input.pictures.widths(),
        fingerprint: machine.training.fingerprint(&labels),
        calibration,
        machine,
    })
}

/// The dual variables, n x c.
fn solve(
    training: &Training,
    labels: &[u8],
    classes: usize,
    lambda: f64,
    progress: &dyn Progress,
) -> Result<Array2<f32>> {
    let mut gram = gram::matrix(training, progress)?;
    gram.diag_mut().mapv_inplace(|v| v + lambda as f32);
    if progress.stop_requested() {
        return Err(interrupted());
    }
    progress.say("factoring the kernel matrix");
    let mut alpha =
        Array2::from_shape_fn(
            (labels.len(), classes),
            |(row, class)| {
                if usize::from(labels[row]) == class { 1.0 } else { -1.0 }
            },
        );
    let factor = Cholesky::in_parallel(gram).map_err(|e| {
        Error::invalid("lambda", lambda, format!("a larger one: the kernel matrix cannot be factored in f32 ({e})"))
    })?;
    factor.solve(&mut alpha)?;
    Ok(alpha)
}

fn interrupted() -> Error {
    Error::Interrupted { kept: "nothing of this model is kept; run the command again".to_string() }
}

impl DecisionFunction for Machine {
    fn decide(&self, features: &[ArrayView2<'_, f32>], rows: &[usize], progress: &dyn Progress) -> Result<Array2<f64>> {
        let queries = self.training.tables(features, rows)?;
        let mut out = Array2::<f64>::zeros((rows.len(), self.alpha.ncols()));
        out.axis_chunks_iter_mut(Axis(0), BLOCK).into_par_iter().enumerate().try_for_each(|(block, mut target)| {
            if progress.stop_requested() {
                return Err(interrupted());
            }
            let rows = block * BLOCK..block * BLOCK + target.nrows();
            let mut kernels = Array2::zeros((rows.len(), self.alpha.nrows()));
            self.training.add_kernels(&queries, rows.clone(), kernels.view_mut())?;
            target.assign(&kernels.dot(&self.alpha).mapv(f64::from));
            progress.advance(rows.len() as u64);
            Ok(())
        })?;
        Ok(out)
    }
}

impl KernelRidge {
    /// Probabilities (m x c, rows sum to 1) of m new pictures.
    ///
    /// # Errors
    /// [`Error::Invalid`] when the features are not of the widths that the model was made with.
    pub fn predict_proba(&self, pictures: Pictures<'_>, progress: &dyn Progress) -> Result<Array2<f32>> {
        probabilities(&self.machine, &self.calibration, pictures, (&self.widths, self.recipe.mirrored), progress)
    }
}
