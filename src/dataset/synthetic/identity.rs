//! Who is drawn: the shape, tones and trimmings that stay with a person through all expressions.

use rand::Rng;

use super::random::{around, between, chance, normal};

/// How the hair is worn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hair {
    /// None.
    Bald,
    /// A cap with a high hairline.
    Short,
    /// A cap that comes down over the forehead.
    Fringe,
    /// Down both sides of the face.
    Long,
}

/// A person. Lengths are in units of half the head's height, tones from 0 black to 1 white.
#[derive(Clone, Debug)]
pub(super) struct Identity {
    pub head_width: f32,
    /// 0 pointed to 1 square.
    pub jaw: f32,
    pub eye_y: f32,
    pub eye_distance: f32,
    pub eye_width: f32,
    /// Opening at rest against the common one.
    pub eye_opening: f32,
    /// Height of the outer corner above the inner.
    pub eye_slant: f32,
    pub iris_tone: f32,
    pub brow_height: f32,
    /// Resting slope: positive looks cross, negative sorrowful.
    pub brow_slope: f32,
    pub brow_arch: f32,
    pub brow_thickness: f32,
    pub brow_tone: f32,
    pub nose_y: f32,
    pub nose_width: f32,
    pub mouth_y: f32,
    pub mouth_width: f32,
    /// Resting height of the corners: positive hangs down.
    pub mouth_droop: f32,
    pub upper_lip: f32,
    pub lower_lip: f32,
    pub lip_tone: f32,
    pub skin: f32,
    pub hair: Hair,
    pub hair_tone: f32,
    pub hairline: f32,
    /// Strength of the folds that age leaves, 0 to 1.
    pub folds: f32,
    /// Opacity of a beard, 0 for none.
    pub beard: f32,
    /// Opacity of a moustache, 0 for none.
    pub moustache: f32,
    /// Size of glasses, 0 for none.
    pub glasses: f32,
}

impl Identity {
    /// A person; how far features lie from the common face, and so look like an expression, goes with difficulty.
    pub fn draw(rng: &mut impl Rng, difficulty: f32) -> Self {
        let spread = (0.35 + 0.65 * difficulty).min(1.5);
        let mut vary = |mean: f32, deviation: f32| mean + spread * deviation * normal(rng).clamp(-2.2, 2.2);
        let head_width = vary(0.77, 0.04);
        let jaw = vary(0.5, 0.25).clamp(0.0, 1.0);
        let eye_y = vary(-0.12, 0.025);
        let eye_distance = vary(0.34, 0.02);
        let eye_width = vary(0.155, 0.012);
        let eye_opening = vary(1.0, 0.15).clamp(0.55, 1.5);
        let eye_slant = vary(0.01, 0.014);
        let brow_height = vary(0.21, 0.024);
        let brow_slope = vary(0.0, 0.03);
        let brow_arch = vary(0.05, 0.018);
        let brow_thickness = vary(0.065, 0.015).clamp(0.03, 0.11);
        let nose_y = vary(0.25, 0.03);
        let nose_width = vary(0.13, 0.018);
        let mouth_y = vary(0.56, 0.028);
        let mouth_width = vary(0.26, 0.025);
        let mouth_droop = vary(0.0, 0.026);
        let upper_lip = vary(0.05, 0.013).clamp(0.018, 0.1);
        let lower_lip = vary(0.068, 0.016).clamp(0.025, 0.13);
        let hairline = vary(-0.66, 0.06);
        let skin = between(rng, 0.36, 0.86);
        let hair_tone = if chance(rng, 0.75) { between(rng, 0.05, 0.32) } else { between(rng, 0.32, 0.8) };
        let hair = match rng.random_range(0..10_u32) {
            0 => Hair::Bald,
            1..=4 => Hair::Short,
            5..=6 => Hair::Fringe,
            _ => Hair::Long,
        };
        let lip_tone = skin * between(rng, 0.58, 0.86);
        let brow_tone = (0.6 * hair_tone + around(rng, 0.05)).clamp(0.03, 0.55 * skin);
        let bearded = hair != Hair::Long && chance(rng, 0.22);
        let beard = if bearded { between(rng, 0.25, 0.85) } else { 0.0 };
        let moustache = if bearded || (hair != Hair::Long && chance(rng, 0.08)) { between(rng, 0.4, 0.9) } else { 0.0 };
        let glasses = if chance(rng, 0.15) { between(rng, 0.2, 0.26) } else { 0.0 };
        Self {
            head_width,
            jaw,
            eye_y,
            eye_distance,
            eye_width,
            eye_opening,
            eye_slant,
            iris_tone: between(rng, 0.05, 0.4),
            brow_height,
            brow_slope,
            brow_arch,
            brow_thickness,
            brow_tone,
            nose_y,
            nose_width,
            mouth_y,
            mouth_width,
            mouth_droop,
            upper_lip,
            lower_lip,
            lip_tone,
            skin,
            hair,
            hair_tone,
            hairline,
            folds: rng.random::<f32>() * rng.random::<f32>(),
            beard,
            moustache,
            glasses,
        }
    }
}
