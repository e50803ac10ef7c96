//! Dense layers.

use pulp::{Simd, WithSimd};

use super::maps::{GROUP, filled_up};
use super::patches::add_bias;
use super::product::{Panels, multiply, multiply_row};

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

    /// Rows that come out, one behind the other, each filled up to a group; on several threads if asked for.
    pub(super) fn run(&self, rows: usize, values: &[f32], threads: usize) -> Vec<f32> {
        let mut out = vec![0.0; rows * self.bias.len()];
        let panels = self.weights.len();
        if rows == 1 && threads > 1 && panels > 1 {
            let each = panels.div_ceil(threads);
            rayon::scope(|scope| {
                for (i, out) in out.chunks_mut(each * GROUP).enumerate() {
                    scope.spawn(move |_| self.part(rows, values, i * each, out, out.len() / GROUP));
                }
            });
        } else {
            self.part(rows, values, 0, &mut out, panels);
        }
        out
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
        if rows == 1 {
            multiply_row(simd, values, &dense.weights, first..first + panels, out);
        } else {
            for panel in 0..panels {
                multiply(simd, rows, values, dense.weights.panel(first + panel), &mut out[panel * GROUP..], stride);
            }
        }
        add_bias(simd, out, &dense.bias[first * GROUP..][..stride], dense.relu);
    }
}
