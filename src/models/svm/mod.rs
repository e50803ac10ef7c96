//! Support vector machines on handcrafted features, on linfa-svm.
//!
//! `local` makes one-vs-rest machines for each picture on its nearest training pictures; `global` fits one set of
//! machines on a stratified draw of training rows, because linfa-svm's dense kernel and scalar loops rule out all
//! 28,709 of FER2013. Either way c decision values become probabilities through [`Calibration`], which is fitted
//! on the validation split.

mod calibration;
mod global;
#[cfg(test)]
mod golden;
mod gram;
mod local;
mod machine;
mod neighbours;
mod rows;
mod store;

use ndarray::{Array2, ArrayView2, Axis};

pub use self::calibration::Calibration;
use self::global::{Global, stratified_draw};
use self::local::Local;
use self::rows::assemble;
use self::store::training_fingerprint;
use crate::dataset::Split;
use crate::error::{Error, Result};
use crate::progress::{Progress, Silent};
use crate::recipe::{SvmMode, SvmRecipe};

/// A dataset's features, labels and splits.
#[derive(Clone, Copy, Debug)]
pub struct SvmInput<'a> {
    /// One matrix for each of the recipe's features, in its order; n x d_i over all rows of the dataset.
    pub features: &'a [ArrayView2<'a, f32>],
    /// n labels, each below `classes`.
    pub labels: &'a [u8],
    /// n splits.
    pub splits: &'a [Split],
    /// The number of classes.
    pub classes: usize,
}

/// What [`fit_predict`] returns.
#[derive(Clone, Debug, PartialEq)]
pub struct SvmOutcome {
    /// Probabilities of the validation rows in dataset order; in-sample for the calibration's 2 c numbers.
    pub validation: Array2<f32>,
    /// Probabilities of the test rows in dataset order.
    pub test: Array2<f32>,
    /// For further rows.
    pub model: SvmModel,
}

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
enum Body {
    Local { local: Local, fingerprint: String },
    Global(Global),
}

/// Fits on the training rows, calibrates on the validation rows and predicts both other splits.
///
/// The same input and recipe give the same bytes on any number of threads.
///
/// # Errors
/// [`Error::Invalid`] when shapes, labels or values do not fit or a split that is needed is empty,
/// [`Error::Backend`] from linfa-svm, [`Error::Interrupted`] when asked to stop.
pub fn fit_predict(recipe: &SvmRecipe, input: &SvmInput<'_>, progress: &dyn Progress) -> Result<SvmOutcome> {
    input.check(recipe)?;
    let (rows, labels) = input.part(Split::Train, recipe)?;
    let available = labels.len();
    if available < 2 {
        return Err(Error::invalid("training rows", available, "at least 2"));
    }
    let (validation, validation_labels) = input.part(Split::Validation, recipe)?;
    if validation_labels.is_empty() {
        let expected = "at least one: probabilities are calibrated on the validation split";
        return Err(Error::invalid("validation rows", 0, expected));
    }
    let (test, _) = input.part(Split::Test, recipe)?;
    let mut used = available;
    let body = match recipe.mode {
        SvmMode::Local => {
            let fingerprint = training_fingerprint(&rows, &labels);
            let local = Local::new(recipe, rows, labels, input.classes);
            if local.neighbours() < recipe.neighbours {
                let k = recipe.neighbours;
                progress.say(&format!("there are {available} training rows: each machine takes all of them, not {k}"));
            }
            Body::Local { local, fingerprint }
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
            Body::Global(Global::fit(recipe, drawn_rows.view(), &drawn_labels, input.classes, progress)?)
        }
    };
    progress.start("pictures", (validation.nrows() + test.nrows()) as u64, "pictures");
    let validation = body.decisions(validation.view(), progress)?;
    let test = body.decisions(test.view(), progress)?;
    let calibration = Calibration::fit(validation.view(), &validation_labels)?;
    progress.finish(&format!("validation log-loss {:.3}", calibration.log_loss));
    Ok(SvmOutcome {
        validation: calibration.probabilities(validation.view()),
        test: calibration.probabilities(test.view()),
        model: SvmModel {
            recipe: recipe.clone(),
            classes: input.classes,
            widths: input.features.iter().map(|f| f.ncols()).collect(),
            rows_used: used,
            rows_available: available,
            calibration,
            body,
        },
    })
}

impl Body {
    fn decisions(&self, queries: ArrayView2<'_, f32>, progress: &dyn Progress) -> Result<Array2<f64>> {
        match self {
            Self::Local { local, .. } => local.decisions(queries, progress),
            Self::Global(global) => global.decisions(queries, progress),
        }
    }
}

impl SvmModel {
    /// Probabilities (m x c, rows sum to 1) of new pictures, from one matrix (m x d_i) for each feature.
    ///
    /// # Errors
    /// [`Error::Invalid`] when the features are not of the widths that the model was made with.
    pub fn predict_proba(&self, features: &[ArrayView2<'_, f32>]) -> Result<Array2<f32>> {
        let widths: Vec<usize> = features.iter().map(|f| f.ncols()).collect();
        let rows = features.first().map_or(0, |f| f.nrows());
        if widths != self.widths || features.iter().any(|f| f.nrows() != rows) {
            let found: Vec<_> = features.iter().map(|f| f.dim()).collect();
            let expected = format!("equal numbers of rows, and {:?} columns", self.widths);
            return Err(Error::invalid("features", format!("shapes {found:?}"), expected));
        }
        let all: Vec<usize> = (0..rows).collect();
        let queries = assemble(features, &all, self.recipe.normalisation)?;
        Ok(self.calibration.probabilities(self.body.decisions(queries.view(), &Silent)?.view()))
    }

    /// Training rows that the machines were, or for a local model are, made of.
    pub fn rows_used(&self) -> usize {
        self.rows_used
    }

    /// Training rows that the dataset has.
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

impl SvmInput<'_> {
    /// Checks that everything has n rows and each label is a class.
    fn check(&self, recipe: &SvmRecipe) -> Result<()> {
        let n = self.labels.len();
        if self.features.len() != recipe.features.len() {
            let expected = format!("one for each of {:?}", recipe.features);
            return Err(Error::invalid("feature matrices", self.features.len(), expected));
        }
        for (feature, name) in self.features.iter().zip(&recipe.features) {
            if feature.nrows() != n || feature.ncols() == 0 {
                let expected = format!("{n} rows, as many as labels, and at least one column");
                return Err(Error::invalid(format!("feature `{name}`"), format!("{:?}", feature.dim()), expected));
            }
        }
        if self.splits.len() != n {
            return Err(Error::invalid("splits", self.splits.len(), format!("{n}, as many as labels")));
        }
        if !(2..=256).contains(&self.classes) {
            return Err(Error::invalid("classes", self.classes, "2 to 256"));
        }
        match self.labels.iter().position(|&l| usize::from(l) >= self.classes) {
            Some(row) => {
                let expected = format!("0 to {}", self.classes - 1);
                Err(Error::invalid(format!("label in row {row}"), self.labels[row], expected))
            }
            None => Ok(()),
        }
    }

    /// The assembled rows and the labels of a split, in dataset order.
    fn part(&self, split: Split, recipe: &SvmRecipe) -> Result<(Array2<f32>, Vec<u8>)> {
        let numbers: Vec<usize> = (0..self.splits.len()).filter(|&i| self.splits[i] == split).collect();
        let labels = numbers.iter().map(|&i| self.labels[i]).collect();
        Ok((assemble(self.features, &numbers, recipe.normalisation)?, labels))
    }
}
