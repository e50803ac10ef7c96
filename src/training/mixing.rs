//! Pictures mixed in pairs, with their labels: mixup (Zhang et al. 2018) and CutMix (Yun et al. 2019).

use rand::Rng;
use rand_chacha::ChaCha8Rng;
use tch::{TchError, Tensor};

use crate::recipe::AugmentationRecipe;

use super::augmentation::around;

/// Mixes each picture of a batch (b x k x h x w) and its target (b x c) with the next one, all by the same share.
pub(crate) fn mix(
    recipe: &AugmentationRecipe,
    images: Tensor,
    targets: Tensor,
    rng: &mut ChaCha8Rng,
) -> Result<(Tensor, Tensor), TchError> {
    match (recipe.mixup, recipe.cutmix) {
        (Some(alpha), _) => {
            let share = beta(alpha, rng);
            Ok((blend(&images, share)?, blend(&targets, share)?))
        }
        (None, Some(alpha)) => {
            let (_, _, h, w) = images.size4()?;
            let side = (1.0 - beta(alpha, rng)).sqrt();
            let [top, bottom] = stretch(h, side, rng);
            let [left, right] = stretch(w, side, rng);
            let mixed = images.f_detach_copy()?;
            let piece = |x: &Tensor| x.f_narrow(2, top, bottom - top)?.f_narrow(3, left, right - left);
            piece(&mixed)?.f_copy_(&piece(&images.f_roll([1i64].as_slice(), [0i64].as_slice())?)?)?;
            let kept = 1.0 - ((bottom - top) * (right - left)) as f64 / (h * w) as f64;
            Ok((mixed, blend(&targets, kept)?))
        }
        (None, None) => Ok((images, targets)),
    }
}

/// `share` of each row and the rest of the one before it.
fn blend(rows: &Tensor, share: f64) -> Result<Tensor, TchError> {
    let other = rows.f_roll([1i64].as_slice(), [0i64].as_slice())?;
    rows.f_mul_scalar(share)?.f_add(&other.f_mul_scalar(1.0 - share)?)
}

/// Where a piece of this share of a side begins and ends; its middle lies anywhere, and what reaches over is cut off.
fn stretch(side: i64, share: f64, rng: &mut ChaCha8Rng) -> [i64; 2] {
    around(rng.random_range(0..side.max(1)), (side as f64 * share / 2.0).round() as i64, side)
}

/// A draw from Beta(alpha, alpha) for alpha up to 1 (Johnk 1964).
fn beta(alpha: f64, rng: &mut ChaCha8Rng) -> f64 {
    loop {
        let [a, b] = [(); 2].map(|()| rng.random::<f64>().powf(1.0 / alpha));
        if a + b > 0.0 && a + b <= 1.0 {
            return a / (a + b);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::training::augmentation::generator;
    use tch::{Device, Kind};

    /// Pictures of 0, 1, 2 and 3 with one-hot targets.
    fn batch() -> (Tensor, Tensor) {
        let images = Tensor::arange(4, (Kind::Float, Device::Cpu)).view([4, 1, 1, 1]).expand([4, 1, 10, 10], false);
        (images, Tensor::eye(4, (Kind::Float, Device::Cpu)))
    }

    #[test]
    fn pictures_and_targets_are_mixed_by_the_same_share() {
        for (seed, recipe) in (0..40).flat_map(|seed| {
            let none = AugmentationRecipe::default();
            [AugmentationRecipe { mixup: Some(0.4), ..none }, AugmentationRecipe { cutmix: Some(1.0), ..none }]
                .map(|recipe| (seed, recipe))
        }) {
            let (images, targets) = batch();
            let (mixed, soft) = mix(&recipe, images, targets, &mut generator(seed, 1, 0)).unwrap();
            for i in 0..4 {
                let before = (i + 3) % 4;
                let share = soft.double_value(&[i, i]);
                assert!((share + soft.double_value(&[i, before]) - 1.0).abs() < 1e-6);
                // The mean of a picture of one value tells how much of it is left.
                let mean = mixed.get(i).mean(Kind::Double).double_value(&[]);
                let expected = share * i as f64 + (1.0 - share) * before as f64;
                assert!((mean - expected).abs() < 1e-5, "{recipe:?}: {mean}, {expected}");
            }
        }
    }

    #[test]
    fn beta_has_its_mean_and_variance() {
        let mut rng = generator(5, 0, 0);
        for alpha in [0.2, 1.0] {
            let draws: Vec<f64> = (0..20_000).map(|_| beta(alpha, &mut rng)).collect();
            let mean = draws.iter().sum::<f64>() / 20_000.0;
            let variance = draws.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / 20_000.0;
            assert!((mean - 0.5).abs() < 0.01, "{mean}");
            assert!((variance - 0.25 / (2.0 * alpha + 1.0)).abs() < 0.005, "{alpha}: {variance}");
        }
    }

    #[test]
    fn nothing_to_mix_leaves_the_batch_alone() {
        let (images, targets) = batch();
        let none = AugmentationRecipe::default();
        let (mixed, soft) =
            mix(&none, images.shallow_clone(), targets.shallow_clone(), &mut generator(0, 0, 0)).unwrap();
        assert!(mixed == images && soft == targets);
    }
}
