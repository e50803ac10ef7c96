//! Convolutions with stride 1, a tile of results at a time (Lavin and Gray 2016, "Fast algorithms for convolutional neural networks"). By
//! 3 x 3 kernels two by two of them from four by four pixels take 16 multiplications in place of 36, four by four of them 36 in place of
//! 144; the same six by six pixels are good for three by three results by 4 x 4 kernels (36 in place of 144) and for two by two by 5 x 5
//! kernels (36 in place of 100).

use std::ops::Range;

use pulp::{Simd, WithSimd};

use super::maps::{GROUP, Maps, filled_up, full};
use super::product::{Panels, lanes, load, multiply, store};
use super::tiles::{Tile, of_pixels, of_products};

/// Numbers of the transformed pixels of a block, which should stay in the cache.
const BLOCK: usize = 192 * 1024;

/// A convolution, with the ReLU behind it or without.
#[derive(Clone, Debug)]
pub(super) struct Winograd {
    inputs: usize,
    outputs: usize,
    /// Rows and columns of zeros before and behind the maps.
    padding: [usize; 2],
    tile: Tile,
    /// For all products of a tile, one behind the other in each panel.
    factors: Panels,
    bias: Vec<f32>,
    relu: bool,
}

/// Room for a block of tiles.
#[derive(Clone, Debug, Default)]
pub(super) struct Scratch {
    pixels: Vec<f32>,
    products: Vec<f32>,
    /// A row of pixels beyond the edge.
    zeros: Vec<f32>,
}

impl Winograd {
    /// `weight(output, input, y, x)` and a bias for each output; rows and columns of zeros before and behind the maps.
    pub(super) fn new(
        [inputs, outputs]: [usize; 2],
        weight: impl Fn(usize, usize, usize, usize) -> f32,
        bias: &[f32],
        padding: [usize; 2],
        tile: Tile,
        relu: bool,
    ) -> Self {
        let (pairs, products) = (inputs * outputs, tile.products());
        let mut factors = vec![0.0; products * pairs];
        for pair in 0..pairs {
            let (input, output) = (pair / outputs, pair % outputs);
            let of_pair = tile.of_weights(|y, x| weight(output, input, y, x));
            for (factors, factor) in factors.chunks_exact_mut(pairs).zip(of_pair) {
                factors[pair] = factor;
            }
        }
        let full_inputs = full(inputs);
        let factors = Panels::new(products * full_inputs, outputs, |i, output| {
            let (at, input) = (i / full_inputs, i % full_inputs);
            if input < inputs { factors[at * pairs + input * outputs + output] } else { 0.0 }
        });
        let bias = filled_up(bias.iter().copied());
        Self { inputs: full_inputs, outputs: full(outputs), padding, tile, factors, bias, relu }
    }

    /// Height and width of what comes out.
    pub(super) fn size(&self, [height, width]: [usize; 2]) -> [usize; 2] {
        let [before, behind] = self.padding;
        [height, width].map(|side| side + before + behind + 1 - self.tile.kernel)
    }

    /// Channels of what comes in.
    pub(super) fn inputs(&self) -> usize {
        self.inputs
    }

    /// Channels of what comes out.
    pub(super) fn outputs(&self) -> usize {
        self.outputs
    }

    /// The rows of tiles of maps of this size.
    pub(super) fn tile_rows(&self, size: [usize; 2]) -> usize {
        self.size(size)[0].div_ceil(self.tile.side)
    }

    /// Rows of pixels in a row of tiles.
    pub(super) fn tile_side(&self) -> usize {
        self.tile.side
    }

    /// Some rows of tiles of all pictures and some groups of channels; `out` begins at the first row of pixels of the first of these
    /// tiles and has these channels alone. What a shortcut brings `around` (of all channels) is added, and what is below zero then
    /// taken away.
    pub(super) fn run(
        &self,
        maps: &Maps,
        around: Option<&Maps>,
        rows: Range<usize>,
        groups: Range<usize>,
        out: &mut [f32],
        scratch: &mut Scratch,
    ) {
        pulp::Arch::new().dispatch(Run { convolution: self, maps, around, rows, groups, out, scratch });
    }

    /// How many factors there are.
    pub(super) fn factors(&self) -> usize {
        self.tile.products() * self.inputs * self.outputs
    }

    /// Tiles of a block: whole rows of the largest register block, as many as fit.
    fn tiles(&self) -> usize {
        (BLOCK / (self.tile.products() * self.inputs)).next_multiple_of(12).clamp(12, 48)
    }
}

/// Numbers from what one product of all tiles takes or gives to the next. A line of the cache more than there are, because lines a multiple of 4096
/// bytes apart would push each other out.
#[inline(always)]
fn apart(tiles: usize, channels: usize) -> usize {
    tiles * channels + 16
}

