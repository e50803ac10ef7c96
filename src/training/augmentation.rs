//! Random affine changes of training pictures, drawn for each row from seed, epoch and row number.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use tch::{Device, Kind, TchError, Tensor};

use crate::recipe::AugmentationRecipe;

/// libtorch's numbers for bilinear interpolation and for repeating the border outside the picture.
const BILINEAR: i64 = 0;
const BORDER: i64 = 1;

/// A generator for one purpose: equal arguments give equal numbers, whatever was drawn before.
pub(crate) fn generator(seed: u64, epoch: usize, row: usize) -> ChaCha8Rng {
    let mut key = [0u8; 32];
    key[..8].copy_from_slice(&seed.to_le_bytes());
    key[8..16].copy_from_slice(&(epoch as u64).to_le_bytes());
    key[16..24].copy_from_slice(&(row as u64).to_le_bytes());
    ChaCha8Rng::from_seed(key)
}

/// The affine map from output to input coordinates (-1 to 1 along each side), row by row: 6 numbers.
fn draw(recipe: &AugmentationRecipe, rng: &mut ChaCha8Rng) -> [f32; 6] {
    let mut within = |limit: f64| rng.random_range(-1.0..=1.0) * limit;
    let angle = within(recipe.rotation).to_radians();
    let scale = 1.0 + within(recipe.zoom);
    // A shift by the whole side is 2 in these coordinates.
    let (dx, dy) = (2.0 * within(recipe.shift), 2.0 * within(recipe.shift));
    let mirror = if recipe.flip && rng.random_bool(0.5) { -1.0 } else { 1.0 };
    let (sin, cos) = (scale * angle.sin(), scale * angle.cos());
    [(cos * mirror) as f32, -sin as f32, dx as f32, (sin * mirror) as f32, cos as f32, dy as f32]
}

/// Varies a batch of pictures (b x 1 x h x w, grey values as f32); `rows` are their row numbers.
pub(crate) fn augment(
    recipe: &AugmentationRecipe,
    images: &Tensor,
    rows: &[usize],
    seed: u64,
    epoch: usize,
    device: Device,
) -> Result<Tensor, TchError> {
    if *recipe == AugmentationRecipe::default() {
        return Ok(images.shallow_clone());
    }
    let maps: Vec<f32> = rows.iter().flat_map(|&row| draw(recipe, &mut generator(seed, epoch, row))).collect();
    let maps = Tensor::f_from_slice(&maps)?.f_view([rows.len() as i64, 2, 3])?.f_to(device)?;
    let grid = Tensor::f_affine_grid_generator(&maps, images.size(), false)?;
    images.f_to_kind(Kind::Float)?.f_grid_sampler(&grid, BILINEAR, BORDER, false)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ramp() -> Tensor {
        Tensor::arange(64, (Kind::Float, Device::Cpu)).view([1, 1, 8, 8])
    }

    #[test]
    fn nothing_to_vary_leaves_pixels_alone() {
        let same = augment(&AugmentationRecipe::default(), &ramp(), &[0], 1, 1, Device::Cpu).unwrap();
        assert_eq!(same, ramp());
    }

    #[test]
    fn flip_alone_mirrors_about_half_of_the_rows_exactly() {
        let recipe = AugmentationRecipe { flip: true, ..Default::default() };
        let rows: Vec<usize> = (0..200).collect();
        let out = augment(&recipe, &ramp().expand([200, 1, 8, 8], false), &rows, 3, 1, Device::Cpu).unwrap();
        let mirrored = (0..200)
            .filter(|&i| {
                let picture = out.get(i).view([1, 1, 8, 8]);
                let flipped = (&picture - ramp().flip([3])).abs().max().double_value(&[]) < 1e-3;
                assert!(flipped || (&picture - ramp()).abs().max().double_value(&[]) < 1e-3);
                flipped
            })
            .count();
        assert!((70..=130).contains(&mirrored), "{mirrored}");
    }

    #[test]
    fn a_row_is_varied_the_same_way_in_any_batch_and_differently_in_each_epoch() {
        let recipe = AugmentationRecipe { rotation: 20.0, shift: 0.2, zoom: 0.2, flip: true };
        let two = augment(&recipe, &ramp().expand([2, 1, 8, 8], false), &[5, 9], 3, 1, Device::Cpu).unwrap();
        let one = augment(&recipe, &ramp(), &[9], 3, 1, Device::Cpu).unwrap();
        assert_eq!(two.get(1), one.get(0));
        let later = augment(&recipe, &ramp(), &[9], 3, 2, Device::Cpu).unwrap();
        assert_ne!(later, one);
    }
}
