//! Where the head is and which way it looks.

use rand::Rng;

use super::canvas::Point;
use super::random::{around, between};

/// Depth of the head against half its height.
const DEPTH: f32 = 0.75;

/// Turn, tilt, size and place of the head in the picture.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pose {
    yaw: f32,
    pitch: f32,
    roll: f32,
    scale: f32,
    shift: Point,
}

impl Pose {
    /// A pose whose spread grows with difficulty.
    pub fn draw(difficulty: f32, rng: &mut impl Rng) -> Self {
        let spread = difficulty.min(3.0);
        Self {
            yaw: around(rng, 0.51 * spread).clamp(-0.8, 0.8),
            pitch: around(rng, 0.27 * spread).clamp(-0.45, 0.45),
            roll: around(rng, 0.3 * spread).clamp(-0.6, 0.6),
            scale: 0.95 * between(rng, 1.0 - 0.15 * spread, 1.0 + 0.105 * spread),
            shift: [around(rng, 0.135 * spread), 0.03 + around(rng, 0.135 * spread)],
        }
    }

    /// Looking straight at the camera, in the middle.
    #[cfg(test)]
    pub fn frontal() -> Self {
        Self { yaw: 0.0, pitch: 0.0, roll: 0.0, scale: 0.95, shift: [0.0, 0.03] }
    }

    /// Lengths in the picture for lengths on the face.
    pub fn scale(&self) -> f32 {
        self.scale
    }

    /// A point on the face's surface (`raise` above it) in the picture.
    pub fn surface(&self, p: Point, raise: f32) -> Point {
        let inside = 1.0 - (p[0] / 0.95) * (p[0] / 0.95) - (p[1] / 1.2) * (p[1] / 1.2);
        let z = DEPTH * inside.max(0.0).sqrt() + raise;
        // The face turns about an axis inside the head, so its middle stays near the picture's.
        let z = z - 0.45 * DEPTH;
        let x = p[0] * self.yaw.cos() + z * self.yaw.sin();
        self.contour([x, p[1] * self.pitch.cos() + z * self.pitch.sin()])
    }

    /// A point of the head's contour in the picture: turning the head does not move its contour.
    pub fn contour(&self, p: Point) -> Point {
        let (sin, cos) = self.roll.sin_cos();
        [self.scale * (p[0] * cos - p[1] * sin) + self.shift[0], self.scale * (p[0] * sin + p[1] * cos) + self.shift[1]]
    }

    /// The direction of the head's surface at a point of the picture, as far as light is concerned.
    pub fn normal(&self, p: Point) -> [f32; 3] {
        let (x, y) = ((p[0] - self.shift[0]) / self.scale / 0.9, (p[1] - self.shift[1]) / self.scale / 1.15);
        let z = (1.0 - x * x - y * y).max(0.04).sqrt();
        let length = (x * x + y * y + z * z).sqrt();
        [x / length, y / length, z / length]
    }
}
