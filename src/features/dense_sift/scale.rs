//! Dense SIFT at one bin size, on pictures of one size.
//!
//! Every gradient is spread over eight orientations that lie together in memory, one vector register. A row of pixels
//! is gathered into the columns of spatial bins that any descriptor uses, and that short row into the rows of bins:
//! descriptors that overlap share this work, and none of it leaves the first-level cache.

use crate::features::DESCRIPTOR_LENGTH;
use crate::recipe::Window;

use super::BINS;
use super::gradient::{Lanes, ORIENTATIONS, row_gradients, spread};
use super::smoothing::{kernel, smooth};
use super::window::{Taps, gaussian_means, taps};

/// No number of a normalised descriptor may be larger, before it is normalised again (Lowe 2004).
pub(in crate::features) const CLIP: f32 = 0.2;
/// Descriptors shorter than this, grey values from 0 to 255, come from rounding: the region is flat.
pub(in crate::features) const FLAT: f32 = 1e-3;

/// The bins along one side of the picture.
struct Side {
    /// Windows of the places that a bin of any descriptor lies at, without repetition.
    places: Vec<Taps>,
    /// Which four of the places each descriptor along this side uses.
    descriptors: Vec<[usize; BINS]>,
}

impl Side {
    fn new(window: Window, size: usize, starts: &[usize], length: usize) -> Self {
        let mut centres: Vec<usize> =
            starts.iter().flat_map(|start| (0..BINS).map(move |b| start + b * size)).collect();
        centres.sort_unstable();
        centres.dedup();
        let place = |centre: usize| centres.partition_point(|&c| c < centre);
        Self {
            descriptors: starts.iter().map(|start| std::array::from_fn(|b| place(start + b * size))).collect(),
            places: centres.iter().map(|&centre| taps(window, size, centre, length)).collect(),
        }
    }
}

/// Computes the descriptors of one bin size.
pub(super) struct Scale {
    width: usize,
    size: usize,
    kernel: Vec<f32>,
    columns: Side,
    rows: Side,
    /// For each row of pixels the rows of bins that it counts for, and how much.
    rows_of_bins: Vec<Vec<(usize, f32)>>,
    /// How much each of the 4 x 4 bins counts.
    weights: [f32; BINS * BINS],
    work: Work,
}

/// Memory that is written anew for every picture.
struct Work {
    between: Vec<f32>,
    smooth: Vec<f32>,
    magnitude: Vec<f32>,
    angle: Vec<f32>,
    pixels: Vec<Lanes>,
    gathered: Vec<Lanes>,
    bins: Vec<Lanes>,
}

impl Scale {
    /// `starts` are the rows and the columns of pixels that the first bins of descriptors are centred on.
    pub(super) fn new(
        [height, width]: [usize; 2],
        size: usize,
        window: Window,
        starts: [&[usize]; 2],
        deviation: f64,
    ) -> Self {
        let rows = Side::new(window, size, starts[0], height);
        let columns = Side::new(window, size, starts[1], width);
        let mut rows_of_bins = vec![Vec::new(); height];
        for (row, taps) in rows.places.iter().enumerate() {
            for (i, &weight) in taps.weights.iter().enumerate() {
                rows_of_bins[taps.first + i].push((row, weight));
            }
        }
        let mean = gaussian_means(size);
        let zero = [0.0; ORIENTATIONS];
        let work = Work {
            between: vec![0.0; height * width],
            smooth: vec![0.0; height * width],
            magnitude: vec![0.0; width],
            angle: vec![0.0; width],
            pixels: vec![zero; width],
            gathered: vec![zero; columns.places.len()],
            bins: vec![zero; columns.places.len() * rows.places.len()],
        };
        let weights = std::array::from_fn(|i| mean[i / BINS] * mean[i % BINS]);
        Self { width, size, kernel: kernel(deviation), columns, rows, rows_of_bins, weights, work }
    }

    /// Number of descriptors.
    pub(super) fn len(&self) -> usize {
        self.columns.descriptors.len() * self.rows.descriptors.len()
    }

