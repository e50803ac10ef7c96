//! From a machine's decision values to the probabilities that are scored.

use ndarray::{Array2, ArrayView2};

use super::calibration::Calibration;
use super::outcome::Outcome;
use super::vectors::{Pictures, VectorInput, rows_of};
use crate::dataset::Split;
use crate::error::Result;
use crate::progress::Progress;

/// Something fitted that gives the decision values (m x c) of some rows of features.
pub(super) trait DecisionFunction: Sync {
    /// One value for each class; `rows` are the numbers of the wanted rows of each feature matrix (n x d_i).
    fn decide(&self, features: &[ArrayView2<'_, f32>], rows: &[usize], progress: &dyn Progress) -> Result<Array2<f64>>;

    /// The decision values of pictures; with `mirrored`, means over a picture and its mirror image.
    fn decisions(
        &self,
        pictures: Pictures<'_>,
        rows: &[usize],
        mirrored: bool,
        progress: &dyn Progress,
    ) -> Result<Array2<f64>> {
        let mut sum = self.decide(pictures.features, rows, progress)?;
        if mirrored {
            sum += &self.decide(pictures.mirrored, rows, progress)?;
            sum /= 2.0;
        }
        Ok(sum)
    }
}

/// Calibrates a machine on the validation rows, unless an earlier calibration is given, and scores both splits that it was not fitted to.
pub(super) fn calibrate<B: DecisionFunction, M>(
    machine: B,
    input: &VectorInput<'_>,
    mirrored: bool,
    progress: &dyn Progress,
    model: impl FnOnce(B, Calibration) -> M,
) -> Result<Outcome<M>> {
    let splits = [Split::Validation, Split::Test].map(|split| rows_of(input.splits, split));
    let vectors = splits.iter().map(Vec::len).sum::<usize>() * if mirrored { 2 } else { 1 };
    progress.start("pictures", vectors as u64, if mirrored { "pictures and mirror images" } else { "pictures" });
    let [validation, test] = splits.map(|rows| machine.decisions(input.pictures, &rows, mirrored, progress));
    let (validation, test) = (validation?, test?);
    let calibration = match input.calibration {
        Some(earlier) => {
            progress.finish("calibrated as before");
            earlier.clone()
        }
        None => {
            let fitted = Calibration::fit(validation.view(), &input.labels_of(Split::Validation))?;
            progress.finish(&format!("validation log-loss {:.3}", fitted.log_loss));
            fitted
        }
    };
    Ok(Outcome {
        validation: calibration.probabilities(validation.view()),
        test: calibration.probabilities(test.view()),
        model: model(machine, calibration),
    })
}

/// Probabilities (m x c, rows sum to 1) of m new pictures from a machine made with features of these widths, and with
/// mirror images or without.
pub(super) fn probabilities(
    machine: &impl DecisionFunction,
    calibration: &Calibration,
    pictures: Pictures<'_>,
    (widths, mirrored): (&[usize], bool),
    progress: &dyn Progress,
) -> Result<Array2<f32>> {
    pictures.check_widths(widths, mirrored)?;
    let all: Vec<usize> = (0..pictures.len()).collect();
    Ok(calibration.probabilities(machine.decisions(pictures, &all, mirrored, progress)?.view()))
}
