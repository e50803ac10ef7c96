//! Tiles of results and what they are made of (Lavin and Gray 2016): pixels and weights are transformed, multiplied number by number,
//! and the products transformed back. Each transformation is of a row or column of numbers; it is applied down and across.

use pulp::Simd;

/// Results that are made together, of a kernel.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Tile {
    /// Results a side.
    pub(super) side: usize,
    /// Weights a side.
    pub(super) kernel: usize,
}

impl Tile {
    /// Two by two, of kernels of three by three.
    pub(super) const TWO: Self = Self { side: 2, kernel: 3 };
    /// Four by four of these: 2.25 multiplications for a result in place of 4, but also more than twice as many factors.
    pub(super) const FOUR: Self = Self { side: 4, kernel: 3 };
    /// Three by three, of kernels of four by four.
    pub(super) const THREE_OF_FOUR: Self = Self { side: 3, kernel: 4 };
    /// Two by two, of kernels of five by five.
    pub(super) const TWO_OF_FIVE: Self = Self { side: 2, kernel: 5 };

    /// Pixels a side that are looked at: four or six.
    pub(super) fn seen(self) -> usize {
        self.side + self.kernel - 1
    }

    /// Numbers that are multiplied for a tile.
    pub(super) fn products(self) -> usize {
        self.seen().pow(2)
    }

    /// The factors of a kernel, `weight(y, x)`, row by row; as many as a tile has products are of use.
    pub(super) fn of_weights(self, weight: impl Fn(usize, usize) -> f32) -> [f32; 36] {
        let mut across = [[0.0; 6]; 5];
        for (y, across) in across.iter_mut().enumerate().take(self.kernel) {
            *across = self.of_row(|x| weight(y, x).into());
        }
        let (mut factors, seen) = ([0.0; 36], self.seen());
        for b in 0..seen {
            let down = self.of_row(|y| across[y][b]);
            for (a, &factor) in down.iter().enumerate().take(seen) {
                factors[a * seen + b] = factor as f32;
            }
        }
        factors
    }

    /// Of the weights of a row or column: the polynomial they are, at each point, by what the transformation of pixels leaves out. Four
    /// of them, or six, are of use.
    fn of_row(self, weight: impl Fn(usize) -> f64) -> [f64; 6] {
        let at = |point: f64| (0..self.kernel).rev().fold(0.0, |sum, i| sum * point + weight(i));
        let last = weight(self.kernel - 1);
        match self.seen() {
            4 => [at(0.0), at(1.0) / 2.0, at(-1.0) / 2.0, last, 0.0, 0.0],
            _ => [at(0.0) / 4.0, at(1.0) / -6.0, at(-1.0) / -6.0, at(2.0) / 24.0, at(-2.0) / 24.0, last],
        }
    }
}

/// Of four or six pixels of a row or column.
#[inline(always)]
pub(super) fn of_pixels<S: Simd, const SEEN: usize>(simd: S, d: [S::f32s; SEEN]) -> [S::f32s; SEEN] {
    let mut out = d;
    if SEEN == 4 {
        out[0] = simd.sub_f32s(d[0], d[2]);
        out[1] = simd.add_f32s(d[1], d[2]);
        out[2] = simd.sub_f32s(d[2], d[1]);
        out[3] = simd.sub_f32s(d[1], d[3]);
        return out;
    }
    let (two, four, minus_four) = (simd.splat_f32s(2.0), simd.splat_f32s(4.0), simd.splat_f32s(-4.0));
    let minus_five = simd.splat_f32s(-5.0);
    let (even, odd) = (simd.mul_add_e_f32s(minus_four, d[2], d[4]), simd.mul_add_e_f32s(minus_four, d[1], d[3]));
    let (near, far) = (simd.sub_f32s(d[4], d[2]), simd.mul_f32s(two, simd.sub_f32s(d[3], d[1])));
    out[0] = simd.mul_add_e_f32s(four, d[0], simd.mul_add_e_f32s(minus_five, d[2], d[4]));
    out[1] = simd.add_f32s(even, odd);
    out[2] = simd.sub_f32s(even, odd);
    out[3] = simd.add_f32s(near, far);
    out[4] = simd.sub_f32s(near, far);
    out[5] = simd.mul_add_e_f32s(four, d[1], simd.mul_add_e_f32s(minus_five, d[3], d[5]));
    out
}

/// Results from a row or column of products.
#[inline(always)]
pub(super) fn of_products<S: Simd, const SEEN: usize, const TILE: usize>(
    simd: S,
    m: [S::f32s; SEEN],
) -> [S::f32s; TILE] {
    let mut out = [simd.splat_f32s(0.0); TILE];
    if SEEN == 4 {
        out[0] = simd.add_f32s(simd.add_f32s(m[0], m[1]), m[2]);
        out[1] = simd.sub_f32s(simd.sub_f32s(m[1], m[2]), m[3]);
        return out;
    }
    let (near, far) = (simd.add_f32s(m[1], m[2]), simd.add_f32s(m[3], m[4]));
    let (turned, farther) = (simd.sub_f32s(m[1], m[2]), simd.sub_f32s(m[3], m[4]));
    for (power, out) in out.iter_mut().enumerate() {
        let (near, far) = if power % 2 == 0 { (near, far) } else { (turned, farther) };
        *out = simd.mul_add_e_f32s(simd.splat_f32s((1 << power) as f32), far, near);
    }
    out[0] = simd.add_f32s(out[0], m[0]);
    out[TILE - 1] = simd.add_f32s(out[TILE - 1], m[5]);
    out
}