struct Run<'a> {
    convolution: &'a Winograd,
    maps: &'a Maps,
    around: Option<&'a Maps>,
    rows: Range<usize>,
    groups: Range<usize>,
    out: &'a mut [f32],
    scratch: &'a mut Scratch,
}

impl WithSimd for Run<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let tile = self.convolution.tile;
        match (tile.side, tile.seen()) {
            (2, 4) => self.run::<S, 2, 4>(simd),
            (2, _) => self.run::<S, 2, 6>(simd),
            (3, _) => self.run::<S, 3, 6>(simd),
            _ => self.run::<S, 4, 6>(simd),
        }
    }
}

impl Run<'_> {
    /// With tiles of `TILE` results a side, from `SEEN` pixels.
    #[inline(always)]
    fn run<S: Simd, const TILE: usize, const SEEN: usize>(self, simd: S) {
        let Self { convolution: c, maps, around, rows, groups, out, scratch } = self;
        let [_, out_width] = c.size([maps.height, maps.width]);
        let (wide, most) = (out_width.div_ceil(TILE), c.tiles());
        scratch.pixels.resize((SEEN * SEEN * apart(most, c.inputs)).max(scratch.pixels.len()), 0.0);
        scratch.zeros.resize(maps.row().max(scratch.zeros.len()), 0.0);
        scratch.products.resize((SEEN * SEEN * apart(most, GROUP)).max(scratch.products.len()), 0.0);
        let top = c.first_pixel_row(maps, rows.start);
        for first in (rows.start * wide..rows.end * wide).step_by(most) {
            let tiles = first..(first + most).min(rows.end * wide);
            let mut at = tiles.start;
            while at < tiles.end {
                let end = (at / wide * wide + wide).min(tiles.end);
                let from = c.pixels::<SEEN>(maps, at / wide, &scratch.zeros);
                c.transform::<S, TILE, SEEN>(
                    simd,
                    &from,
                    at % wide..at % wide + end - at,
                    &mut scratch.pixels,
                    at - first,
                    most,
                );
                at = end;
            }
            for panel in groups.clone() {
                for (i, factors) in c.factors.panel(panel).chunks_exact(c.inputs * GROUP).enumerate() {
                    let pixels = &scratch.pixels[i * apart(most, c.inputs)..][..tiles.len() * c.inputs];
                    let products = &mut scratch.products[i * apart(most, GROUP)..][..most * GROUP];
                    multiply(simd, tiles.len(), pixels, factors, products, GROUP);
                }
                for tile in tiles.clone() {
                    let (row, column) = (tile / wide, tile % wide);
                    let at = [c.first_pixel_row(maps, row), TILE * column];
                    let room = c.room(maps, row, column);
                    let around = around.map(|maps| maps.values.as_slice());
                    let to = Place { at, top, room, width: out_width, groups: &groups, panel, around };
                    c.transform_back::<S, TILE, SEEN>(simd, &scratch.products, tile - first, most, out, to);
                }
            }
        }
    }
}

impl Winograd {
    /// The row of pixels, counted over all pictures, at which a row of tiles begins in what comes out.
    #[inline(always)]
    fn first_pixel_row(&self, maps: &Maps, row: usize) -> usize {
        let [height, _] = self.size([maps.height, maps.width]);
        let of_picture = height.div_ceil(self.tile.side);
        row / of_picture * height + self.tile.side * (row % of_picture)
    }

    /// Rows and columns of a tile that lie within what comes out.
    #[inline(always)]
    fn room(&self, maps: &Maps, row: usize, column: usize) -> [usize; 2] {
        let ([height, width], side) = (self.size([maps.height, maps.width]), self.tile.side);
        [(height - side * (row % height.div_ceil(side))).min(side), (width - side * column).min(side)]
    }

    /// The pixels that a row of tiles sees.
    #[inline(always)]
    fn pixels<'a, const SEEN: usize>(&self, maps: &'a Maps, row: usize, zeros: &'a [f32]) -> Pixels<'a, SEEN> {
        let of_picture = self.tile_rows([maps.height, maps.width]);
        let picture = row / of_picture * maps.height * maps.row();
        let rows = std::array::from_fn(|a| {
            let y = (self.tile.side * (row % of_picture) + a).wrapping_sub(self.padding[0]);
            if y < maps.height { &maps.values[picture + y * maps.row()..][..maps.row()] } else { &zeros[..maps.row()] }
        });
        Pixels { rows, width: maps.width, channels: maps.channels, padding: self.padding[0] }
    }

