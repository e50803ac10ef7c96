//! Where brows, lids, nose and mouth lie, given a person and the action units.
//!
//! Coordinates are on the face: x to the right of the picture, y down, 0 between eyes and nose tip, 1 half the head's
//! height. Pairs are left of the picture first.

use super::action_units::ActionUnits;
use super::canvas::{Point, spline};
use super::identity::Identity;

/// An eye.
#[derive(Clone, Debug)]
pub(super) struct Eye {
    /// Edge of the upper lid, inner to outer corner.
    pub upper: Vec<Point>,
    /// Edge of the lower lid, inner to outer corner.
    pub lower: Vec<Point>,
    pub centre: Point,
}

/// The mouth as four curves from the left corner to the right.
#[derive(Clone, Debug)]
pub(super) struct Mouth {
    pub upper_outer: Vec<Point>,
    pub upper_inner: Vec<Point>,
    pub lower_inner: Vec<Point>,
    pub lower_outer: Vec<Point>,
    /// Height of the opening at the middle.
    pub gap: f32,
}

/// All that moves.
#[derive(Clone, Debug)]
pub(super) struct Features {
    /// Head without hair, from the left temple over the chin to the right temple and the crown.
    pub outline: Vec<Point>,
    /// Brows, inner end first.
    pub brows: [Vec<Point>; 2],
    pub eyes: [Eye; 2],
    /// Middles of the nostrils.
    pub nostrils: [Point; 2],
    pub mouth: Mouth,
    /// Nasolabial folds, from the wing of the nose down.
    pub folds: [Vec<Point>; 2],
    /// Lowest point of the face.
    pub chin: f32,
}

/// -1 for the left of the picture, 1 for the right.
pub(super) const SIDES: [f32; 2] = [-1.0, 1.0];

impl Features {
    /// The face of `person` when `acted`.
    pub fn new(person: &Identity, acted: &ActionUnits) -> Self {
        let mouth = mouth(person, acted);
        let chin = 0.98 + 0.13 * acted.jaw_drop.max(0.0);
        let nostril = |side: f32| {
            [side * person.nose_width * (0.5 + 0.1 * acted.nose_wrinkler), person.nose_y - 0.045 * acted.nose_wrinkler]
        };
        let fold = |side: f32| {
            let corner = if side < 0.0 { mouth.upper_outer[0] } else { mouth.upper_outer[mouth.upper_outer.len() - 1] };
            let wing = nostril(side);
            let from = [wing[0] + side * 0.09, wing[1] - 0.03];
            let to = [corner[0] + side * 0.09, corner[1] + 0.04];
            let bulge = 0.03 + 0.03 * acted.lip_corner_puller.max(0.0);
            spline(&[from, [0.5 * (from[0] + to[0]) + side * bulge, 0.5 * (from[1] + to[1])], to], 6)
        };
        Self {
            outline: outline(person, chin),
            brows: SIDES.map(|side| brow(person, acted, side)),
            eyes: SIDES.map(|side| eye(person, acted, side)),
            nostrils: SIDES.map(nostril),
            folds: SIDES.map(fold),
            mouth,
            chin,
        }
    }
}

fn outline(person: &Identity, chin: f32) -> Vec<Point> {
    let w = person.head_width;
    let (jaw_x, jaw_y) = (w * (0.72 + 0.16 * person.jaw), 0.55 + 0.1 * (chin - 0.98));
    let chin_x = w * (0.26 + 0.16 * person.jaw);
    let half = [[1.0, -0.25], [0.98, 0.15], [jaw_x / w, jaw_y], [chin_x / w, chin - 0.06]];
    let mut points: Vec<Point> = half.iter().map(|p| [-w * p[0], p[1]]).collect();
    points.push([0.0, chin]);
    points.extend(half.iter().rev().map(|p| [w * p[0], p[1]]));
    points.extend([[0.86 * w, -0.66], [0.5 * w, -0.97], [0.0, -1.06], [-0.5 * w, -0.97], [-0.86 * w, -0.66]]);
    points.push([-w, -0.25]);
    spline(&points, 5)
}

fn brow(person: &Identity, acted: &ActionUnits, side: f32) -> Vec<Point> {
    let act = 0.5 + 0.5 * acted.on_side(side);
    let inner = -0.125 * acted.inner_brow_raiser * act + 0.115 * acted.brow_lowerer + 0.03 * acted.nose_wrinkler;
    let outer = -0.12 * acted.outer_brow_raiser * act + 0.025 * acted.brow_lowerer;
    let together = 0.055 * acted.brow_lowerer + 0.02 * acted.nose_wrinkler;
    let y = person.eye_y - person.brow_height;
    let x = person.eye_distance;
    let slope = person.brow_slope;
    let points = [
        [x - 0.205 - together, y + slope + inner + 0.02],
        [x - 0.07 - 0.5 * together, y + 0.3 * slope - 0.6 * person.brow_arch + 0.62 * inner + 0.38 * outer],
        [x + 0.09, y - 0.4 * slope - person.brow_arch + 0.2 * inner + 0.9 * outer],
        [x + 0.225, y - slope + 0.05 + 0.75 * outer],
    ];
    spline(&points.map(|p| [side * p[0], p[1]]), 5)
}

