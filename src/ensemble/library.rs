//! The members of an aggregate laid out for trying many weighted means of them.

use ndarray::Axis;
use rayon::prelude::*;

use super::alike::check_members;
use crate::error::Result;
use crate::predictions::Predictions;

/// Rows that are decided together, few enough for the processor's registers and first cache.
const BLOCK: usize = 64;

/// A library of models (Caruana et al. 2004) on the rows where a choice is made.
pub(super) struct Library<'a> {
    labels: &'a [u8],
    classes: usize,
    /// For each member the probabilities of [`BLOCK`] rows for the first class, then for the next, then those of the rows
    /// after them; zeros where the rows of the last block end.
    tables: Vec<Vec<f32>>,
    /// For each member the n probabilities that it gives to the true classes.
    of_truth: Vec<Vec<f64>>,
}

/// A weighted mean that was tried.
pub(super) struct Candidate {
    /// How often each member counts. Whole numbers times numbers in single precision add up without rounding in double
    /// precision, so that equal means are equal to the last bit, whatever the order of the members.
    pub times: Vec<u32>,
    /// Rows that it has right.
    pub correct: usize,
}

impl Candidate {
    /// The share of each member, summing to 1.
    pub(super) fn weights(&self) -> Vec<f64> {
        let total = f64::from(self.times.iter().sum::<u32>());
        self.times.iter().map(|&times| f64::from(times) / total).collect()
    }
}

impl<'a> Library<'a> {
    /// Lays the members out.
    ///
    /// # Errors
    /// What [`check_members`] finds.
    pub(super) fn new(members: &[&'a Predictions]) -> Result<Self> {
        check_members(members)?;
        let labels = &members[0].labels[..];
        let classes = members[0].probabilities.ncols();
        let table = |m: &&Predictions| {
            let mut table = vec![0.0; labels.len().div_ceil(BLOCK) * BLOCK * classes];
            let rows = m.probabilities.axis_chunks_iter(Axis(0), BLOCK);
            for (block, rows) in table.chunks_exact_mut(BLOCK * classes).zip(rows) {
                for (to, from) in block.chunks_exact_mut(BLOCK).zip(rows.columns()) {
                    to.iter_mut().zip(from).for_each(|(to, &p)| *to = p);
                }
            }
            table
        };
        let of_truth = |m: &&Predictions| {
            labels.iter().zip(m.probabilities.outer_iter()).map(|(&l, row)| f64::from(row[usize::from(l)])).collect()
        };
        let tables = members.par_iter().map(table).collect();
        Ok(Self { labels, classes, tables, of_truth: members.par_iter().map(of_truth).collect() })
    }

    /// Number of members.
    pub(super) fn members(&self) -> usize {
        self.tables.len()
    }

    /// The sum of no member yet: zeros, laid out as a member is.
    pub(super) fn nothing(&self) -> Vec<f64> {
        vec![0.0; self.tables[0].len()]
    }

    /// Adds a member to a sum, so often.
    pub(super) fn add(&self, sum: &mut [f64], member: usize, times: u32) {
        sum.iter_mut().zip(&self.tables[member]).for_each(|(sum, &p)| *sum += f64::from(times) * f64::from(p));
    }

    /// Rows right of a sum to which a member is added so often, divided by the `total` of additions.
    ///
    /// Decides as [`Predictions::predicted`] does: in f32, of equals the first class.
    pub(super) fn correct(&self, sum: &[f64], (member, times): (usize, u32), total: u32) -> usize {
        let (times, share) = (f64::from(times), 1.0 / f64::from(total));
        let (sums, tables) = (sum.as_chunks::<BLOCK>().0, self.tables[member].as_chunks::<BLOCK>().0);
        let blocks = sums.chunks_exact(self.classes).zip(tables.chunks_exact(self.classes));
        let mut correct = 0;
        for (labels, (sums, tables)) in self.labels.chunks(BLOCK).zip(blocks) {
            let (mut most, mut guess) = ([f32::NEG_INFINITY; BLOCK], [0u32; BLOCK]);
            for (class, (sum, table)) in sums.iter().zip(tables).enumerate() {
                // Two plain loops, each of which the compiler makes vector instructions of.
                let mut means = [0.0f32; BLOCK];
                for (mean, (sum, &p)) in means.iter_mut().zip(sum.iter().zip(table)) {
                    *mean = ((sum + times * f64::from(p)) * share) as f32;
                }
                for ((guess, most), mean) in guess.iter_mut().zip(&mut most).zip(means) {
                    *guess = if mean > *most { class as u32 } else { *guess };
                    *most = most.max(mean);
                }
            }
            correct += labels.iter().zip(&guess).filter(|&(&label, &guess)| u32::from(label) == guess).count();
        }
        correct
    }

    /// Summed log loss of a weighted mean, clipped as [`crate::evaluation::Metrics::log_loss`] is.
    fn log_loss(&self, times: &[u32]) -> f64 {
        let epsilon = f64::from(f32::EPSILON);
        let mut sum = vec![0.0; self.labels.len()];
        for (of_truth, &times) in self.of_truth.iter().zip(times).filter(|(_, times)| **times > 0) {
            sum.iter_mut().zip(of_truth).for_each(|(sum, &p)| *sum += f64::from(times) * p);
        }
        let total = f64::from(times.iter().sum::<u32>());
        sum.iter().map(|p| -(p / total).clamp(epsilon, 1.0 - epsilon).ln()).sum()
    }

    /// The place of the candidate with the most rows right among those that count; of equals that of the lowest log loss,
    /// then the first. `None` when none counts.
    pub(super) fn best(&self, candidates: &[Candidate], counts: impl Fn(&Candidate) -> bool) -> Option<usize> {
        let counting = || candidates.iter().enumerate().filter(|(_, c)| counts(c));
        let most = counting().map(|(_, c)| c.correct).max()?;
        let tied: Vec<usize> = counting().filter(|(_, c)| c.correct == most).map(|(i, _)| i).collect();
        let losses: Vec<f64> = tied.par_iter().map(|&i| self.log_loss(&candidates[i].times)).collect();
        let lowest = (0..tied.len()).reduce(|best, i| if losses[i] < losses[best] { i } else { best })?;
        Some(tied[lowest])
    }
}
