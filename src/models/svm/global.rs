//! One set of one-vs-rest machines for all pictures, on at most `max-rows` training rows.

use ndarray::{Array1, Array2, ArrayView2, Axis};
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use super::machine::{Machine, Records, one_vs_rest};
use super::neighbours::BLOCK;
use crate::error::{Error, Result};
use crate::models::kernel::{KernelFunction, Rows, Table};
use crate::models::vectors::squared_norms;
use crate::progress::Progress;
use crate::recipe::SvmRecipe;

/// Fitted machines over their common support vectors.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Global {
    /// m x d, the rows that at least one machine leans on.
    pub support: Table,
    /// c x m, signed.
    pub alpha: Array2<f64>,
    /// c thresholds.
    pub rho: Vec<f64>,
    kernel: KernelFunction,
}

impl Global {
    /// Puts stored parts together.
    pub(super) fn new(recipe: &SvmRecipe, support: Array2<f32>, alpha: Array2<f64>, rho: Vec<f64>) -> Self {
        Self { kernel: KernelFunction::of(recipe), support: Table::new(support), alpha, rho }
    }

    /// Fits c machines on assembled training rows (n x d), classes in parallel.
    ///
    /// # Errors
    /// [`Error::Backend`] from linfa-svm, [`Error::Interrupted`] when asked to stop.
    pub(super) fn fit(
        recipe: &SvmRecipe,
        rows: ArrayView2<'_, f32>,
        labels: &[u8],
        classes: usize,
        progress: &dyn Progress,
    ) -> Result<Self> {
        progress.start("machines", classes as u64, "classes");
        let norms = squared_norms(rows);
        let records = Records::from_rows(
            Rows { rows: rows.reborrow(), squared_norms: &norms },
            &KernelFunction::of(recipe),
            recipe.c,
            recipe.eps,
        )?;
        let machines: Vec<Machine> = (0..classes)
            .into_par_iter()
            .map(|class| {
                if progress.stop_requested() {
                    let kept = "no machine is kept; run the command again".to_string();
                    return Err(Error::Interrupted { kept });
                }
                let machine = one_vs_rest(&records, labels, class, recipe.c, recipe.eps)?;
                progress.advance(1);
                Ok(machine)
            })
            .collect::<Result<_>>()?;
        let used = |row: &usize| machines.iter().any(|m| m.alpha.get(*row).is_some_and(|a| *a != 0.0));
        let kept: Vec<usize> = (0..rows.nrows()).filter(used).collect();
        progress.finish(&format!("{} support vectors of {} rows", kept.len(), rows.nrows()));
        let alpha = Array2::from_shape_fn((classes, kept.len()), |(class, i)| {
            machines[class].alpha.get(kept[i]).copied().unwrap_or(0.0)
        });
        let rho = machines.iter().map(|m| m.rho).collect();
        Ok(Self::new(recipe, rows.select(Axis(0), &kept), alpha, rho))
    }

    /// The decision values (m x c) of assembled queries (m x d).
    ///
    /// # Errors
    /// [`Error::Interrupted`] when asked to stop.
    pub(super) fn decisions(&self, queries: ArrayView2<'_, f32>, progress: &dyn Progress) -> Result<Array2<f64>> {
        let mut out = Array2::<f64>::zeros((queries.nrows(), self.rho.len()));
        let rho = Array1::from(self.rho.clone());
        let blocks = queries.axis_chunks_iter(Axis(0), BLOCK).into_par_iter();
        let targets = out.axis_chunks_iter_mut(Axis(0), BLOCK).into_par_iter();
        blocks.zip(targets).try_for_each(|(block, mut target)| {
            if progress.stop_requested() {
                let kept = "no prediction of this model is kept; run the command again".to_string();
                return Err(Error::Interrupted { kept });
            }
            let mut kernels = Array2::zeros((block.nrows(), self.support.len()));
            let norms = squared_norms(block);
            let block = Rows { rows: block.reborrow(), squared_norms: &norms };
            self.kernel.add_to(1.0, block, self.support.view(), kernels.view_mut())?;
            target.assign(&(kernels.mapv(f64::from).dot(&self.alpha.t()) - &rho));
            progress.advance(kernels.nrows() as u64);
            Ok(())
        })?;
        Ok(out)
    }
}

/// At most `limit` of the rows, each class keeping its share (largest remainders) and at least one row;
/// the numbers (positions in `labels`) come back ascending.
pub(super) fn stratified_draw(labels: &[u8], classes: usize, limit: usize, seed: u64) -> Vec<usize> {
    if labels.len() <= limit {
        return (0..labels.len()).collect();
    }
    let mut members: Vec<Vec<usize>> = vec![Vec::new(); classes];
    for (row, &label) in labels.iter().enumerate() {
        members[usize::from(label)].push(row);
    }
    let share = |class: usize| members[class].len() as f64 * limit as f64 / labels.len() as f64;
    let mut quota: Vec<usize> = (0..classes).map(|c| (share(c) as usize).max(usize::from(share(c) > 0.0))).collect();
    let mut order: Vec<usize> = (0..classes).filter(|&c| share(c) >= 1.0).collect();
    order.sort_by(|&a, &b| share(b).fract().total_cmp(&share(a).fract()).then(a.cmp(&b)));
    let mut free = limit.saturating_sub(quota.iter().sum());
    for &class in order.iter().cycle().take(2 * classes) {
        if free > 0 && quota[class] < members[class].len() {
            quota[class] += 1;
            free -= 1;
        }
    }
    // Single rows given to tiny classes may have gone past the limit; the largest class pays.
    while quota.iter().sum::<usize>() > limit {
        let Some(largest) = (0..classes).max_by_key(|&c| (quota[c], c)) else { break };
        quota[largest] -= 1;
    }
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut drawn = Vec::with_capacity(limit);
    for (rows, &quota) in members.iter_mut().zip(&quota) {
        let (chosen, _) = rows.partial_shuffle(&mut random, quota);
        drawn.extend_from_slice(chosen);
    }
    drawn.sort_unstable();
    drawn
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_draw_keeps_shares_and_the_limit(
            labels in prop::collection::vec(prop_oneof![8 => 0u8..2, 1 => 2u8..5], 30..300),
            limit in 10usize..60,
            seed in 0u64..4,
        ) {
            let drawn = stratified_draw(&labels, 5, limit, seed);
            prop_assert_eq!(drawn.len(), limit.min(labels.len()));
            prop_assert!(drawn.windows(2).all(|w| w[0] < w[1]));
            prop_assert_eq!(&drawn, &stratified_draw(&labels, 5, limit, seed));
            for class in 0..5u8 {
                let all = labels.iter().filter(|l| **l == class).count();
                let got = drawn.iter().filter(|r| labels[**r] == class).count();
                let share = all as f64 * drawn.len() as f64 / labels.len() as f64;
                prop_assert!(got >= usize::from(all > 0));
                // One row for rounding, and up to one for each tiny class that the largest class pays for.
                prop_assert!((got as f64 - share).abs() <= 5.0, "class {class}: {got} of a share of {share}");
            }
        }
    }

    #[test]
    fn another_seed_draws_other_rows() {
        let labels: Vec<u8> = (0..400).map(|i| (i % 3) as u8).collect();
        assert_ne!(stratified_draw(&labels, 3, 50, 1), stratified_draw(&labels, 3, 50, 2));
        assert_eq!(stratified_draw(&labels, 3, 400, 1).len(), 400);
    }
}
