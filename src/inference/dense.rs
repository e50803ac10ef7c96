//! Dense layers.

use pulp::{Simd, WithSimd};
use rayon::prelude::*;

use super::maps::{GROUP, filled_up, side_by_side};
use super::patches::add_bias;
use super::product::{Panels, multiply_rows};

/// Weights that a cache keeps.
const CACHED: usize = 1 << 20;

/// A dense layer, with the ReLU behind it or without.
#[derive(Clone, Debug)]
pub(super) struct Dense {
    weights: Panels,
    bias: Vec<f32>,
    relu: bool,
}

impl Dense {
    /// `weight(output, input)` of the inputs of `columns`, in their order; none where nothing comes in but zeros.
    pub(super) fn new(
        columns: &[Option<usize>],
        outputs: usize,
        weight: impl Fn(usize, usize) -> f32,
        bias: &[f32],
        relu: bool,
    ) -> Self {
        let weights =
            Panels::new(columns.len(), outputs, |i, output| columns[i].map_or(0.0, |input| weight(output, input)));
        let bias = filled_up(bias.iter().copied());
        Self { weights, bias, relu }
    }

    /// Whether its weights are brought from memory each time.
    pub(super) fn is_heavy(&self) -> bool {
        self.weights.len() * self.weights.k * GROUP > CACHED
    }

    /// Rows that come out, one behind the other, each filled up to a group; on several threads if asked for.
    pub(super) fn run(&self, rows: usize, values: &[f32], threads: usize) -> Vec<f32> {
        let mut out = vec![0.0; rows * self.bias.len()];
        let panels = self.weights.len();
        if threads > 1 && panels > 1 && (rows == 1 || self.is_heavy()) {
            self.shared(rows, values, panels.div_ceil(threads), &mut out);
        } else {
            self.part(rows, values, 0, &mut out, panels);
        }
        out
    }

    /// With so many panels for each thread.
    fn shared(&self, rows: usize, values: &[f32], each: usize, out: &mut [f32]) {
        let all = self.weights.len();
        let parts: Vec<Vec<f32>> = (0..all.div_ceil(each))
            .into_par_iter()
            .map(|i| {
                let panels = each.min(all - i * each);
                let mut part = vec![0.0; rows * panels * GROUP];
                self.part(rows, values, i * each, &mut part, panels);
                part
            })
            .collect();
        side_by_side(&parts, each, all * GROUP, out);
    }

    fn part(&self, rows: usize, values: &[f32], first: usize, out: &mut [f32], panels: usize) {
        pulp::Arch::new().dispatch(Run { dense: self, rows, values, first, out, panels });
    }
}

struct Run<'a> {
    dense: &'a Dense,
    rows: usize,
    values: &'a [f32],
    first: usize,
    out: &'a mut [f32],
    panels: usize,
}

impl WithSimd for Run<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { dense, rows, values, first, out, panels } = self;
        let stride = panels * GROUP;
        multiply_rows(simd, rows, values, &dense.weights, first..first + panels, out);
        add_bias(simd, out, &dense.bias[first * GROUP..][..stride], dense.relu);
    }
}
