//! Random affine changes of training pictures, drawn for each row from seed, epoch and row number.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use tch::{Device, Kind, TchError, Tensor};

use crate::models::network::cut;
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

/// Which pictures are varied, and by what draws.
#[derive(Clone, Copy)]
pub(crate) struct Draws<'a> {
    /// Row numbers of the pictures of a batch.
    pub rows: &'a [usize],
    pub seed: u64,
    pub epoch: usize,
}

/// Varies a batch of pictures (b x 1 x h x w, grey values as f32), and cuts a square of side `crop` out of each.
pub(crate) fn augment(
    recipe: &AugmentationRecipe,
    crop: Option<usize>,
    images: &Tensor,
    draws: Draws,
    device: Device,
) -> Result<Tensor, TchError> {
    // What is left of the recipe when pairs are mixed elsewhere.
    let recipe = &AugmentationRecipe { mixup: None, cutmix: None, ..*recipe };
    if *recipe == AugmentationRecipe::default() && crop.is_none() {
        return Ok(images.shallow_clone());
    }
    let moved = recipe.flip || recipe.rotation > 0.0 || recipe.shift > 0.0 || recipe.zoom > 0.0;
    let mut generators: Vec<ChaCha8Rng> =
        draws.rows.iter().map(|&row| generator(draws.seed, draws.epoch, row)).collect();
    let maps: Vec<f32> = generators.iter_mut().flat_map(|rng| draw(recipe, rng)).collect();
    let mut out = images.f_to_kind(Kind::Float)?;
    if moved {
        let maps = Tensor::f_from_slice(&maps)?.f_view([draws.rows.len() as i64, 2, 3])?.f_to(device)?;
        let grid = Tensor::f_affine_grid_generator(&maps, images.size(), false)?;
        out = out.f_grid_sampler(&grid, BILINEAR, BORDER, false)?;
    }
    if let Some(side) = crop.map(|c| c as i64) {
        let (_, _, h, w) = out.size4()?;
        let mut parts = Vec::with_capacity(generators.len());
        for (i, rng) in generators.iter_mut().enumerate() {
            let corner = [h, w].map(|s| rng.random_range(0..=(s - side).max(0)));
            parts.push(cut(&out.f_narrow(0, i as i64, 1)?, corner, side)?);
        }
        out = Tensor::f_cat(&parts, 0)?;
    }
    if recipe.brightness > 0.0 || recipe.contrast > 0.0 {
        out = tone(recipe, &out, &mut generators, device)?;
    }
    if recipe.cutout > 0.0 {
        // A copy: nothing else may hold these pictures.
        out = out.f_detach_copy()?;
        cover(recipe.cutout, &out, &mut generators)?;
    }
    Ok(out)
}

/// Other light: grey values further from the picture's mean or nearer to it, then all of them up or down.
fn tone(
    recipe: &AugmentationRecipe,
    images: &Tensor,
    generators: &mut [ChaCha8Rng],
    device: Device,
) -> Result<Tensor, TchError> {
    let draws: Vec<f32> = generators
        .iter_mut()
        .flat_map(|rng| {
            let mut within = |limit: f64| (rng.random_range(-1.0..=1.0) * limit) as f32;
            [1.0 + within(recipe.contrast), 255.0 * within(recipe.brightness)]
        })
        .collect();
    let draws = Tensor::f_from_slice(&draws)?.f_view([-1, 2, 1, 1])?.f_to(device)?;
    let (stretch, shift) = (draws.f_narrow(1, 0, 1)?, draws.f_narrow(1, 1, 1)?);
    let mean = images.f_mean_dim([1i64, 2, 3].as_slice(), true, Kind::Float)?;
    images.f_sub(&mean)?.f_mul(&stretch)?.f_add(&mean)?.f_add(&shift)?.f_clamp(0, 255)
}

/// Fills a square of each picture with the picture's mean; its middle lies anywhere, so that it may reach over the edge.
fn cover(share: f64, images: &Tensor, generators: &mut [ChaCha8Rng]) -> Result<(), TchError> {
    let (_, _, h, w) = images.size4()?;
    let half = ((h.min(w) as f64 * share) / 2.0).round() as i64;
    for (i, rng) in generators.iter_mut().enumerate() {
        let picture = images.f_narrow(0, i as i64, 1)?;
        let mean = picture.f_mean(Kind::Float)?.f_double_value(&[])?;
        let [top, left] = [h, w].map(|side| rng.random_range(0..side.max(1)));
        let ([top, bottom], [left, right]) = (around(top, half, h), around(left, half, w));
        let _ = picture.f_narrow(2, top, bottom - top)?.f_narrow(3, left, right - left)?.f_fill_(mean)?;
    }
    Ok(())
}

