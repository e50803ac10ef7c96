//! Dual coordinate descent for linear machines with the squared hinge loss (Hsieh et al. 2008, algorithm 3).
//!
//! All classes go over the rows together, so that a row is read from memory once for all of them; each has its own
//! dual variables and its own set of rows that can still change.

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use super::points::{Point, Points};

/// A class against the rest.
#[derive(Clone, Debug)]
pub(super) struct Machine {
    pub weights: Vec<f32>,
    pub bias: f32,
    /// Passes it took; `None` when they did not suffice.
    pub passes: Option<usize>,
    class: u8,
    alpha: Vec<f32>,
    active: Vec<bool>,
    /// Number of active rows.
    left: usize,
    /// Projected gradients of the last pass: rows at 0 beyond the largest will not leave it soon.
    largest_before: f32,
    largest: f32,
    smallest: f32,
}

impl Machine {
    fn new(class: u8, rows: usize, width: usize) -> Self {
        Self {
            weights: vec![0.0; width],
            bias: 0.0,
            passes: None,
            class,
            alpha: vec![0.0; rows],
            active: vec![true; rows],
            left: rows,
            largest_before: f32::INFINITY,
            largest: f32::NEG_INFINITY,
            smallest: f32::INFINITY,
        }
    }

    /// One step along the dual variable of a row.
    #[inline(always)]
    fn visit(&mut self, row: usize, label: u8, point: Point<'_>, squared_norm: f32, softness: f32) {
        let sign = if label == self.class { 1.0 } else { -1.0 };
        let alpha = self.alpha[row];
        let gradient = sign * (point.dot(&self.weights) + self.bias) - 1.0 + softness * alpha;
        if alpha == 0.0 && gradient > self.largest_before {
            self.active[row] = false;
            self.left -= 1;
            return;
        }
        let projected = if alpha == 0.0 { gradient.min(0.0) } else { gradient };
        self.largest = self.largest.max(projected);
        self.smallest = self.smallest.min(projected);
        if projected != 0.0 {
            // The bias is the weight of a number that is 1 in every row.
            let next = (alpha - gradient / (squared_norm + 1.0 + softness)).max(0.0);
            let step = sign * (next - alpha);
            self.alpha[row] = next;
            point.add_to(&mut self.weights, step);
            self.bias += step;
        }
    }

    /// After a pass: whether it is done, or goes on with fewer rows or all of them.
    fn rest(&mut self, pass: usize, eps: f32) {
        let settled = self.largest - self.smallest <= eps;
        if settled && self.left == self.active.len() {
            self.passes = Some(pass);
        } else if settled {
            self.active.fill(true);
            self.left = self.active.len();
            self.largest_before = f32::INFINITY;
        } else {
            self.largest_before = if self.largest > 0.0 { self.largest } else { f32::INFINITY };
        }
        (self.largest, self.smallest) = (f32::NEG_INFINITY, f32::INFINITY);
    }
}

/// What to fit.
pub(super) struct Problem<'a> {
    pub points: &'a Points<'a>,
    pub squared_norms: &'a [f32],
    pub labels: &'a [u8],
    pub width: usize,
    pub c: f64,
    pub eps: f64,
    pub passes: usize,
    pub seed: u64,
}

impl Problem<'_> {
    /// A machine for each of these classes; each is the same whichever others are fitted with it. `None` when
    /// `stop` said so after a pass.
    pub(super) fn fit(&self, classes: &[u8], stop: &(dyn Fn() -> bool + Sync)) -> Option<Vec<Machine>> {
        let n = self.labels.len();
        let mut machines: Vec<Machine> = classes.iter().map(|&c| Machine::new(c, n, self.width)).collect();
        let mut order: Vec<u32> = (0..n as u32).collect();
        let mut random = ChaCha8Rng::seed_from_u64(self.seed);
        let instructions = pulp::Arch::new();
        for pass in 1..=self.passes {
            order.shuffle(&mut random);
            instructions.dispatch(Pass { problem: self, order: &order, machines: &mut machines });
            machines.iter_mut().filter(|m| m.passes.is_none()).for_each(|m| m.rest(pass, self.eps as f32));
            if machines.iter().all(|m| m.passes.is_some()) {
                break;
            }
            if stop() {
                return None;
            }
        }
        Some(machines)
    }
}

struct Pass<'a, 'b> {
    problem: &'a Problem<'b>,
    order: &'a [u32],
    machines: &'a mut [Machine],
}

impl pulp::NullaryFnOnce for Pass<'_, '_> {
    type Output = ();
    #[inline(always)]
    fn call(self) {
        let Problem { points, squared_norms, labels, .. } = *self.problem;
        let softness = (0.5 / self.problem.c) as f32;
        for &row in self.order {
            let row = row as usize;
            let point = points.row(row);
            for machine in self.machines.iter_mut() {
                if machine.passes.is_none() && machine.active[row] {
                    machine.visit(row, labels[row], point, squared_norms[row], softness);
                }
            }
        }
    }
}
