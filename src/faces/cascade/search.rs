//! Slides the window of a cascade over the copies of a picture.

use std::ops::Range;

use rayon::prelude::*;

use super::laid::Laid;
use super::scales::Scale;
use super::shrink::shrink;
use super::sums::{Grid, Sums};
use super::tile::{Hit, Tile};
use super::{Cascade, FoundFace};
use crate::faces::FaceBox;

/// Rows of windows that are searched at a time: their sums stay in the cache.
const BAND: usize = 64;

/// The windows that all stages let pass, in no order.
pub(super) fn search(cascade: &Cascade, picture: &[u8], size: [usize; 2], scales: &[Scale]) -> Vec<FoundFace> {
    let places = |scale: &Scale| [0, 1].map(|i| (scale.size[i] + 1).saturating_sub(cascade.window[i]));
    let stripes = scales.first().map_or(0, |s| places(s)[0].div_ceil(STRIPE));
    let of_step = |step: usize| {
        let scales: Vec<&Scale> = scales.iter().filter(|s| s.step == step).collect();
        let widest = scales.iter().map(|s| places(s)[0].div_ceil(step)).max().unwrap_or_default();
        // Memory is laid out for the widest copy: all of them share the places of the corners.
        let grid = Grid::new(step, widest, cascade.window);
        let laid = Laid::new(cascade, grid);
        let in_copy = |scale: &Scale| {
            let [columns, rows] = places(scale);
            let rows = rows.min(reached(rows, step, stripes)).div_ceil(step);
            let (pixels, columns) = (shrink(picture, size, scale.size), columns.div_ceil(step));
            let copy = Copied { scale, pixels, window: cascade.window, columns, grid, laid: &laid };
            let bands: Vec<usize> = (0..rows).step_by(BAND).collect();
            let band = |sums: &mut Sums, first: usize| copy.search(sums, first..rows.min(first + BAND));
            bands.into_par_iter().map_init(Sums::default, band).flatten_iter().collect::<Vec<_>>()
        };
        scales.into_par_iter().flat_map_iter(in_copy).collect::<Vec<_>>()
    };
    let (mut found, smaller) = rayon::join(|| of_step(2), || of_step(1));
    found.extend(smaller);
    found
}

/// Columns of windows to a stripe of OpenCV's.
const STRIPE: usize = 32;

/// The first row beyond those that OpenCV searches: it deals whole steps out to stripes, and where these come out even the
/// rest of a step is left over.
fn reached(rows: usize, step: usize, stripes: usize) -> usize {
    (rows / step).div_ceil(stripes.max(1)).max(1) * step * stripes
}

/// A copy of the picture.
struct Copied<'a> {
    scale: &'a Scale,
    pixels: Vec<u8>,
    /// Width and height of a window.
    window: [usize; 2],
    /// Windows beside each other.
    columns: usize,
    grid: Grid,
    laid: &'a Laid,
}

impl Copied<'_> {
    /// Of some rows of windows those that all stages let pass.
    fn search(&self, sums: &mut Sums, rows: Range<usize>) -> Vec<FoundFace> {
        let (step, width) = (self.scale.step, self.scale.size[0]);
        let [top, bottom] = [rows.start * step, (rows.end - 1) * step + self.window[1]];
        let (mut found, mut skip) = (Vec::new(), vec![false; rows.len()]);
        for first in (0..self.columns).step_by(self.grid.windows) {
            let columns = self.grid.windows.min(self.columns - first);
            let [left, right] = [first * step, (first + columns - 1) * step + self.window[0]];
            let piece = self.pixels[top * width..bottom * width].chunks_exact(width).map(|row| &row[left..right]);
            sums.of(piece, self.grid);
            let hits = Tile { laid: self.laid, grid: self.grid, sums, columns, skip: &mut skip }.search();
            found.extend(hits.into_iter().map(|hit| self.in_picture(hit, [left, top])));
        }
        found
    }

    /// The window in the picture itself.
    fn in_picture(&self, hit: Hit, [left, top]: [usize; 2]) -> FoundFace {
        let place = |at: usize| (at as f32 * self.scale.factor).round_ties_even() as i32;
        let [width, height] = self.scale.window;
        let [x, y] = [left + hit.column * self.scale.step, top + hit.row * self.scale.step].map(place);
        FoundFace { face: FaceBox { x, y, width, height }, score: hit.votes }
    }
}
