//! Smaller copies of a picture.

use rayon::prelude::*;

/// Bits behind the point of a share of a pixel.
const BITS: u32 = 8;
const ONE: u16 = 1 << BITS;
/// Rows of the copy that a thread makes at a time.
const ROWS: usize = 32;

/// Which two pixels of a row or column lie around one of the copy, and how much of the second is in it.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Between {
    first: usize,
    second: usize,
    share: u16,
}

/// A copy of other size by bilinear interpolation, in whole numbers: shares of 1/256, rounded once at the end. Equal to
/// OpenCV's `INTER_LINEAR_EXACT`.
pub(super) fn shrink(picture: &[u8], [width, height]: [usize; 2], [w, h]: [usize; 2]) -> Vec<u8> {
    let mut copy = vec![0; w * h];
    if picture.len() < width * height || width == 0 || w == 0 {
        return copy;
    }
    let (columns, rows) = (along(width, w), along(height, h));
    copy.par_chunks_mut(ROWS * w).zip(rows.par_chunks(ROWS)).for_each_init(
        || vec![0; width],
        |blended, (into, rows)| {
            for (into, row) in into.chunks_exact_mut(w).zip(rows) {
                let [a, b] = [row.first, row.second].map(|y| &picture[y * width..][..width]);
                pulp::Arch::new().dispatch(Blend { a, b, share: row.share, into: blended });
                for (pixel, c) in into.iter_mut().zip(&columns) {
                    let [a, b] = [c.first, c.second].map(|x| u32::from(blended[x]));
                    let both = a * u32::from(ONE - c.share) + b * u32::from(c.share);
                    *pixel = ((both + (1 << (2 * BITS - 1))) >> (2 * BITS)) as u8;
                }
            }
        },
    );
    copy
}

/// Where the pixels of a side of `to` lie on one of `from`: the middles of the outer ones are no nearer to the edge than
/// those of the picture.
fn along(from: usize, to: usize) -> Vec<Between> {
    let scale = 1.0 / (to as f64 / from as f64);
    let last = from - 1;
    let between = |at: usize| {
        let exact = scale * (at as f64 + 0.5) - 0.5;
        let first = exact.floor();
        match (first >= 0.0 && from > 1, first as usize) {
            (true, first) if first < last => {
                let share = ((exact - first as f64) * f64::from(ONE)).round_ties_even() as u16;
                Between { first, second: first + 1, share }
            }
            (true, _) => Between { first: last, second: last, share: 0 },
            (false, _) => Between { first: 0, second: 0, share: 0 },
        }
    };
    (0..to).map(between).collect()
}

/// One row between two, in shares of 1/256.
struct Blend<'a> {
    a: &'a [u8],
    b: &'a [u8],
    share: u16,
    into: &'a mut [u16],
}

impl pulp::NullaryFnOnce for Blend<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let other = ONE - self.share;
        for ((into, &a), &b) in self.into.iter_mut().zip(self.a).zip(self.b) {
            *into = u16::from(a) * other + u16::from(b) * self.share;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_the_size_is_the_mean_of_four() {
        assert_eq!(shrink(&[0, 10, 20, 30, 40, 50, 60, 70], [4, 2], [2, 1]), [25, 45]);
    }

    #[test]
    fn the_same_size_is_the_same_picture() {
        let picture: Vec<u8> = (0..35).map(|i| (i * 7) as u8).collect();
        assert_eq!(shrink(&picture, [7, 5], [7, 5]), picture);
    }
}