fn eye(person: &Identity, acted: &ActionUnits, side: f32) -> Eye {
    let (x, y, w) = (person.eye_distance, person.eye_y, person.eye_width);
    let smile = acted.cheek_raiser.max(0.0) * acted.on_side(side).min(1.0);
    let tight = acted.lid_tightener.max(0.0) + 0.5 * acted.nose_wrinkler.max(0.0);
    let raised = 0.085 * person.eye_opening + 0.05 * acted.upper_lid_raiser
        - 0.022 * tight
        - 0.012 * smile
        - 0.012 * acted.brow_lowerer.max(0.0);
    let lowered = 0.05 * person.eye_opening.sqrt() - 0.02 * tight - 0.032 * smile + 0.008 * acted.upper_lid_raiser;
    let (raised, lowered) = (raised.max(0.008), lowered.max(0.002));
    let slant = |t: f32| -person.eye_slant * t;
    let curve = |height: f32, lean: f32| -> Vec<Point> {
        (-6..=6_i8)
            .map(|i| {
                let t = f32::from(i) / 6.0;
                let bow = (1.0 - t * t).max(0.0).powf(0.75) * (1.0 + lean * t);
                [side * (x + w * t), y + slant(t) + height * bow]
            })
            .collect()
    };
    Eye { upper: curve(-raised, -0.12), lower: curve(lowered, 0.15), centre: [side * x, y - 0.012] }
}

fn mouth(person: &Identity, acted: &ActionUnits) -> Mouth {
    let (parted, jaw) = (acted.lips_part.max(0.0), acted.jaw_drop.max(0.0));
    let gap = 0.055 * parted + 0.25 * jaw;
    let press = 1.0 - 0.5 * acted.lip_tightener.clamp(0.0, 1.3);
    let thick_above = person.upper_lip * press * (1.0 - 0.35 * acted.lip_corner_puller.clamp(0.0, 1.0));
    let thick_below = person.lower_lip * press * (1.0 - 0.15 * acted.lip_corner_puller.clamp(0.0, 1.0));
    let middle = person.mouth_y - 0.02 * jaw - 0.03 * acted.chin_raiser;
    let top = middle - 0.06 * acted.upper_lip_raiser - 0.02 * acted.nose_wrinkler;
    let bottom = middle + gap + if gap < 0.01 { top - middle } else { 0.0 };
    let half = |side: f32| {
        let act = acted.on_side(side);
        let smile = acted.lip_corner_puller * act;
        let width = person.mouth_width + 0.075 * smile + 0.075 * acted.lip_stretcher
            - 0.03 * acted.lip_tightener
            - 0.075 * jaw * (1.0 - acted.lip_stretcher.clamp(0.0, 1.0)) * (1.0 - smile.clamp(0.0, 1.0))
            - 0.02 * acted.chin_raiser;
        let height = person.mouth_y + person.mouth_droop - 0.105 * smile
            + 0.095 * acted.lip_corner_depressor * act
            + 0.03 * acted.lip_stretcher
            + 0.1 * jaw;
        [side * width.max(0.1), height]
    };
    let (left, right) = (half(-1.0), half(1.0));
    // A dropped jaw rounds the mouth.
    let bend = 1.7 + 1.5 * jaw.min(1.5);
    let curve = |centre: f32, bow: f32, dip: f32| -> Vec<Point> {
        (-10..=10_i8)
            .map(|i| {
                let t = f32::from(i) / 10.0;
                let corner = if t < 0.0 { left } else { right };
                let away = t.abs();
                // A lip is thickest beside its middle and thins to nothing at the corners.
                let lip = bow * (1.0 - away * away) * (1.0 - dip * (1.0 - (away / 0.3).min(1.0)));
                [corner[0] * away, centre + (corner[1] - centre) * away.powf(bend) + lip]
            })
            .collect()
    };
    Mouth {
        upper_outer: curve(top, -thick_above, 0.25),
        upper_inner: curve(top, 0.0, 0.0),
        lower_inner: curve(bottom, 0.0, 0.0),
        lower_outer: curve(bottom, thick_below, 0.0),
        gap: bottom - top,
    }
}
