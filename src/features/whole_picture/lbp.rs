//! Histograms of uniform local binary patterns (Ojala et al. 2002; for faces Ahonen et al. 2006).

use ndarray::ArrayView2;

use crate::error::{Error, Result};
use crate::recipe::LbpRecipe;

/// Neighbours on the circle around a pixel.
const NEIGHBOURS: usize = 8;
/// 58 patterns with at most two changes from 0 to 1 or back around the circle, and one for all others.
const BINS: usize = 59;

pub(super) struct Lbp {
    cell: usize,
    /// Cells along both sides.
    cells: [usize; 2],
    /// Pixels nearer to the border have no full circle.
    margin: usize,
    /// Rows and columns from a pixel to its neighbours, counterclockwise from the right.
    offsets: [[f64; 2]; NEIGHBOURS],
    /// The bin of each pattern.
    bins: Vec<u8>,
}

impl Lbp {
    pub(super) fn new(recipe: &LbpRecipe, height: usize, width: usize) -> Result<Self> {
        let cells = [height, width].map(|side| side / recipe.cell);
        let margin = recipe.radius.ceil() as usize;
        if cells.contains(&0) || height.min(width) <= 2 * margin {
            let needed = recipe.cell.max(2 * margin + 1);
            let expected = format!("at least {needed} x {needed}, one cell and one circle");
            return Err(Error::invalid("picture size", format!("{height} x {width}"), expected));
        }
        let offsets = std::array::from_fn(|i| {
            let (sin, cos) = (std::f64::consts::TAU * i as f64 / NEIGHBOURS as f64).sin_cos();
            // Rounded, so that a neighbour straight up lies on its pixel and not a hair beside it.
            [-sin, cos].map(|v| (recipe.radius * v * 1e5).round() / 1e5)
        });
        Ok(Self { cell: recipe.cell, cells, margin, offsets, bins: uniform_bins() })
    }

    pub(super) fn dimensions(&self) -> usize {
        self.cells[0] * self.cells[1] * BINS
    }

    /// Cell after cell the shares of the patterns; zeros for a cell without a full circle in it.
    pub(super) fn describe(&self, image: ArrayView2<'_, u8>, vector: &mut [f32]) {
        vector.fill(0.0);
        let (height, width) = image.dim();
        for y in self.margin..(height - self.margin).min(self.cells[0] * self.cell) {
            for x in self.margin..(width - self.margin).min(self.cells[1] * self.cell) {
                let cell = y / self.cell * self.cells[1] + x / self.cell;
                vector[cell * BINS + usize::from(self.bins[self.pattern(image, y, x)])] += 1.0;
            }
        }
        for cell in vector.chunks_exact_mut(BINS) {
            let pixels: f32 = cell.iter().sum();
            if pixels > 0.0 {
                cell.iter_mut().for_each(|v| *v /= pixels);
            }
        }
    }

    /// A bit for each neighbour that is at least as bright as the pixel.
    fn pattern(&self, image: ArrayView2<'_, u8>, y: usize, x: usize) -> usize {
        let centre = f64::from(image[[y, x]]);
        let bit = |(i, [down, along]): (usize, &[f64; 2])| {
            let brighter = sample(image, y as f64 + down, x as f64 + along) >= centre;
            usize::from(brighter) << i
        };
        self.offsets.iter().enumerate().map(bit).sum()
    }
}

/// The grey value between four pixels, bilinear.
fn sample(image: ArrayView2<'_, u8>, y: f64, x: f64) -> f64 {
    let (top, left, bottom, right) = (y.floor(), x.floor(), y.ceil(), x.ceil());
    let value = |y: f64, x: f64| f64::from(image[[y as usize, x as usize]]);
    let (down, along) = (y - top, x - left);
    let between = |row: f64| (1.0 - along) * value(row, left) + along * value(row, right);
    (1.0 - down) * between(top) + down * between(bottom)
}

fn uniform_bins() -> Vec<u8> {
    let mut next = 0;
    let bin = |pattern: u8| {
        if (pattern ^ pattern.rotate_left(1)).count_ones() > 2 {
            return (BINS - 1) as u8;
        }
        next += 1;
        next - 1
    };
    (0..=u8::MAX).map(bin).collect()
}
