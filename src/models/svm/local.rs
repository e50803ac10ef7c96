//! Local learning: for each picture, machines on its nearest training pictures alone.
//!
//! Zhang, Berg, Maire and Malik, SVM-KNN, 2006; for expressions Ionescu, Popescu and Grozea 2013, and Georgescu,
//! Ionescu and Popescu, arXiv:1804.10892.

use ndarray::{Array1, Array2, ArrayView2, Axis, s};
use rayon::prelude::*;

use super::gram::Kernel;
use super::machine::{Records, one_vs_rest};
use super::neighbours::{BLOCK, Neighbour, nearest};
use crate::error::{Error, Result};
use crate::models::vectors::squared_norms;
use crate::progress::Progress;
use crate::recipe::SvmRecipe;

/// The training rows and how machines are made of them; nothing is fitted before a query comes.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Local {
    rows: Array2<f32>,
    squared_norms: Vec<f32>,
    labels: Vec<u8>,
    classes: usize,
    neighbours: usize,
    kernel: Kernel,
    c: f64,
    eps: f64,
}

impl Local {
    /// Over assembled training rows (n x d); `neighbours` beyond n means all of them.
    pub(super) fn new(recipe: &SvmRecipe, rows: Array2<f32>, labels: Vec<u8>, classes: usize) -> Self {
        Self {
            squared_norms: squared_norms(rows.view()),
            neighbours: recipe.neighbours.min(rows.nrows()),
            kernel: Kernel::of(recipe),
            c: recipe.c,
            eps: recipe.eps,
            rows,
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
            let found = nearest(self.rows.view(), &self.squared_norms, block, self.neighbours);
            let norms = squared_norms(block);
            target.axis_iter_mut(Axis(0)).into_par_iter().zip(found).zip(norms).try_for_each(
                |((mut values, near), norm)| {
                    if progress.stop_requested() {
                        let kept = "no prediction of this model is kept; run the command again".to_string();
                        return Err(Error::Interrupted { kept });
                    }
                    values.assign(&self.decide(&near, norm)?);
                    progress.advance(1);
                    Ok(())
                },
            )
        })?;
        Ok(out)
    }

    /// The decision values (c) of one query from its neighbours and its squared norm.
    fn decide(&self, near: &[Neighbour], norm: f32) -> Result<Array1<f64>> {
        let labels: Vec<u8> = near.iter().map(|n| self.labels[n.row]).collect();
        let kernel: Vec<f64> = near.iter().map(|n| self.kernel.value(n.dot, self.squared_norms[n.row], norm)).collect();
        let mut gathered = Array2::<f32>::zeros((near.len(), self.rows.ncols()));
        for (i, n) in near.iter().enumerate() {
            gathered.slice_mut(s![i, ..]).assign(&self.rows.row(n.row));
        }
        let records = Records::from_rows(gathered.view(), self.kernel, self.c, self.eps)?;
        (0..self.classes)
            .map(|class| Ok(one_vs_rest(&records, &labels, class, self.c, self.eps)?.decide(&kernel)))
            .collect()
    }
}
