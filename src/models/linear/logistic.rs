//! Multinomial logistic regression by linfa-logistic.

use linfa::prelude::{DatasetBase, Fit};
use linfa_logistic::MultiLogisticRegression;
use ndarray::{Array1, Array2, ArrayView2};

use super::Planes;
use crate::error::{Error, Result};
use crate::recipe::LinearRecipe;

/// The offset of a class that no training row has: its probability is nothing.
const NEVER: f32 = -30.0;

/// Fits to assembled training rows (n x d).
///
/// linfa-logistic cannot be asked to stop, and holds the rows in double precision: in single precision its line search
/// fails before the gradient is small.
///
/// # Errors
/// [`Error::Backend`] with what linfa-logistic said.
pub(super) fn fit(recipe: &LinearRecipe, rows: ArrayView2<'_, f32>, labels: &[u8], classes: usize) -> Result<Planes> {
    let width = rows.ncols();
    let mut planes = Planes {
        normalisation: recipe.normalisation,
        weights: Array2::zeros((width, classes)),
        biases: Array1::from_elem(classes, NEVER),
    };
    if let Some(&first) = labels.first()
        && labels.iter().all(|label| *label == first)
    {
        planes.biases[usize::from(first)] = 0.0;
        return Ok(planes);
    }
    let targets = Array1::from_iter(labels.iter().map(|&label| usize::from(label)));
    let regression = MultiLogisticRegression::default()
        .alpha(1.0 / recipe.c)
        .gradient_tolerance(recipe.eps)
        .max_iterations(recipe.passes as u64)
        .fit(&DatasetBase::new(rows.mapv(f64::from), targets))
        .map_err(|e| Error::backend("linfa-logistic", "fit the regression", e))?;
    for (column, &class) in regression.classes().iter().enumerate() {
        planes.weights.column_mut(class).assign(&regression.params().column(column).mapv(|w| w as f32));
        planes.biases[class] = regression.intercept()[column] as f32;
    }
    Ok(planes)
}
