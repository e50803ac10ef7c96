//! Image gradients, spread softly over eight orientations.

/// Orientations of a descriptor; one vector register holds them all.
pub(in crate::features) const ORIENTATIONS: usize = 8;

/// The contribution of one pixel, or the sum over many, to each orientation.
pub(super) type Lanes = [f32; ORIENTATIONS];

/// atan(x) * 4 / pi on [0, 1] as an odd polynomial, at most 2.2e-6 of an orientation bin off (minimax fit).
const ARC_TANGENT: [f32; 6] = [1.273_210_5, -0.423_508_53, 0.246_423_23, -0.148_238_72, 0.067_032_6, -0.014_921_23];

/// Magnitude of a gradient, and its angle in orientation bins, from 0 to 8: x to the right is 0, y downwards 2.
#[inline(always)]
fn polar(dx: f32, dy: f32) -> (f32, f32) {
    let (ax, ay) = (dx.abs(), dy.abs());
    let steep = ay > ax;
    let (small, large) = if steep { (ax, ay) } else { (ay, ax) };
    // Without a gradient the angle is of no account, but it must be a number.
    let t = small / if large > 1e-30 { large } else { 1.0 };
    let s = t * t;
    let [a, b, c, d, e, f] = ARC_TANGENT;
    let octant = t * (a + s * (b + s * (c + s * (d + s * (e + s * f)))));
    let quadrant = if steep { 2.0 - octant } else { octant };
    let half = if dx < 0.0 { 4.0 - quadrant } else { quadrant };
    let angle = if dy < 0.0 { 8.0 - half } else { half };
    ((dx * dx + dy * dy).sqrt(), angle)
}

/// Magnitudes and angles along the middle one of three rows. `apart` is 1 / (distance of the outer ones): 0.5, and 1
/// at the border, where one of them is the middle row itself.
#[inline(always)]
pub(super) fn row_gradients(rows: [&[f32]; 3], apart: f32, magnitude: &mut [f32], angle: &mut [f32]) {
    let [above, row, below] = rows;
    let last = row.len() - 1;
    let down = |x: usize| apart * (below[x] - above[x]);
    // Along the row, too, there is one neighbour only at the ends.
    (magnitude[0], angle[0]) = polar(row[1.min(last)] - row[0], down(0));
    (magnitude[last], angle[last]) = polar(row[last] - row[last.saturating_sub(1)], down(last));
    let inner = row.len().saturating_sub(2);
    let (left, right) = (&row[..inner], &row[row.len() - inner..]);
    let (above, below) = (&above[1.min(last)..][..inner], &below[1.min(last)..][..inner]);
    let (magnitude, angle) = (&mut magnitude[1.min(last)..][..inner], &mut angle[1.min(last)..][..inner]);
    for i in 0..inner {
        (magnitude[i], angle[i]) = polar(0.5 * (right[i] - left[i]), apart * (below[i] - above[i]));
    }
}

/// Splits each magnitude between the two orientations next to its angle.
#[inline(always)]
pub(super) fn spread(magnitude: &[f32], angle: &[f32], out: &mut [Lanes]) {
    const BIN: Lanes = [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0];
    for ((&m, &a), out) in magnitude.iter().zip(angle).zip(out) {
        for b in 0..ORIENTATIONS {
            let apart = (a - BIN[b]).abs();
            let round = ORIENTATIONS as f32 - apart;
            let nearest = if apart < round { apart } else { round };
            let share = 1.0 - nearest;
            out[b] = m * if share > 0.0 { share } else { 0.0 };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn angles_are_those_of_atan2() {
        for degrees in 0..720 {
            let radians = f64::from(degrees) * std::f64::consts::PI / 360.0;
            let (dx, dy) = ((3.0 * radians.cos()) as f32, (3.0 * radians.sin()) as f32);
            let (magnitude, angle) = polar(dx, dy);
            let expected = f64::from(degrees) / 90.0;
            let apart = (f64::from(angle) - expected).abs();
            assert!(apart.min(8.0 - apart) < 5e-6, "{degrees} half degrees: {angle}, not {expected}");
            assert!((magnitude - 3.0).abs() < 1e-5);
        }
        assert_eq!(polar(0.0, 0.0).0, 0.0);
        assert!(polar(0.0, 0.0).1.is_finite());
    }

    #[test]
    fn a_magnitude_is_shared_between_neighbours_around_the_circle() {
        let mut out = [[0.0; ORIENTATIONS]; 4];
        spread(&[2.0, 2.0, 4.0, 1.0], &[3.0, 1.25, 7.75, 8.0], &mut out);
        assert_eq!(out[0], [0.0, 0.0, 0.0, 2.0, 0.0, 0.0, 0.0, 0.0]);
        assert_eq!(out[1], [0.0, 1.5, 0.5, 0.0, 0.0, 0.0, 0.0, 0.0]);
        assert_eq!(out[2], [3.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0]);
        assert_eq!(out[3], [1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]);
    }

    #[test]
    fn differences_are_central_inside_and_one_sided_at_the_ends() {
        let (mut magnitude, mut angle) = ([0.0; 4], [0.0; 4]);
        let row = [0.0, 1.0, 4.0, 9.0];
        row_gradients([&row, &row, &row], 0.5, &mut magnitude, &mut angle);
        assert_eq!(magnitude, [1.0, 2.0, 4.0, 5.0]);
        assert!(angle.iter().all(|&a| a.abs() < 1e-6));
        let (mut magnitude, mut angle) = ([0.0; 1], [0.0; 1]);
        row_gradients([&[1.0], &[1.0], &[4.0]], 1.0, &mut magnitude, &mut angle);
        assert_eq!(magnitude, [3.0]);
        assert!((angle[0] - 2.0).abs() < 1e-6);
    }
}
