//! A curve with as few points as a picture needs.

/// Points kept at the most.
pub(super) const MOST: usize = 200;
/// How far a point may be from the curve without it, where `MOST` points allow: one pixel of a picture of 500.
pub(super) const TOLERANCE: f64 = 2e-3;

/// Part of a curve that is drawn as one straight line.
struct Stretch {
    first: usize,
    last: usize,
    /// The point between both that is furthest from the line; of equals the first.
    furthest: usize,
    /// Its distance, squared.
    square: f64,
}

/// Both ends, and then again and again the point that is furthest from the curve drawn so far, until none is further
/// than [`TOLERANCE`] or [`MOST`] are kept (Ramer 1972; Douglas and Peucker 1973). Rounded to 4 decimals.
pub(super) fn thinned(curve: &[[f64; 2]]) -> Vec<[f64; 2]> {
    let Some(last) = curve.len().checked_sub(1) else { return Vec::new() };
    let mut stretches = vec![Stretch::of(curve, 0, last)];
    while stretches.len() + 1 < MOST {
        let worst = (1..stretches.len()).fold(
            0,
            |worst, i| {
                if stretches[i].square > stretches[worst].square { i } else { worst }
            },
        );
        let Stretch { first, last, furthest, square } = stretches[worst];
        if square <= TOLERANCE * TOLERANCE {
            break;
        }
        stretches[worst] = Stretch::of(curve, first, furthest);
        stretches.insert(worst + 1, Stretch::of(curve, furthest, last));
    }
    let ends = stretches.iter().map(|s| s.last);
    let kept = std::iter::once(0).chain(ends.filter(|&end| end > 0));
    kept.map(|i| curve[i].map(|v| (v * 1e4).round() / 1e4)).collect()
}

impl Stretch {
    fn of(curve: &[[f64; 2]], first: usize, last: usize) -> Self {
        let mut stretch = Self { first, last, furthest: first, square: 0.0 };
        for i in first + 1..last {
            let square = square_distance(curve[i], curve[first], curve[last]);
            if square > stretch.square {
                (stretch.furthest, stretch.square) = (i, square);
            }
        }
        stretch
    }
}

/// The square of the distance of a point from the straight line between two others, ends included.
pub(super) fn square_distance(point: [f64; 2], from: [f64; 2], to: [f64; 2]) -> f64 {
    let (across, up) = (to[0] - from[0], to[1] - from[1]);
    let (x, y) = (point[0] - from[0], point[1] - from[1]);
    let length = across * across + up * up;
    let along = if length > 0.0 { ((x * across + y * up) / length).clamp(0.0, 1.0) } else { 0.0 };
    (x - along * across).powi(2) + (y - along * up).powi(2)
}
