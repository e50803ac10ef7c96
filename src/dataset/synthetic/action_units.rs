//! Expressions as facial action units (Ekman and Friesen 1978), acted with varying strength and purity.

use rand::Rng;

use super::random::{around, between, chance};
use crate::expression::Expression;

/// How strongly each facial action is shown; 0 at rest, 1 at its usual full strength.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct ActionUnits {
    /// AU 1.
    pub inner_brow_raiser: f32,
    /// AU 2.
    pub outer_brow_raiser: f32,
    /// AU 4.
    pub brow_lowerer: f32,
    /// AU 5.
    pub upper_lid_raiser: f32,
    /// AU 6.
    pub cheek_raiser: f32,
    /// AU 7.
    pub lid_tightener: f32,
    /// AU 9.
    pub nose_wrinkler: f32,
    /// AU 10.
    pub upper_lip_raiser: f32,
    /// AU 12.
    pub lip_corner_puller: f32,
    /// AU 15.
    pub lip_corner_depressor: f32,
    /// AU 17.
    pub chin_raiser: f32,
    /// AU 20.
    pub lip_stretcher: f32,
    /// AU 23 and 24.
    pub lip_tightener: f32,
    /// AU 25.
    pub lips_part: f32,
    /// AU 26 and 27.
    pub jaw_drop: f32,
    /// Share by which the right side of the picture acts more strongly than the left, -1 to 1.
    pub asymmetry: f32,
}

impl ActionUnits {
    /// The prototype of an expression (EMFACS), in its common form with a closed or an open mouth.
    pub fn prototype(expression: Expression, open: bool) -> Self {
        let rest = Self::default();
        match (expression, open) {
            (Expression::Neutral, _) => rest,
            (Expression::Angry, false) => Self {
                brow_lowerer: 1.0,
                upper_lid_raiser: 0.25,
                lid_tightener: 0.8,
                lip_tightener: 1.0,
                chin_raiser: 0.3,
                lip_corner_depressor: 0.2,
                ..rest
            },
            (Expression::Angry, true) => Self {
                brow_lowerer: 1.0,
                upper_lid_raiser: 0.4,
                lid_tightener: 0.6,
                upper_lip_raiser: 0.5,
                lip_stretcher: 0.2,
                lips_part: 0.9,
                jaw_drop: 0.35,
                nose_wrinkler: 0.25,
                ..rest
            },
            (Expression::Disgust, open) => Self {
                brow_lowerer: 0.55,
                lid_tightener: 0.6,
                cheek_raiser: 0.3,
                nose_wrinkler: 1.0,
                upper_lip_raiser: 1.0,
                lip_corner_depressor: 0.45,
                chin_raiser: if open { 0.0 } else { 0.6 },
                lips_part: if open { 0.7 } else { 0.0 },
                ..rest
            },
            (Expression::Fear, open) => Self {
                inner_brow_raiser: 1.0,
                outer_brow_raiser: 0.5,
                brow_lowerer: 0.45,
                upper_lid_raiser: 0.95,
                lip_stretcher: 1.0,
                lips_part: 0.8,
                jaw_drop: if open { 0.45 } else { 0.1 },
                ..rest
            },
            (Expression::Happy, open) => Self {
                cheek_raiser: 0.85,
                lip_corner_puller: 1.0,
                lips_part: if open { 1.0 } else { 0.0 },
                jaw_drop: if open { 0.2 } else { 0.0 },
                ..rest
            },
            (Expression::Sad, open) => Self {
                inner_brow_raiser: 0.95,
                brow_lowerer: 0.4,
                upper_lid_raiser: -0.45,
                lip_corner_depressor: 1.0,
                chin_raiser: 0.6,
                lips_part: if open { 0.3 } else { 0.0 },
                ..rest
            },
            (Expression::Surprise, open) => Self {
                inner_brow_raiser: 1.0,
                outer_brow_raiser: 1.0,
                upper_lid_raiser: 0.8,
                lips_part: 1.0,
                jaw_drop: if open { 1.0 } else { 0.6 },
                ..rest
            },
            (Expression::Contempt, _) => {
                Self { lip_corner_puller: 0.6, lip_tightener: 0.4, lid_tightener: 0.3, asymmetry: 0.95, ..rest }
            }
        }
    }

