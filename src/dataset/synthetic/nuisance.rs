//! What stands between a face and its picture: light, things in front of it, blur and noise.

use ndarray::{Array2, Axis, Zip};
use rand::Rng;

use super::canvas::{Canvas, Point, paint, spline};
use super::geometry::SIDES;
use super::identity::Identity;
use super::pose::Pose;
use super::random::{around, between, chance, normal};

/// The side of the picture, in pixels, that blur and noise are stated for.
const NOMINAL: f32 = 48.0;

/// Surroundings and camera of one picture.
#[derive(Clone, Debug)]
pub(super) struct Camera {
    /// Tone behind the head.
    pub background: f32,
    /// Tone of the clothes.
    pub clothes: f32,
    /// Direction of the light, towards it.
    light: [f32; 3],
    /// How strongly the light models the head.
    contrast_of_light: f32,
    /// Brightening across the picture.
    gradient: Point,
    /// Spread of tones around the middle.
    contrast: f32,
    brightness: f32,
    gamma: f32,
    /// Standard deviation of the blur in pixels of a picture 48 wide.
    blur: f32,
    /// Standard deviation of the noise.
    noise: f32,
    occlusion: Option<Occlusion>,
}

/// Something in front of the face.
#[derive(Clone, Copy, Debug)]
enum Occlusion {
    /// Fingers over the mouth, a cheek or an eye.
    Hand,
    /// A straight-edged thing: a sheet, a microphone, a caption.
    Bar,
    /// Strands of hair over an eye.
    Strands,
}

impl Camera {
    /// Surroundings whose disturbance grows with difficulty.
    pub fn draw(difficulty: f32, rng: &mut impl Rng) -> Self {
        let d = difficulty.min(4.0);
        let side = around(rng, 1.2);
        let height = between(rng, -1.0, 0.3);
        let length = (side * side + height * height + 1.0).sqrt();
        let occlusion = chance(rng, (0.2 * d).min(0.8)).then(|| match rng.random_range(0..3_u32) {
            0 => Occlusion::Hand,
            1 => Occlusion::Bar,
            _ => Occlusion::Strands,
        });
        Self {
            background: between(rng, 0.05, 0.95),
            clothes: between(rng, 0.05, 0.9),
            light: [side / length, height / length, 1.0 / length],
            contrast_of_light: between(rng, 0.15, 0.3 + 0.35 * d.min(2.0)),
            gradient: [around(rng, 0.22 * d), around(rng, 0.16 * d)],
            contrast: between(rng, 1.0 - 0.4 * d.min(1.8), 1.0 + 0.15 * d),
            brightness: around(rng, 0.13 * d.min(2.0)),
            gamma: 2.0_f32.powf(around(rng, 0.5 * d.min(2.0))),
            blur: between(rng, 0.0, 0.6 * d),
            noise: between(rng, 0.006, 0.006 + 0.0225 * d),
            occlusion,
        }
    }

    /// Paints what stands in front of the face.
    pub fn occlude(&self, canvas: &mut Canvas, person: &Identity, pose: &Pose, rng: &mut impl Rng) {
        match self.occlusion {
            None => {}
            Some(Occlusion::Hand) => hand(canvas, person, pose, rng),
            Some(Occlusion::Bar) => {
                let middle = pose.surface([around(rng, 0.6), between(rng, -0.4, 0.8)], 0.0);
                let (long, wide, turn) = (between(rng, 0.5, 1.6), between(rng, 0.08, 0.2), around(rng, 1.5));
                let (sin, cos) = turn.sin_cos();
                let corner = |a: f32, b: f32| {
                    [middle[0] + a * long * cos - b * wide * sin, middle[1] + a * long * sin + b * wide * cos]
                };
                let bar = [corner(-1.0, -1.0), corner(1.0, -1.0), corner(1.0, 1.0), corner(-1.0, 1.0)];
                canvas.fill(&bar, paint(rng.random::<f32>(), 1.0));
            }
            Some(Occlusion::Strands) => {
                let side = SIDES[rng.random_range(0..2_usize)];
                for _ in 0..rng.random_range(4..9_u32) {
                    let x = side * between(rng, 0.05, 0.65);
                    let end = [x + side * between(rng, 0.0, 0.25), between(rng, -0.05, 0.6)];
                    let strand = [[x - side * 0.2, -1.1], [x - side * 0.05, -0.55], end];
                    let line: Vec<Point> = spline(&strand, 8).iter().map(|&p| pose.surface(p, 0.1)).collect();
                    let width = between(rng, 0.03, 0.1);
                    canvas.stroke(&line, |t| width * (1.0 - 0.8 * t), paint(person.hair_tone, 0.9));
                }
            }
        }
    }