    /// Writes descriptors and their norms, row by row, from left to right; `picture` holds grey values 0 to 255.
    #[inline(always)]
    pub(super) fn describe(
        &mut self,
        picture: &[f32],
        threshold: f32,
        descriptors: &mut [[f32; DESCRIPTOR_LENGTH]],
        norms: &mut [f32],
    ) {
        let work = &mut self.work;
        let smoothed = match self.kernel.len() {
            1 => picture,
            _ => {
                smooth(&self.kernel, self.width, picture, &mut work.between, &mut work.smooth);
                &work.smooth
            }
        };
        let height = self.rows_of_bins.len();
        let columns = self.columns.places.len();
        let line = |y: usize| &smoothed[y * self.width..][..self.width];
        work.bins.fill([0.0; ORIENTATIONS]);
        for (y, rows_of_bins) in self.rows_of_bins.iter().enumerate().filter(|(_, rows)| !rows.is_empty()) {
            let (above, below) = (y.saturating_sub(1), (y + 1).min(height - 1));
            let apart = if below - above == 2 { 0.5 } else { 1.0 };
            row_gradients([line(above), line(y), line(below)], apart, &mut work.magnitude, &mut work.angle);
            spread(&work.magnitude, &work.angle, &mut work.pixels);
            for (sum, taps) in work.gathered.iter_mut().zip(&self.columns.places) {
                *sum = [0.0; ORIENTATIONS];
                for (&weight, pixel) in taps.weights.iter().zip(&work.pixels[taps.first..]) {
                    add(sum, weight, pixel);
                }
            }
            for &(row, weight) in rows_of_bins {
                for (bin, sum) in work.bins[row * columns..][..columns].iter_mut().zip(&work.gathered) {
                    add(bin, weight, sum);
                }
            }
        }
        self.assemble(threshold, descriptors, norms);
    }

    #[inline(always)]
    fn assemble(&self, threshold: f32, descriptors: &mut [[f32; DESCRIPTOR_LENGTH]], norms: &mut [f32]) {
        let columns = self.columns.places.len();
        let to_norm = to_norm(self.size);
        let places = self.rows.descriptors.iter().flat_map(|r| self.columns.descriptors.iter().map(move |c| (r, c)));
        for ((at_rows, at_columns), (descriptor, norm)) in places.zip(descriptors.iter_mut().zip(norms)) {
            let (bins, _) = descriptor.as_chunks_mut::<ORIENTATIONS>();
            let mut mass = [0.0; ORIENTATIONS];
            for (i, bin) in bins.iter_mut().enumerate() {
                *bin = [0.0; ORIENTATIONS];
                add(bin, self.weights[i], &self.work.bins[at_rows[i / BINS] * columns + at_columns[i % BINS]]);
                add(&mut mass, 1.0, bin);
            }
            *norm = mass.iter().sum::<f32>() * to_norm;
            if *norm < threshold {
                bins.fill([0.0; ORIENTATIONS]);
            } else {
                normalise(bins);
            }
        }
    }
}

/// Brings the sum of a descriptor of grey values from 0 to 255 to the mean gradient under it, from 0 to 1 for a pixel.
pub(super) fn to_norm(size: usize) -> f32 {
    let side = ((BINS - 1) * size + 1) as f32;
    1.0 / (255.0 * side * side)
}

#[inline(always)]
fn add(sums: &mut Lanes, weight: f32, values: &Lanes) {
    for (sum, value) in sums.iter_mut().zip(values) {
        *sum += weight * value;
    }
}

/// To unit length, cut at 0.2, to unit length again; a flat region becomes zeros.
#[inline(always)]
fn normalise(bins: &mut [Lanes]) {
    let length = length(bins);
    if length < FLAT {
        bins.fill([0.0; ORIENTATIONS]);
        return;
    }
    let scale = 1.0 / length;
    for value in bins.as_flattened_mut() {
        let scaled = scale * *value;
        *value = if scaled < CLIP { scaled } else { CLIP };
    }
    let again = 1.0 / self::length(bins);
    bins.as_flattened_mut().iter_mut().for_each(|value| *value *= again);
}

#[inline(always)]
fn length(bins: &[Lanes]) -> f32 {
    let mut squares = [0.0f32; ORIENTATIONS];
    for bin in bins {
        for (sum, value) in squares.iter_mut().zip(bin) {
            *sum += value * value;
        }
    }
    squares.iter().sum::<f32>().sqrt()
}
