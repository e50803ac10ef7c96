//! Kernels between all rows of two matrices.

mod sums;

use ndarray::{Array2, ArrayView2, ArrayViewMut2};

use self::sums::{Sum, sums};
use super::vectors::squared_norms;
use crate::error::{Error, Result};
use crate::matrix::{exp, product};
use crate::recipe::{Kernel, SvmRecipe};

/// A kernel with its width.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct KernelFunction {
    /// Which.
    pub kind: Kernel,
    /// Width of the RBF and chi-squared kernels.
    pub gamma: f64,
}

impl KernelFunction {
    /// The kernel that an SVM's recipe asks for.
    pub(super) fn of(recipe: &SvmRecipe) -> Self {
        Self { kind: recipe.kernel, gamma: recipe.gamma }
    }

    /// Whether it is defined for features with these numbers.
    ///
    /// # Errors
    /// [`Error::Invalid`] when a kernel of histograms meets a number below 0.
    pub(super) fn check(&self, rows: ArrayView2<'_, f32>) -> Result<()> {
        if matches!(self.kind, Kernel::Linear | Kernel::Rbf) {
            return Ok(());
        }
        match rows.iter().find(|v| **v < 0.0) {
            Some(below) => {
                let expected = "numbers from 0, such as bags of visual words: this kernel compares histograms";
                Err(Error::invalid("feature", below, expected))
            }
            None => Ok(()),
        }
    }

    /// Adds `weight` times K(a_i, b_j), for rows of `a` (m x d) and `b` (n x d), to `out` (m x n).
    ///
    /// # Errors
    /// [`Error::Invalid`] when the shapes do not fit together.
    pub(super) fn add_to(&self, weight: f32, a: Rows<'_>, b: Rows<'_>, mut out: ArrayViewMut2<'_, f32>) -> Result<()> {
        let gamma = self.gamma as f32;
        let mut values = Array2::zeros(out.dim());
        match self.kind {
            Kernel::Linear | Kernel::Rbf => product(a.rows, b.rows.t(), values.view_mut())?,
            Kernel::ChiSquared => sums(Sum::ChiSquared, a.rows, b.rows, values.view_mut())?,
            Kernel::Intersection => sums(Sum::Smaller, a.rows, b.rows, values.view_mut())?,
        }
        let instructions = pulp::Arch::new();
        for (&norm, mut values) in a.squared_norms.iter().zip(values.outer_iter_mut()) {
            let values = values.as_slice_mut().unwrap_or_default();
            match self.kind {
                Kernel::Linear | Kernel::Intersection => {}
                Kernel::ChiSquared => instructions.dispatch(Fall { gamma, values }),
                Kernel::Rbf => {
                    squared_distances(norm, b.squared_norms, values);
                    instructions.dispatch(Fall { gamma, values });
                }
            }
        }
        out.scaled_add(weight, &values);
        Ok(())
    }
}

/// From the dot products of a vector with others to their squared distances.
fn squared_distances(norm: f32, norms: &[f32], values: &mut [f32]) {
    // Rounding may take the squared distance of equal rows below 0.
    values.iter_mut().zip(norms).for_each(|(v, there)| *v = (norm + there - 2.0 * *v).max(0.0));
}

/// From distances d to exp(-gamma d).
struct Fall<'a> {
    gamma: f32,
    values: &'a mut [f32],
}

impl pulp::NullaryFnOnce for Fall<'_> {
    type Output = ();
    #[inline(always)]
    fn call(self) {
        self.values.iter_mut().for_each(|v| *v = exp(-self.gamma * *v));
    }
}

/// Rows with their squared norms.
#[derive(Clone, Copy)]
pub(super) struct Rows<'a> {
    /// n x d.
    pub rows: ArrayView2<'a, f32>,
    /// n.
    pub squared_norms: &'a [f32],
}

impl<'a> Rows<'a> {
    /// Some of the rows.
    pub(super) fn part(&self, rows: std::ops::Range<usize>) -> Rows<'a> {
        let squared_norms = &self.squared_norms[rows.clone()];
        Rows { rows: self.rows.slice_move(ndarray::s![rows, ..]), squared_norms }
    }
}

/// Rows and their squared norms, owned.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Table {
    rows: Array2<f32>,
    squared_norms: Vec<f32>,
}

impl Table {
    pub(super) fn new(rows: Array2<f32>) -> Self {
        Self { squared_norms: squared_norms(rows.view()), rows }
    }

    pub(super) fn view(&self) -> Rows<'_> {
        Rows { rows: self.rows.view(), squared_norms: &self.squared_norms }
    }

    pub(super) fn len(&self) -> usize {
        self.rows.nrows()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::s;

    #[test]
    fn kernels_equal_their_definitions() {
        let fill = |n: usize, salt: usize| {
            // Zeros among them, in the same columns too: 0 / 0 of the chi-squared kernel.
            Array2::from_shape_fn((n, 37), |(i, j)| ((i * 37 + j * 101 + salt) % 11) as f32 / 11.0)
        };
        let (a, b) = (Table::new(fill(6, 0)), Table::new(fill(9, 4)));
        for kind in [Kernel::Linear, Kernel::Rbf, Kernel::ChiSquared, Kernel::Intersection] {
            let kernel = KernelFunction { kind, gamma: 0.3 };
            let mut out = Array2::from_elem((6, 9), 1.0);
            kernel.add_to(0.5, a.view(), b.view(), out.view_mut()).unwrap();
            for ((i, j), &found) in out.indexed_iter() {
                let pairs = a.rows.row(i).into_iter().zip(b.rows.row(j)).map(|(x, y)| (f64::from(*x), f64::from(*y)));
                let value: f64 = match kind {
                    Kernel::Linear => pairs.map(|(x, y)| x * y).sum(),
                    Kernel::Rbf => (-0.3 * pairs.map(|(x, y)| (x - y).powi(2)).sum::<f64>()).exp(),
                    Kernel::ChiSquared => {
                        let term = |(x, y): (f64, f64)| if x + y > 0.0 { (x - y).powi(2) / (x + y) } else { 0.0 };
                        (-0.3 * pairs.map(term).sum::<f64>()).exp()
                    }
                    Kernel::Intersection => pairs.map(|(x, y)| x.min(y)).sum(),
                };
                assert!((f64::from(found) - 1.0 - 0.5 * value).abs() < 1e-4, "{kind:?} ({i}, {j}): {found}, {value}");
            }
        }
    }

    #[test]
    fn a_part_is_the_whole_at_its_rows() {
        let table = Table::new(Array2::from_shape_fn((7, 5), |(i, j)| (i * 3 + j) as f32));
        let part = table.view().part(2..5);
        assert_eq!(part.rows, table.rows.slice(s![2..5, ..]));
        assert_eq!(part.squared_norms, &table.squared_norms[2..5]);
    }

    #[test]
    fn kernels_of_histograms_refuse_numbers_below_zero() {
        let rows = ndarray::array![[0.0, 1.0], [0.5, -0.25]];
        let check = |kind| KernelFunction { kind, gamma: 1.0 }.check(rows.view());
        assert!(check(Kernel::Rbf).is_ok() && check(Kernel::Linear).is_ok());
        assert!(check(Kernel::ChiSquared).unwrap_err().to_string().contains("-0.25"));
        assert!(check(Kernel::Intersection).is_err());
    }
}