    /// Turns painted tones (0 to 1) into the picture's grey values.
    pub fn develop(&self, mut tones: Array2<f32>, pose: &Pose, rng: &mut impl Rng) -> Array2<u8> {
        let (height, width) = tones.dim();
        let half = 0.5 * height.min(width) as f32;
        for ((row, column), tone) in tones.indexed_iter_mut() {
            let x = (column as f32 + 0.5 - 0.5 * width as f32) / half;
            let y = (row as f32 + 0.5 - 0.5 * height as f32) / half;
            let normal = pose.normal([x, y]);
            let facing: f32 = normal.iter().zip(self.light).map(|(a, b)| a * b).sum();
            let lit = 1.0 + self.contrast_of_light * (1.2 * facing - 0.9);
            *tone = (*tone * lit.max(0.1) + 0.5 * (self.gradient[0] * x + self.gradient[1] * y)).clamp(0.0, 1.0);
        }
        let deviation = self.blur * half / (0.5 * NOMINAL);
        blur(&mut tones, deviation, Axis(0));
        blur(&mut tones, deviation, Axis(1));
        // Photographs of people are taken so that the picture is neither black nor white: expose for its mean.
        let mean = tones.mean().unwrap_or(0.5);
        tones.mapv(|tone| {
            let exposed = 0.5 + self.brightness + self.contrast * (tone - mean);
            let grey = exposed.clamp(0.0, 1.0).powf(self.gamma) + self.noise * normal(rng);
            (255.0 * grey).round().clamp(0.0, 255.0) as u8
        })
    }
}

/// Four fingers from a corner below.
fn hand(canvas: &mut Canvas, person: &Identity, pose: &Pose, rng: &mut impl Rng) {
    let side = SIDES[rng.random_range(0..2_usize)];
    let tip = [side * between(rng, -0.15, 0.35), between(rng, 0.0, 0.65)];
    let from = [tip[0] + side * between(rng, 0.5, 0.9), tip[1] + between(rng, 0.3, 0.9)];
    let (dx, dy) = (tip[0] - from[0], tip[1] - from[1]);
    let length = dx.hypot(dy).max(0.1);
    let across = [-dy / length * 0.12, dx / length * 0.12];
    for finger in 0..4_u8 {
        let k = f32::from(finger) - 1.5;
        let reach = 1.0 - 0.05 * (k - 0.5) * (k - 0.5);
        let at = |t: f32| pose.surface([from[0] + t * dx + k * across[0], from[1] + t * dy + k * across[1]], 0.1);
        let line: Vec<Point> = (0..=10_u8).map(|i| at(reach * f32::from(i) / 10.0)).collect();
        let rounded = |t: f32| if t > 0.9 { (1.0 - ((t - 0.9) / 0.1).powi(2)).max(0.0).sqrt() } else { 1.0 };
        canvas.stroke(&line, |t| 0.145 * rounded(t), paint(person.skin * 0.55, 1.0));
        canvas.stroke(&line, |t| 0.115 * rounded(t), paint(person.skin * 0.95, 1.0));
    }
}

/// A Gaussian blur along one axis; borders repeat the outermost pixel.
fn blur(tones: &mut Array2<f32>, deviation: f32, axis: Axis) {
    let n = tones.len_of(axis);
    if deviation < 0.15 || n < 2 {
        return;
    }
    let reach = ((3.0 * deviation).ceil() as usize).min(n - 1);
    let weight = |k: usize| (-0.5 * (k as f32 / deviation).powi(2)).exp();
    let total = 1.0 + 2.0 * (1..=reach).map(weight).sum::<f32>();
    let source = tones.clone();
    for i in 0..n {
        let mut sum = tones.index_axis_mut(axis, i);
        sum.fill(0.0);
        for k in 0..=2 * reach {
            let from = (i + k).saturating_sub(reach).min(n - 1);
            let share = weight(k.abs_diff(reach)) / total;
            Zip::from(&mut sum).and(source.index_axis(axis, from)).for_each(|s, &v| *s += share * v);
        }
    }
}