/// Where a stretch that reaches `half` to either side of its middle begins and ends on a side of the picture.
pub(crate) fn around(middle: i64, half: i64, side: i64) -> [i64; 2] {
    [(middle - half).max(0), (middle + half).min(side)]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ramp() -> Tensor {
        Tensor::arange(64, (Kind::Float, Device::Cpu)).view([1, 1, 8, 8])
    }

    fn vary(
        recipe: &AugmentationRecipe,
        crop: Option<usize>,
        images: &Tensor,
        rows: &[usize],
        epoch: usize,
    ) -> Result<Tensor, TchError> {
        augment(recipe, crop, images, Draws { rows, seed: 3, epoch }, Device::Cpu)
    }

    #[test]
    fn nothing_to_vary_leaves_pixels_alone() {
        let same = vary(&AugmentationRecipe::default(), None, &ramp(), &[0], 1).unwrap();
        assert_eq!(same, ramp());
    }

    #[test]
    fn flip_alone_mirrors_about_half_of_the_rows_exactly() {
        let recipe = AugmentationRecipe { flip: true, ..Default::default() };
        let rows: Vec<usize> = (0..200).collect();
        let out = vary(&recipe, None, &ramp().expand([200, 1, 8, 8], false), &rows, 1).unwrap();
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
        let recipe = AugmentationRecipe {
            rotation: 20.0,
            shift: 0.2,
            zoom: 0.2,
            flip: true,
            brightness: 0.2,
            contrast: 0.3,
            cutout: 0.4,
            ..Default::default()
        };
        let two = vary(&recipe, None, &ramp().expand([2, 1, 8, 8], false), &[5, 9], 1).unwrap();
        let one = vary(&recipe, None, &ramp(), &[9], 1).unwrap();
        assert_eq!(two.get(1), one.get(0));
        let later = vary(&recipe, None, &ramp(), &[9], 2).unwrap();
        assert_ne!(later, one);
    }

    #[test]
    fn crops_are_parts_of_the_picture_from_everywhere() {
        let rows: Vec<usize> = (0..300).collect();
        let out =
            vary(&AugmentationRecipe::default(), Some(6), &ramp().expand([300, 1, 8, 8], false), &rows, 1).unwrap();
        assert_eq!(out.size(), [300, 1, 6, 6]);
        let mut corners = std::collections::BTreeSet::new();
        for i in 0..300 {
            let first = out.double_value(&[i, 0, 0, 0]);
            // The last number lies five rows and five columns on.
            assert_eq!(out.double_value(&[i, 0, 5, 5]), first + 45.0);
            corners.insert(first as i64);
        }
        assert_eq!(corners.into_iter().collect::<Vec<_>>(), [0, 1, 2, 8, 9, 10, 16, 17, 18]);
        // A square of the picture's own size is the picture.
        assert_eq!(vary(&AugmentationRecipe::default(), Some(8), &ramp(), &[0], 1).unwrap(), ramp());
    }

    #[test]
    fn light_and_cutout_stay_within_their_limits() {
        let rows: Vec<usize> = (0..100).collect();
        let grey = (Tensor::ones([100, 1, 8, 8], (Kind::Float, Device::Cpu)) * 100.0).set_requires_grad(false);
        let brighter = AugmentationRecipe { brightness: 0.1, ..Default::default() };
        let out = vary(&brighter, None, &grey, &rows, 1).unwrap();
        let (low, high) = (out.min().double_value(&[]), out.max().double_value(&[]));
        assert!((74.5..80.0).contains(&low) && (120.0..=125.5).contains(&high), "{low} {high}");
        // Contrast leaves the mean alone.
        let contrast = AugmentationRecipe { contrast: 0.5, ..Default::default() };
        let out = vary(&contrast, None, &(ramp() + 90), &[4], 1).unwrap();
        assert!((out.mean(Kind::Float).double_value(&[]) - 121.5).abs() < 1e-3);
        let spread = out.max().double_value(&[]) - out.min().double_value(&[]);
        assert!((31.5..=94.5).contains(&spread) && (spread - 63.0).abs() > 0.1, "{spread}");
        let cutout = AugmentationRecipe { cutout: 0.5, ..Default::default() };
        let out = vary(&cutout, None, &ramp().expand([100, 1, 8, 8], false), &rows, 1).unwrap();
        for i in 0..100 {
            let changed = (out.get(i) - ramp().get(0)).abs().gt(1e-3).sum(Kind::Int64).int64_value(&[]);
            assert!((4..=16).contains(&changed), "{changed}");
        }
    }
}
