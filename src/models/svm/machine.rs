//! One-vs-rest machines from linfa-svm.

use linfa::prelude::{DatasetBase, Fit, ParamGuard};
use linfa_svm::Svm;
use ndarray::{Array1, Array2, ArrayView1, ArrayView2};

use super::gram::{factor, gram};
use crate::error::{Error, Result};
use crate::models::kernel::{KernelFunction, Rows};

/// A two-class machine: f(x) = sum of alpha_i K(x_i, x), minus rho.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Machine {
    /// Signed dual variables, one for each training row; empty for a machine with one answer.
    pub alpha: Vec<f64>,
    /// The threshold.
    pub rho: f64,
}

impl Machine {
    /// The decision value from the kernel values of a query with the training rows.
    pub(super) fn decide(&self, kernels: ArrayView1<'_, f32>) -> f64 {
        self.alpha.iter().zip(kernels).map(|(a, k)| a * f64::from(*k)).sum::<f64>() - self.rho
    }

    /// A machine that gives every picture the same decision value.
    fn constant(value: f64) -> Self {
        Self { alpha: Vec::new(), rho: -value }
    }
}

/// Training rows as linfa-svm sees them, in the precision that the tolerance needs.
pub(super) enum Records {
    /// Half the time.
    Single(Array2<f32>),
    /// Where rounding of gradients in single precision could keep the solver from its tolerance.
    Double(Array2<f64>),
}

impl Records {
    /// Records whose dot products are the kernel values of the rows (k x d).
    ///
    /// # Errors
    /// [`Error::Invalid`] when the kernel matrix cannot be factored.
    pub(super) fn from_rows(rows: Rows<'_>, kernel: &KernelFunction, c: f64, eps: f64) -> Result<Self> {
        let gram = gram(kernel, rows)?;
        let lower = factor(&gram)?;
        // A gradient is at most 1 + c * sum of |K|; its last bit must stay well below the tolerance.
        let largest = gram.diag().fold(0.0f64, |a, &b| a.max(b));
        let gradient = 1.0 + c * largest * gram.nrows() as f64;
        match gradient * f64::from(f32::EPSILON) < eps / 10.0 {
            true => Ok(Self::Single(lower.mapv(|v| v as f32))),
            false => Ok(Self::Double(lower)),
        }
    }
}

/// One machine for each class: that class against the rest of the rows.
///
/// A class that no row has says no to everything (-1), and a class that all rows have says yes (+1), without a solver.
///
/// # Errors
/// [`Error::Backend`] with what linfa-svm said, or when it used up its iterations.
pub(super) fn one_vs_rest(records: &Records, labels: &[u8], class: usize, c: f64, eps: f64) -> Result<Machine> {
    let targets: Array1<bool> = labels.iter().map(|&l| usize::from(l) == class).collect();
    match targets.iter().filter(|t| **t).count() {
        0 => Ok(Machine::constant(-1.0)),
        n if n == targets.len() => Ok(Machine::constant(1.0)),
        _ => match records {
            Records::Single(x) => fit(x.view(), targets.view(), c, eps),
            Records::Double(x) => fit(x.view(), targets.view(), c, eps),
        },
    }
}

fn fit<F: linfa::Float>(
    records: ArrayView2<'_, F>,
    targets: ArrayView1<'_, bool>,
    c: f64,
    eps: f64,
) -> Result<Machine> {
    let failed = |e: &dyn std::fmt::Display| Error::backend("linfa-svm", "fit a machine", e);
    // `shrinking` stays off: in linfa-svm 0.8.1 it leads to wrong models.
    let parameters = Svm::<F, bool>::params().pos_neg_weights(F::cast(c), F::cast(c)).eps(F::cast(eps)).linear_kernel();
    let machine =
        parameters.check().and_then(|valid| valid.fit(&DatasetBase::new(records, targets))).map_err(|e| failed(&e))?;
    // The reason for stopping is private; only the text tells it.
    let text = machine.to_string();
    if text.starts_with("Reached maximal iterations") {
        return Err(failed(&format!("{text}; lower `c` or raise `eps` in the recipe")));
    }
    let number = |v: &F| v.to_f64().unwrap_or(f64::NAN);
    Ok(Machine { alpha: machine.alpha.iter().map(number).collect(), rho: number(&machine.rho) })
}
