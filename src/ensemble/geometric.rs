//! The geometric mean of probabilities, renormalised: the mean in the space of logits.

use ndarray::{Array2, Zip};

use crate::predictions::Predictions;

/// n x c geometric means, each row summing to 1.
///
/// Probabilities below the f32 epsilon count as that, so that one member's rounded zero is no veto.
pub(super) fn geometric(members: &[&Predictions]) -> Array2<f64> {
    let floor = f64::from(f32::EPSILON);
    let share = 1.0 / members.len() as f64;
    let mut product = Array2::zeros(members[0].probabilities.dim());
    for member in members {
        Zip::from(&mut product)
            .and(&member.probabilities)
            .for_each(|sum, &p| *sum += share * f64::from(p).max(floor).ln());
    }
    product.mapv_inplace(f64::exp);
    for mut row in product.rows_mut() {
        row /= row.sum();
    }
    product
}
