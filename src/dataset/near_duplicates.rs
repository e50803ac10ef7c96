//! Nearly identical pictures: another crop, light or compression of a photograph that is also a training picture.

use ndarray::{Array2, ArrayView2, Axis};
use rayon::prelude::*;

use super::{Dataset, Split, identical_to_training};
use crate::error::Result;
use crate::matrix::product;

/// Two pictures whose normalised cross-correlation is larger count as near duplicates.
pub const NEAR_DUPLICATE: f32 = 0.95;

/// Larger pictures are brought to this side first, by the means of blocks: near duplicates differ in no fine detail.
const SIDE: usize = 48;
/// Pictures whose correlations with a tile of training pictures are formed at once.
const BLOCK: usize = 128;
/// Training pictures in a tile.
const TILE: usize = 1024;

/// For each row outside the training split, whether a training row has the same picture or nearly the same
/// ([`NEAR_DUPLICATE`]); false for training rows.
///
/// The correlation is taken over pixels less their mean; pictures of one constant value have none, and count only when
/// they are identical.
///
/// # Errors
/// [`crate::Error::Invalid`] when the pictures do not fit together, which a dataset's do.
pub fn near_training(dataset: &Dataset) -> Result<Vec<bool>> {
    let mut near = identical_to_training(dataset);
    let training = dataset.rows(Split::Train);
    let others = [dataset.rows(Split::Validation), dataset.rows(Split::Test)].concat();
    training.iter().for_each(|&row| near[row] = false);
    if training.is_empty() {
        return Ok(near);
    }
    let pictures = standardised(dataset, &training);
    let found: Vec<Vec<bool>> = others
        .par_chunks(BLOCK)
        .map(|block| {
            let queries = standardised(dataset, block);
            let mut found = vec![false; block.len()];
            let mut correlations = Array2::zeros((block.len(), TILE));
            for tile in pictures.axis_chunks_iter(Axis(0), TILE) {
                let mut correlations = correlations.slice_mut(ndarray::s![.., ..tile.nrows()]);
                product(queries.view(), tile.t(), correlations.view_mut())?;
                for (found, row) in found.iter_mut().zip(correlations.outer_iter()) {
                    *found |= row.iter().any(|&c| c > NEAR_DUPLICATE);
                }
            }
            Ok(found)
        })
        .collect::<Result<_>>()?;
    for (row, found) in others.into_iter().zip(found.into_iter().flatten()) {
        near[row] |= found;
    }
    Ok(near)
}

/// The pixels of some rows less their mean, as vectors of length 1; zeros for a constant picture.
fn standardised(dataset: &Dataset, rows: &[usize]) -> Array2<f32> {
    let (height, width) = (dataset.info.height.min(SIDE), dataset.info.width.min(SIDE));
    let mut out = Array2::zeros((rows.len(), height * width));
    out.axis_iter_mut(Axis(0)).into_par_iter().zip(rows).for_each(|(mut vector, &row)| {
        let image = dataset.images.index_axis(Axis(0), row);
        for (i, value) in vector.iter_mut().enumerate() {
            *value = block_mean(image, [i / width, i % width], [height, width]);
        }
        let mean = vector.mean().unwrap_or(0.0);
        vector -= mean;
        let length = vector.dot(&vector).sqrt();
        // Rounding of the mean alone leaves far less than one grey value in one pixel.
        if length > 0.5 {
            vector /= length;
        } else {
            vector.fill(0.0);
        }
    });
    out
}

/// The mean of the pixels that one of `height` x `width` pixels of a smaller picture stands for.
fn block_mean(image: ArrayView2<'_, u8>, [y, x]: [usize; 2], [height, width]: [usize; 2]) -> f32 {
    let ends = |i: usize, small: usize, large: usize| (i * large / small, (i + 1) * large / small);
    let (top, bottom) = ends(y, height, image.nrows());
    let (left, right) = ends(x, width, image.ncols());
    let pixels = image.slice(ndarray::s![top..bottom, left..right]);
    pixels.iter().map(|&p| f32::from(p)).sum::<f32>() / pixels.len().max(1) as f32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::fixture::dataset;

    /// A picture of waves, one for each salt, with its light changed.
    fn paint(data: &mut Dataset, row: usize, salt: usize, gain: f32, offset: f32, noise: usize) {
        let side = data.info.height.max(2) as f32;
        for ((y, x), value) in data.images.index_axis_mut(Axis(0), row).indexed_iter_mut() {
            let wave = ((y * (salt + 1)) as f32 / side * 5.0).sin() + ((x * (salt + 2)) as f32 / side * 4.0).cos();
            let grain = ((x * 7 + y * 13) % 5 * noise) as f32;
            *value = (128.0 + 40.0 * gain * wave + offset + grain) as u8;
        }
    }

    #[test]
    fn other_light_is_found_and_other_pictures_are_not() {
        let (t, v, e) = (Split::Train, Split::Validation, Split::Test);
        let mut data = dataset(&[(1, 0, t), (2, 0, t), (3, 0, v), (4, 0, e), (5, 0, e), (6, 0, t), (7, 0, e)]);
        for (row, salt, gain, offset, noise) in
            [(0, 0, 1.0, 0.0, 0), (1, 3, 1.0, 0.0, 0), (2, 0, 0.6, 30.0, 0), (3, 6, 1.0, 0.0, 0), (4, 3, 0.9, 0.0, 2)]
        {
            paint(&mut data, row, salt, gain, offset, noise);
        }
        // Constant pictures: 6 is as dark as the training row 5, and identical to it.
        data.images.index_axis_mut(Axis(0), 5).fill(90);
        data.images.index_axis_mut(Axis(0), 6).fill(90);
        assert_eq!(near_training(&data).unwrap(), [false, false, true, false, true, false, true]);
        data.images.index_axis_mut(Axis(0), 6).fill(91);
        assert!(!near_training(&data).unwrap()[6]);
        data.splits.fill(Split::Test);
        assert_eq!(near_training(&data).unwrap(), [false; 7]);
    }

    #[test]
    fn large_pictures_are_compared_by_the_means_of_blocks() {
        let image = Array2::from_shape_fn((4, 6), |(y, x)| (10 * y + x) as u8);
        assert_eq!(block_mean(image.view(), [0, 0], [2, 3]), 5.5);
        assert_eq!(block_mean(image.view(), [1, 2], [2, 3]), 29.5);
        assert_eq!(block_mean(image.view(), [3, 5], [4, 6]), 35.0);
    }
}