    /// One performance of an expression. Difficulty makes weak ones common, mixes in a neighbour that people confuse
    /// with it, leaves actions out and moves the resting face.
    pub fn act(expression: Expression, difficulty: f32, rng: &mut impl Rng) -> Self {
        let hard = difficulty.min(1.6);
        let open = chance(rng, 0.45);
        // The mean of two uniforms: most performances are middling, few are faint or full.
        let strength = 1.1 - hard * 0.95 * 0.5 * (rng.random::<f32>() + rng.random::<f32>());
        let mut acted = Self::prototype(expression, open).map(|v| v * strength.max(0.12));
        let neighbours = neighbours(expression);
        let neighbour = neighbours[rng.random_range(0..neighbours.len())];
        let share = between(rng, 0.1, 0.45);
        let (mixed, neighbour_open) = (chance(rng, 0.4 * hard), chance(rng, 0.45));
        if mixed {
            let other = Self::prototype(neighbour, neighbour_open);
            acted = acted.zip(&other, |a, b| a * (1.0 - share) + b * share * strength);
        }
        let mut acted = acted.map(|v| {
            let kept = !chance(rng, 0.08 * hard);
            let varied = v * between(rng, 1.0 - 0.3 * hard.min(1.0), 1.0 + 0.2 * hard.min(1.0));
            (if kept { varied } else { 0.25 * varied }) + 0.09 * hard * around(rng, 1.0)
        });
        let side = if chance(rng, 0.5) { 1.0 } else { -1.0 };
        let lopsided = Self::prototype(expression, open).asymmetry;
        acted.asymmetry = side * (lopsided + 0.25 * hard * rng.random::<f32>()).min(1.0);
        acted
    }

    /// Each strength through `f`; the asymmetry stays.
    fn map(&self, mut f: impl FnMut(f32) -> f32) -> Self {
        self.zip(self, |a, _| f(a))
    }

    fn zip(&self, other: &Self, mut f: impl FnMut(f32, f32) -> f32) -> Self {
        Self {
            inner_brow_raiser: f(self.inner_brow_raiser, other.inner_brow_raiser),
            outer_brow_raiser: f(self.outer_brow_raiser, other.outer_brow_raiser),
            brow_lowerer: f(self.brow_lowerer, other.brow_lowerer),
            upper_lid_raiser: f(self.upper_lid_raiser, other.upper_lid_raiser),
            cheek_raiser: f(self.cheek_raiser, other.cheek_raiser),
            lid_tightener: f(self.lid_tightener, other.lid_tightener),
            nose_wrinkler: f(self.nose_wrinkler, other.nose_wrinkler),
            upper_lip_raiser: f(self.upper_lip_raiser, other.upper_lip_raiser),
            lip_corner_puller: f(self.lip_corner_puller, other.lip_corner_puller),
            lip_corner_depressor: f(self.lip_corner_depressor, other.lip_corner_depressor),
            chin_raiser: f(self.chin_raiser, other.chin_raiser),
            lip_stretcher: f(self.lip_stretcher, other.lip_stretcher),
            lip_tightener: f(self.lip_tightener, other.lip_tightener),
            lips_part: f(self.lips_part, other.lips_part),
            jaw_drop: f(self.jaw_drop, other.jaw_drop),
            asymmetry: self.asymmetry,
        }
    }

    /// The factor by which one side (-1 left of the picture, 1 right) acts.
    pub fn on_side(&self, side: f32) -> f32 {
        (1.0 + side * self.asymmetry).max(0.0)
    }
}

/// The expressions that people take this one for.
fn neighbours(expression: Expression) -> &'static [Expression] {
    match expression {
        Expression::Angry => &[Expression::Disgust, Expression::Neutral, Expression::Sad],
        Expression::Disgust => &[Expression::Angry, Expression::Sad],
        Expression::Fear => &[Expression::Surprise, Expression::Sad],
        Expression::Happy => &[Expression::Neutral, Expression::Surprise],
        Expression::Sad => &[Expression::Neutral, Expression::Fear, Expression::Disgust],
        Expression::Surprise => &[Expression::Fear, Expression::Happy],
        Expression::Neutral => &[Expression::Sad, Expression::Angry, Expression::Happy],
        Expression::Contempt => &[Expression::Neutral, Expression::Happy],
    }
}
