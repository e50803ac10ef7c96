//! Linear machines on all training rows: one-vs-rest support vector machines, or multinomial logistic regression.

mod descent;
mod logistic;
mod points;
mod store;
#[cfg(test)]
mod tests;

use ndarray::{Array1, Array2, ArrayView2};
use rayon::prelude::*;

use self::descent::{Machine, Problem};
use self::points::Points;
use super::calibration::Calibration;
use super::outcome::Outcome;
use super::scoring::{DecisionFunction, calibrate, probabilities};
use super::vectors::{Pictures, VectorInput, assemble, squared_norms};
use crate::error::{Error, Result};
use crate::matrix::product;
use crate::progress::{Progress, Silent};
use crate::recipe::{LinearRecipe, Loss, Normalisation};

/// A fitted linear classifier.
#[derive(Clone, Debug, PartialEq)]
pub struct LinearModel {
    recipe: LinearRecipe,
    widths: Vec<usize>,
    rows: usize,
    /// Passes of the class that took the most, where they are known.
    passes: Option<usize>,
    calibration: Calibration,
    planes: Planes,
}

/// f(x) = w . x + b for each class.
#[derive(Clone, Debug, PartialEq)]
struct Planes {
    normalisation: Normalisation,
    /// d x c.
    weights: Array2<f32>,
    /// c.
    biases: Array1<f32>,
}

/// Fits on the training rows, calibrates on the validation rows and predicts both other splits.
///
/// The same input and recipe give the same bytes on any number of threads.
///
/// # Errors
/// [`Error::Invalid`] when shapes, labels or values do not fit or a split that is needed is empty,
/// [`Error::Interrupted`] when asked to stop, [`Error::Backend`] from linfa-logistic.
pub fn fit_predict(
    recipe: &LinearRecipe,
    input: &VectorInput<'_>,
    progress: &dyn Progress,
) -> Result<Outcome<LinearModel>> {
    input.check_for_fitting(&recipe.features, recipe.mirrored)?;
    let (rows, labels) = input.training(recipe.normalisation, recipe.mirrored)?;
    let (planes, passes) = match recipe.loss {
        Loss::SquaredHinge => {
            let (planes, passes) = fit(recipe, rows.view(), &labels, input.classes, progress)?;
            (planes, Some(passes))
        }
        Loss::Logistic => (logistic::fit(recipe, rows.view(), &labels, input.classes)?, None),
    };
    drop(rows);
    calibrate(planes, input, recipe.mirrored, progress, |planes, calibration| LinearModel {
        recipe: recipe.clone(),
        widths: input.pictures.widths(),
        rows: labels.len(),
        passes,
        calibration,
        planes,
    })
}

/// The support vector machines of all classes, and the passes of the slowest.
fn fit(
    recipe: &LinearRecipe,
    rows: ArrayView2<'_, f32>,
    labels: &[u8],
    classes: usize,
    progress: &dyn Progress,
) -> Result<(Planes, usize)> {
    let points = Points::new(rows)
        .ok_or_else(|| Error::invalid("training rows", format!("{:?}", rows.strides()), "rows without gaps"))?;
    let squared_norms = squared_norms(rows);
    let problem = Problem {
        points: &points,
        squared_norms: &squared_norms,
        labels,
        width: rows.ncols(),
        c: recipe.c,
        eps: recipe.eps,
        passes: recipe.passes,
        seed: recipe.seed,
    };
    let all: Vec<u8> = (0..classes).map(|class| class as u8).collect();
    progress.start("machines", classes as u64, "classes");
    // A group for each thread: within it, a row is read once for all classes.
    let group = classes.div_ceil(rayon::current_num_threads());
    let groups: Vec<Option<Vec<Machine>>> = all
        .par_chunks(group)
        .map(|classes| {
            let machines = problem.fit(classes, &|| progress.stop_requested());
            progress.advance(classes.len() as u64);
            machines
        })
        .collect();
    progress.finish("");
    let kept = "no machine is kept; run the command again";
    let groups: Option<Vec<Vec<Machine>>> = groups.into_iter().collect();
    let machines = groups.ok_or_else(|| Error::Interrupted { kept: kept.to_string() })?.concat();
    let unfinished = machines.iter().filter(|m| m.passes.is_none()).count();
    if unfinished > 0 {
        let passes = recipe.passes;
        progress.say(&format!("{unfinished} of {classes} machines did not settle within {passes} passes (`passes`)"));
    }
    let slowest = machines.iter().map(|m| m.passes.unwrap_or(recipe.passes)).max().unwrap_or(0);
    let weights = Array2::from_shape_fn((rows.ncols(), classes), |(column, class)| machines[class].weights[column]);
    let biases = machines.iter().map(|m| m.bias).collect();
    Ok((Planes { normalisation: recipe.normalisation, weights, biases }, slowest))
}

impl DecisionFunction for Planes {
    fn decide(&self, features: &[ArrayView2<'_, f32>], rows: &[usize], progress: &dyn Progress) -> Result<Array2<f64>> {
        let vectors = assemble(features, rows, self.normalisation)?;
        let mut out = Array2::zeros((vectors.nrows(), self.biases.len()));
        product(vectors.view(), self.weights.view(), out.view_mut())?;
        out += &self.biases;
        progress.advance(rows.len() as u64);
        Ok(out.mapv(f64::from))
    }
}

impl LinearModel {
    /// Probabilities (m x c, rows sum to 1) of m new pictures.
    ///
    /// # Errors
    /// [`Error::Invalid`] when the features are not of the widths that the model was made with.
    pub fn predict_proba(&self, pictures: Pictures<'_>) -> Result<Array2<f32>> {
        probabilities(&self.planes, &self.calibration, pictures, (&self.widths, self.recipe.mirrored), &Silent)
    }
}
