//! Histograms of oriented gradients (Dalal and Triggs 2005), as scikit-image computes them.

use ndarray::ArrayView2;

use crate::error::{Error, Result};
use crate::recipe::HogRecipe;

/// No number of a normalised block may be larger, before it is normalised again (L2-Hys).
const CLIP: f64 = 0.2;
/// Keeps a block without gradients from being divided by 0.
const EPSILON: f64 = 1e-5;

pub(super) struct Hog {
    cell: usize,
    block: usize,
    orientations: usize,
    /// Cells along both sides.
    cells: [usize; 2],
}

impl Hog {
    pub(super) fn new(recipe: &HogRecipe, height: usize, width: usize) -> Result<Self> {
        let cells = [height, width].map(|side| side / recipe.cell);
        if cells.iter().any(|&n| n < recipe.block) {
            let needed = recipe.block * recipe.cell;
            let expected = format!("at least {needed} x {needed}, one block");
            return Err(Error::invalid("picture size", format!("{height} x {width}"), expected));
        }
        Ok(Self { cell: recipe.cell, block: recipe.block, orientations: recipe.orientations, cells })
    }

    pub(super) fn dimensions(&self) -> usize {
        let [rows, columns] = self.cells.map(|n| n - self.block + 1);
        rows * columns * self.block * self.block * self.orientations
    }

    /// Block after block, in it cell after cell, in it orientation after orientation.
    pub(super) fn describe(&self, image: ArrayView2<'_, u8>, vector: &mut [f32]) {
        let histograms = self.histograms(image);
        let (n, columns) = (self.orientations, self.cells[1]);
        let [down, along] = self.cells.map(|n| n - self.block + 1);
        let blocks = (0..down).flat_map(|y| (0..along).map(move |x| (y, x)));
        let mut block = Vec::with_capacity(self.block * self.block * n);
        for ((y, x), out) in blocks.zip(vector.chunks_exact_mut(self.block * self.block * n)) {
            block.clear();
            for row in y..y + self.block {
                block.extend_from_slice(&histograms[(row * columns + x) * n..][..self.block * n]);
            }
            to_unit_length(&mut block);
            block.iter_mut().for_each(|v| *v = v.min(CLIP));
            to_unit_length(&mut block);
            out.iter_mut().zip(&block).for_each(|(to, from)| *to = *from as f32);
        }
    }

    /// The mean gradient of each cell's pixels, by orientation.
    fn histograms(&self, image: ArrayView2<'_, u8>) -> Vec<f64> {
        let (height, width) = image.dim();
        let mut histograms = vec![0.0; self.cells[0] * self.cells[1] * self.orientations];
        let value = |y: usize, x: usize| f64::from(image[[y, x]]);
        let scale = 1.0 / (self.cell * self.cell) as f64;
        for y in 0..self.cells[0] * self.cell {
            for x in 0..self.cells[1] * self.cell {
                // There is no gradient across the border.
                let down = if y > 0 && y + 1 < height { value(y + 1, x) - value(y - 1, x) } else { 0.0 };
                let along = if x > 0 && x + 1 < width { value(y, x + 1) - value(y, x - 1) } else { 0.0 };
                let degrees = down.atan2(along).to_degrees().rem_euclid(180.0);
                let bin = ((degrees * self.orientations as f64 / 180.0) as usize).min(self.orientations - 1);
                let cell = y / self.cell * self.cells[1] + x / self.cell;
                histograms[cell * self.orientations + bin] += scale * down.hypot(along);
            }
        }
        histograms
    }
}

fn to_unit_length(block: &mut [f64]) {
    let length = (block.iter().map(|v| v * v).sum::<f64>() + EPSILON * EPSILON).sqrt();
    block.iter_mut().for_each(|v| *v /= length);
}
