//! One generator for each person and each row, so that no draw depends on the order of the work.

use rand::Rng;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// What a generator's numbers are for.
#[derive(Clone, Copy, Debug)]
pub(super) enum Purpose {
    /// A person's face.
    Person,
    /// One picture: expression, pose and camera.
    Row,
    /// The order of the labels in a split.
    Labels,
}

/// The generator of the `index`-th thing of a kind.
pub(super) fn generator(seed: u64, purpose: Purpose, index: u64) -> ChaCha8Rng {
    let mut key = [0_u8; 32];
    key[..8].copy_from_slice(&seed.to_le_bytes());
    key[8] = purpose as u8;
    let mut rng = ChaCha8Rng::from_seed(key);
    rng.set_stream(index);
    rng
}

/// Uniform in `low..=high`, also when the two are equal.
pub(super) fn between(rng: &mut impl Rng, low: f32, high: f32) -> f32 {
    low + (high - low) * rng.random::<f32>()
}

/// Uniform in `-reach..=reach`.
pub(super) fn around(rng: &mut impl Rng, reach: f32) -> f32 {
    between(rng, -reach, reach)
}

/// True with this chance; chances outside 0 to 1 are taken as the nearest of the two.
pub(super) fn chance(rng: &mut impl Rng, p: f32) -> bool {
    rng.random::<f32>() < p
}

/// Standard normal (Box and Muller 1958).
pub(super) fn normal(rng: &mut impl Rng) -> f32 {
    let radius = (-2.0 * (1.0 - rng.random::<f32>()).ln()).sqrt();
    radius * (std::f32::consts::TAU * rng.random::<f32>()).cos()
}
