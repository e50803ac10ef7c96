//! Tiles of results and what they are made of (Lavin and Gray 2016): pixels and weights are transformed, multiplied number by number,
//! and the products transformed back. Each transformation is of a row or column of numbers; it is applied down and across.

use pulp::Simd;

/// Results that are made together.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Tile {
    /// Two by two.
    Two,
    /// Four by four: 2.25 multiplications for a result in place of 4, but also more than twice as many factors.
    Four,
}

impl Tile {
    /// Results a side.
    pub(super) fn side(self) -> usize {
        match self {
            Self::Two => 2,
            Self::Four => 4,
        }
    }

    /// Numbers that are multiplied for a tile.
    pub(super) fn products(self) -> usize {
        (self.side() + 2).pow(2)
    }
}

/// The factors of a kernel, row by row; as many as a tile has products are of use.
pub(super) fn of_weights(tile: Tile, kernel: [[f32; 3]; 3]) -> [f32; 36] {
    let across = kernel.map(|row| of_three(tile, row.map(f64::from)));
    let mut factors = [0.0; 36];
    let side = tile.side() + 2;
    for b in 0..side {
        let down = of_three(tile, [across[0][b], across[1][b], across[2][b]]);
        for (a, &factor) in down.iter().enumerate().take(side) {
            factors[a * side + b] = factor as f32;
        }
    }
    factors
}

/// Of three weights of a row or column; four of them, or six, are of use.
fn of_three(tile: Tile, [p, q, r]: [f64; 3]) -> [f64; 6] {
    match tile {
        Tile::Two => [p, (p + q + r) / 2.0, (p - q + r) / 2.0, r, 0.0, 0.0],
        Tile::Four => {
            let (even, far) = (p + r, p + 4.0 * r);
            [p / 4.0, -(even + q) / 6.0, (q - even) / 6.0, (far + 2.0 * q) / 24.0, (far - 2.0 * q) / 24.0, r]
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

/// Two or four results from a row or column of products.
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
    let (two, four, eight) = (simd.splat_f32s(2.0), simd.splat_f32s(4.0), simd.splat_f32s(8.0));
    let (near, far) = (simd.add_f32s(m[1], m[2]), simd.add_f32s(m[3], m[4]));
    let (turned, farther) = (simd.sub_f32s(m[1], m[2]), simd.sub_f32s(m[3], m[4]));
    out[0] = simd.add_f32s(simd.add_f32s(m[0], near), far);
    out[1] = simd.mul_add_e_f32s(two, farther, turned);
    out[2] = simd.mul_add_e_f32s(four, far, near);
    out[3] = simd.mul_add_e_f32s(eight, farther, simd.add_f32s(turned, m[5]));
    out
}
