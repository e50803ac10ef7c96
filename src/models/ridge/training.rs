//! The training rows as a kernel meets them.

use std::ops::Range;

use ndarray::{ArrayView2, ArrayViewMut2};

use crate::dataset::Split;
use crate::error::Result;
use crate::models::kernel::{KernelFunction, Table};
use crate::models::vectors::{VectorInput, assemble, rows_of, training_fingerprint};
use crate::recipe::{Combine, KernelRidgeRecipe, Normalisation};

/// The training rows, with what is done to features before the kernel.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Training {
    kernel: KernelFunction,
    combine: Combine,
    normalisation: Normalisation,
    /// The rows, then where they are used their mirror images; each is one table (n x d_i) for every feature whose
    /// kernel is formed by itself.
    pub(super) versions: Vec<Vec<Table>>,
}

impl Training {
    /// # Errors
    /// [`crate::Error::Invalid`] when a feature holds what is no number, or what the kernel is not defined for.
    pub(super) fn new(recipe: &KernelRidgeRecipe, input: &VectorInput<'_>) -> Result<Self> {
        let mut training = Self {
            kernel: KernelFunction { kind: recipe.kernel, gamma: recipe.gamma },
            combine: recipe.combine,
            normalisation: recipe.normalisation,
            versions: Vec::new(),
        };
        let rows = rows_of(input.splits, Split::Train);
        for features in input.pictures.versions(recipe.mirrored) {
            let tables = training.tables(features, &rows)?;
            training.versions.push(tables);
        }
        Ok(training)
    }

    /// Number of rows, n.
    pub(super) fn len(&self) -> usize {
        self.versions.first().and_then(|tables| tables.first()).map_or(0, Table::len)
    }

    /// A name for the rows and their labels.
    pub(super) fn fingerprint(&self, labels: &[u8]) -> String {
        training_fingerprint(self.versions.iter().flatten().map(|t| t.view().rows), labels)
    }

    /// The wanted rows of some features, as [`Training::add_kernels`] takes them.
    pub(super) fn tables(&self, features: &[ArrayView2<'_, f32>], rows: &[usize]) -> Result<Vec<Table>> {
        let parts: Vec<&[ArrayView2<'_, f32>]> = match self.combine {
            Combine::Concatenate => vec![features],
            Combine::Sum => features.chunks(1).collect(),
        };
        let table = |part| {
            let table = Table::new(assemble(part, rows, self.normalisation)?);
            self.kernel.check(table.view().rows).map(|()| table)
        };
        parts.into_iter().map(table).collect()
    }

    /// Adds the kernels between some rows of `queries` and all training rows to `out` (rows x n).
    pub(super) fn add_kernels(
        &self,
        queries: &[Table],
        rows: Range<usize>,
        mut out: ArrayViewMut2<'_, f32>,
    ) -> Result<()> {
        let weight = 1.0 / (queries.len() * self.versions.len()) as f32;
        for tables in &self.versions {
            for (query, table) in queries.iter().zip(tables) {
                self.kernel.add_to(weight, query.view().part(rows.clone()), table.view(), out.view_mut())?;
            }
        }
        Ok(())
    }

    /// Adds the kernels between training rows `a` and training rows `b` to `out` (a x b).
    pub(super) fn add_own_kernels(
        &self,
        a: Range<usize>,
        b: Range<usize>,
        mut out: ArrayViewMut2<'_, f32>,
    ) -> Result<()> {
        let pairs = self.versions.len() * self.versions.len();
        for first in &self.versions {
            for second in &self.versions {
                for (x, y) in first.iter().zip(second) {
                    let weight = 1.0 / (first.len() * pairs) as f32;
                    let (x, y) = (x.view().part(a.clone()), y.view().part(b.clone()));
                    self.kernel.add_to(weight, x, y, out.view_mut())?;
                }
            }
        }
        Ok(())
    }
}
