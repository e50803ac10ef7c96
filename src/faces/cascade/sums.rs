//! Sums over rectangles of a picture, each from four numbers (Crow 1984).

use super::wide::LANES;

/// Numbers that can be reached from a window's first one. Places in 16 bits lie within, so that none has to be checked.
pub(super) const REACH: usize = (1 << 16) + LANES;

/// How the columns of sums lie in memory: those that windows `step` apart read at the same place lie side by side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Grid {
    /// Pixels from one window to the next.
    pub(super) step: usize,
    /// Windows in a row.
    pub(super) windows: usize,
    /// Columns of one phase of the step, with room behind the last one for a full set of lanes.
    part: usize,
}

impl Grid {
    /// For as many windows in a row as there are, up to those that 16 bits reach.
    pub(super) fn new(step: usize, windows: usize, [width, height]: [usize; 2]) -> Self {
        let beside = (width + 1).div_ceil(step) + 2 * LANES;
        let most = (1 << 16) / (height + 1) / step - beside;
        let windows = windows.clamp(1, most);
        Self { step, windows, part: windows + beside }
    }

    /// Numbers in a row.
    pub(super) fn row(&self) -> usize {
        self.step * self.part
    }

    /// Where column x of row y lies.
    pub(super) fn at(&self, x: usize, y: usize) -> usize {
        y * self.row() + (x % self.step) * self.part + x / self.step
    }
}

/// Sums of pixels and of their squares above and to the left of each corner in a piece of a picture. They may wrap: the
/// sum over a rectangle comes out right as long as it fits itself.
#[derive(Clone, Debug, Default)]
pub(super) struct Sums {
    pixels: Vec<i32>,
    squares: Vec<i32>,
}

impl Sums {
    /// Of rows of a picture, from the upper one.
    pub(super) fn of<'a>(&mut self, rows: impl ExactSizeIterator<Item = &'a [u8]>, grid: Grid) {
        // What lies behind the last row is within reach of windows, but no feature asks for it.
        let length = grid.row() * (rows.len() + 1) + REACH;
        for sums in [&mut self.pixels, &mut self.squares] {
            sums.resize(length.max(sums.len()), 0);
            sums[..grid.row()].fill(0);
        }
        for (y, row) in rows.enumerate() {
            let [(above, pixels), (above_squares, squares)] = [&mut self.pixels, &mut self.squares].map(|sums| {
                let (above, here) = sums.split_at_mut((y + 1) * grid.row());
                (&above[y * grid.row()..], &mut here[..grid.row()])
            });
            match grid.step {
                1 => along(row, pixels, squares),
                _ => along_by_twos(row, grid.part, pixels, squares),
            }
            pulp::Arch::new().dispatch(Add { above, to: pixels });
            pulp::Arch::new().dispatch(Add { above: above_squares, to: squares });
        }
    }

    /// The sums of pixels and of squares that the windows from one on can reach.
    pub(super) fn from(&self, at: usize) -> Option<[&[i32; REACH]; 2]> {
        Some([self.pixels.get(at..)?.first_chunk()?, self.squares.get(at..)?.first_chunk()?])
    }
}

/// The sums along one row.
fn along(row: &[u8], pixels: &mut [i32], squares: &mut [i32]) {
    let (mut sum, mut square) = (0i32, 0i32);
    (pixels[0], squares[0]) = (0, 0);
    for ((&pixel, to), to_square) in row.iter().zip(&mut pixels[1..]).zip(&mut squares[1..]) {
        let pixel = i32::from(pixel);
        (sum, square) = (sum + pixel, square.wrapping_add(pixel * pixel));
        (*to, *to_square) = (sum, square);
    }
}

/// The same with even columns first and odd ones from `part` on.
fn along_by_twos(row: &[u8], part: usize, pixels: &mut [i32], squares: &mut [i32]) {
    let (mut sum, mut square) = (0i32, 0i32);
    (pixels[0], squares[0]) = (0, 0);
    let ((even, odd), (even_squares, odd_squares)) = (pixels.split_at_mut(part), squares.split_at_mut(part));
    let to = odd.iter_mut().zip(&mut even[1..]).zip(odd_squares.iter_mut().zip(&mut even_squares[1..]));
    for (pair, ((odd, even), (odd_square, even_square))) in row.chunks(2).zip(to) {
        let [first, second] = [pair[0], pair.get(1).copied().unwrap_or_default()].map(i32::from);
        (sum, square) = (sum + first, square.wrapping_add(first * first));
        (*odd, *odd_square) = (sum, square);
        (sum, square) = (sum + second, square.wrapping_add(second * second));
        (*even, *even_square) = (sum, square);
    }
}

/// Adds the row above.
struct Add<'a> {
    above: &'a [i32],
    to: &'a mut [i32],
}

impl pulp::NullaryFnOnce for Add<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        for (to, &above) in self.to.iter_mut().zip(self.above) {
            *to = to.wrapping_add(above);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn four_corners_give_the_sum_of_a_rectangle() {
        let rows: Vec<u8> = (0..65).map(|i| (i * i % 251) as u8).collect();
        for step in [1, 2] {
            let grid = Grid::new(step, 3, [13, 5]);
            let mut sums = Sums::default();
            // Twice, as buffers are used again.
            sums.of([255; 65].chunks(13), grid);
            sums.of(rows.chunks(13), grid);
            let corner = |s: &[i32; REACH], x, y| s[grid.at(x, y)];
            let over = |s: &[i32; REACH]| corner(s, 9, 5) - corner(s, 2, 5) - corner(s, 9, 1) + corner(s, 2, 1);
            let pixels = || (1..5).flat_map(|y| (2..9).map(move |x| (x, y))).map(|(x, y)| i32::from(rows[13 * y + x]));
            let [of_pixels, of_squares] = sums.from(0).unwrap();
            assert_eq!(over(of_pixels), pixels().sum::<i32>());
            assert_eq!(over(of_squares), pixels().map(|p| p * p).sum::<i32>());
        }
    }

    #[test]
    fn places_fit_into_sixteen_bits() {
        for (step, window) in [(1, [24, 24]), (2, [24, 24]), (2, [64, 64]), (1, [3, 3])] {
            let grid = Grid::new(step, 100_000, window);
            assert!(grid.at(window[0], window[1]) < 1 << 16);
            assert!(grid.windows > 300);
            assert!(grid.row() >= grid.at(window[0] + (grid.windows - 1) * step, 0) + LANES);
        }
    }
}