    /// The transformed pixels of neighbouring tiles of a row, channels last, from tile `to` of the block on.
    #[inline(always)]
    fn transform<S: Simd, const TILE: usize, const SEEN: usize>(
        &self,
        simd: S,
        from: &Pixels<'_, SEEN>,
        columns: Range<usize>,
        pixels: &mut [f32],
        to: usize,
        most: usize,
    ) {
        for channel in (0..self.inputs).step_by(lanes::<S>()) {
            let mut seen = [[simd.splat_f32s(0.0); SEEN]; SEEN];
            for (x, seen) in seen[TILE..].iter_mut().enumerate() {
                *seen = from.down(simd, TILE * columns.start + x, channel);
            }
            for (tile, column) in columns.clone().enumerate() {
                // The last columns of a tile are the first ones of the next.
                seen.copy_within(TILE.., 0);
                for (x, seen) in seen[SEEN - TILE..].iter_mut().enumerate() {
                    *seen = from.down(simd, TILE * column + SEEN - TILE + x, channel);
                }
                let at = (to + tile) * self.inputs + channel;
                let apart = apart(most, self.inputs);
                for a in 0..SEEN {
                    let mut across = [simd.splat_f32s(0.0); SEEN];
                    for (value, seen) in across.iter_mut().zip(&seen) {
                        *value = seen[a];
                    }
                    for (b, &value) in of_pixels(simd, across).iter().enumerate() {
                        store::<S>(pixels, at + (SEEN * a + b) * apart, value);
                    }
                }
            }
        }
    }

    /// The results of a tile from its products, for one group of channels.
    #[inline(always)]
    fn transform_back<S: Simd, const TILE: usize, const SEEN: usize>(
        &self,
        simd: S,
        products: &[f32],
        tile: usize,
        most: usize,
        out: &mut [f32],
        to: Place<'_>,
    ) {
        let (Place { at: [y, x], room: [high, wide], .. }, channels) = (to, to.groups.len() * GROUP);
        let first = (to.panel - to.groups.start) * GROUP;
        let (apart, zero) = (apart(most, GROUP), simd.splat_f32s(0.0));
        for channel in (0..GROUP).step_by(lanes::<S>()) {
            let mut rows = [[zero; SEEN]; TILE];
            for b in 0..SEEN {
                let mut down = [zero; SEEN];
                for (a, down) in down.iter_mut().enumerate() {
                    *down = load::<S>(products, (SEEN * a + b) * apart + tile * GROUP + channel);
                }
                let down: [S::f32s; TILE] = of_products(simd, down);
                for (row, &value) in rows.iter_mut().zip(&down) {
                    row[b] = value;
                }
            }
            let bias = load::<S>(&self.bias, to.panel * GROUP + channel);
            for (a, &across) in rows.iter().enumerate().take(high) {
                let across: [S::f32s; TILE] = of_products(simd, across);
                for (b, &value) in across.iter().enumerate().take(wide) {
                    let mut value = simd.add_f32s(value, bias);
                    if let Some(around) = to.around {
                        let at = ((y + a) * to.width + x + b) * self.outputs + to.panel * GROUP + channel;
                        value = simd.add_f32s(value, load::<S>(around, at));
                    }
                    if self.relu || to.around.is_some() {
                        value = simd.max_f32s(value, zero);
                    }
                    store::<S>(out, ((y + a - to.top) * to.width + x + b) * channels + first + channel, value);
                }
            }
        }
    }
}

/// Where the results of a tile go.
#[derive(Clone, Copy)]
struct Place<'a> {
    /// Row (counted over all pictures) and column of the first one.
    at: [usize; 2],
    /// The first row that is made.
    top: usize,
    /// Rows and columns of them that lie within what comes out.
    room: [usize; 2],
    /// Pixels in a row.
    width: usize,
    /// Groups of channels that are made, and the one that these are of.
    groups: &'a Range<usize>,
    panel: usize,
    /// What is added.
    around: Option<&'a [f32]>,
}

/// Some rows of a picture; before and behind them are zeros.
struct Pixels<'a, const SEEN: usize> {
    rows: [&'a [f32]; SEEN],
    width: usize,
    channels: usize,
    padding: usize,
}

impl<const SEEN: usize> Pixels<'_, SEEN> {
    /// A column of pixels, transformed downwards.
    #[inline(always)]
    fn down<S: Simd>(&self, simd: S, x: usize, channel: usize) -> [S::f32s; SEEN] {
        let mut column = [simd.splat_f32s(0.0); SEEN];
        let x = x.wrapping_sub(self.padding);
        if x < self.width {
            for (value, row) in column.iter_mut().zip(&self.rows) {
                *value = load::<S>(row, x * self.channels + channel);
            }
        }
        of_pixels(simd, column)
    }
}
