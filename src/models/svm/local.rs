//! Local learning: for each picture, machines on its nearest training pictures alone.
//!
//! Zhang, Berg, Maire and Malik, SVM-KNN, 2006; for expressions Ionescu, Popescu and Grozea 2013, and Georgescu,
//! Ionescu and Popescu, arXiv:1804.10892.

use ndarray::{Array1, Array2, ArrayView2, Axis};
use rayon::prelude::*;

use super::machine::{Records, one_vs_rest};
use super::neighbours::{BLOCK, nearest};
use crate::error::{Error, Result};
use crate::models::kernel::{KernelFunction, Rows, Table};
use crate::models::vectors::squared_norms;
use crate::progress::Progress;
use crate::recipe::SvmRecipe;

/// The training rows and how machines are made of them; nothing is fitted before a query comes.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Local {
    rows: Table,
    labels: Vec<u8>,
    classes: usize,
    neighbours: usize,
    kernel: KernelFunction,
    c: f64,
    eps: f64,
}

impl Local {
    /// Over assembled training rows (n x d); `neighbours` beyond n means all of them.
    pub(super) fn new(recipe: &SvmRecipe, rows: Array2<f32>, labels: Vec<u8>, classes: usize) -> Self {
        Self {
            neighbours: recipe.neighbours.min(rows.nrows()),
            kernel: KernelFunction::of(recipe),
            c: recipe.c,
            eps: recipe.eps,
            rows: Table::new(rows),
            labels,
            classes,
        }
    }

    /// Training rows in each machine.
    pub(super) fn neighbours(&self) -> usize {
        self.neighbours
    }

    /// The decision values (m x c) of assembled queries (m x d).
    ///
    /// # Errors
    /// [`Error::Backend`] from linfa-svm, [`Error::Interrupted`] when asked to stop.
    pub(super) fn decisions(&self, queries: ArrayView2<'_, f32>, progress: &dyn Progress) -> Result<Array2<f64>> {
        let mut out = Array2::<f64>::zeros((queries.nrows(), self.classes));
        // Each block is one matrix product, then its queries go over all threads: both steps balance well.
        let blocks = queries.axis_chunks_iter(Axis(0), BLOCK).into_par_iter();
        let targets = out.axis_chunks_iter_mut(Axis(0), BLOCK).into_par_iter();
        blocks.zip(targets).try_for_each(|(block, mut target)| {
            let found = nearest(self.rows.view(), block, self.neighbours)?;
            let queries = block.axis_chunks_iter(Axis(0), 1).into_par_iter();
            target.axis_iter_mut(Axis(0)).into_par_iter().zip(found).zip(queries).try_for_each(
                |((mut values, near), query)| {
                    if progress.stop_requested() {
                        let kept = "no prediction of this model is kept; run the command again".to_string();
                        return Err(Error::Interrupted { kept });
                    }
                    values.assign(&self.decide(&near, query)?);
                    progress.advance(1);
                    Ok(())
                },
            )
        })?;
        Ok(out)
    }

    /// The decision values (c) of one query (1 x d) from its neighbours.
    fn decide(&self, near: &[usize], query: ArrayView2<'_, f32>) -> Result<Array1<f64>> {
        let labels: Vec<u8> = near.iter().map(|&row| self.labels[row]).collect();
        let rows = Table::new(self.rows.view().rows.select(Axis(0), near));
        let mut kernels = Array2::zeros((1, near.len()));
        let norms = squared_norms(query);
        let query = Rows { rows: query.reborrow(), squared_norms: &norms };
        self.kernel.add_to(1.0, query, rows.view(), kernels.view_mut())?;
        let records = Records::from_rows(rows.view(), &self.kernel, self.c, self.eps)?;
        (0..self.classes)
            .map(|class| Ok(one_vs_rest(&records, &labels, class, self.c, self.eps)?.decide(kernels.row(0))))
            .collect()
    }
}
