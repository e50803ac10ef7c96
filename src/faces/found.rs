//! Where a face is.

use serde::{Deserialize, Serialize};

/// A face's box in pixels of the picture; it may reach beyond the picture's edge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FaceBox {
    /// The left edge.
    pub x: i32,
    /// The upper edge.
    pub y: i32,
    /// Width, at least 1.
    pub width: u32,
    /// Height, at least 1.
    pub height: u32,
}

impl FaceBox {
    /// The whole of a picture.
    pub fn whole(width: usize, height: usize) -> Self {
        Self { x: 0, y: 0, width: width as u32, height: height as u32 }
    }

    /// Pixels inside.
    pub fn area(&self) -> u64 {
        u64::from(self.width) * u64::from(self.height)
    }

    /// Intersection over union with another box, 0 to 1.
    pub fn overlap(&self, other: &Self) -> f64 {
        let span = |a: i32, a_length: u32, b: i32, b_length: u32| {
            let end = (i64::from(a) + i64::from(a_length)).min(i64::from(b) + i64::from(b_length));
            (end - i64::from(a.max(b))).max(0) as f64
        };
        let both = span(self.x, self.width, other.x, other.width) * span(self.y, self.height, other.y, other.height);
        let either = self.area() as f64 + other.area() as f64 - both;
        if either > 0.0 { both / either } else { 0.0 }
    }
}

/// A face that a detector found.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct FoundFace {
    /// Where it is.
    #[serde(rename = "box")]
    pub face: FaceBox,
    /// How sure the detector is: of a cascade the sum of its last stage, which has no upper end; of YuNet 0 to 1.
    pub score: f64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overlap_is_intersection_over_union() {
        let a = FaceBox { x: 0, y: 0, width: 10, height: 10 };
        let b = FaceBox { x: 5, y: 0, width: 10, height: 10 };
        assert_eq!(a.overlap(&a), 1.0);
        assert_eq!(a.overlap(&b), 50.0 / 150.0);
        assert_eq!(a.overlap(&FaceBox { x: 10, ..a }), 0.0);
        assert_eq!(a.overlap(&FaceBox { x: -20, y: -20, ..a }), 0.0);
    }
}
