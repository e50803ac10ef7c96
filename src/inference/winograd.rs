//! Convolutions by 3 x 3 kernels with stride 1, two by two results from four by four pixels (Lavin and Gray 2016, "Fast algorithms for
//! convolutional neural networks"): 16 multiplications in place of 36.

use std::ops::Range;

use pulp::{Simd, WithSimd};

use super::maps::{GROUP, Maps, filled_up, full};
use super::product::{Panels, lanes, load, multiply, store};

/// Numbers of the transformed pixels of a block, which should stay in the cache.
const BLOCK: usize = 96 * 1024;

/// A convolution, with the ReLU behind it or without.
#[derive(Clone, Debug)]
pub(super) struct Winograd {
    inputs: usize,
    outputs: usize,
    padding: usize,
    /// For the 16 products, one behind the other in each panel.
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
    /// `weight(output, input, y, x)` and a bias for each output; rows and columns of zeros around the maps.
    pub(super) fn new(
        [inputs, outputs]: [usize; 2],
        weight: impl Fn(usize, usize, usize, usize) -> f32,
        bias: &[f32],
        padding: usize,
        relu: bool,
    ) -> Self {
        let pairs = inputs * outputs;
        let mut factors = vec![0.0; 16 * pairs];
        for output in 0..outputs {
            for input in 0..inputs {
                let down: [[f32; 4]; 3] =
                    std::array::from_fn(|x| transformed(std::array::from_fn(|y| weight(output, input, y, x))));
                for a in 0..4 {
                    for (b, factor) in transformed(down.map(|column| column[a])).into_iter().enumerate() {
                        factors[(4 * a + b) * pairs + input * outputs + output] = factor;
                    }
                }
            }
        }
        let full_inputs = full(inputs);
        let factors = Panels::new(16 * full_inputs, outputs, |i, output| {
            let (at, input) = (i / full_inputs, i % full_inputs);
            if input < inputs { factors[at * pairs + input * outputs + output] } else { 0.0 }
        });
        let bias = filled_up(bias.iter().copied());
        Self { inputs: full_inputs, outputs: full(outputs), padding, factors, bias, relu }
    }

    /// Height and width of what comes out.
    pub(super) fn size(&self, [height, width]: [usize; 2]) -> [usize; 2] {
        [height, width].map(|side| side + 2 * self.padding - 2)
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
        self.size(size)[0].div_ceil(2)
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

    /// Whether its factors are more than the maps that it makes of those of a picture: threads then share factors and not rows.
    pub(super) fn is_heavy(&self, size: [usize; 2]) -> bool {
        let [height, width] = self.size(size);
        16 * self.inputs * self.outputs > 2 * height * width * (self.inputs + self.outputs)
    }

    /// Tiles of a block: whole rows of the largest register block, as many as fit.
    fn tiles(&self) -> usize {
        (BLOCK / (16 * self.inputs)).next_multiple_of(12).clamp(12, 48)
    }
}

/// Three weights of a row or column become four.
fn transformed([p, q, r]: [f32; 3]) -> [f32; 4] {
    [p, (p + q + r) / 2.0, (p - q + r) / 2.0, r]
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
        let Self { convolution: c, maps, around, rows, groups, out, scratch } = self;
        let [_, out_width] = c.size([maps.height, maps.width]);
        let (wide, most) = (out_width.div_ceil(2), c.tiles());
        scratch.pixels.resize((16 * most * c.inputs).max(scratch.pixels.len()), 0.0);
        scratch.zeros.resize(maps.row().max(scratch.zeros.len()), 0.0);
        scratch.products.resize((16 * most * GROUP).max(scratch.products.len()), 0.0);
        let top = c.first_pixel_row(maps, rows.start);
        for first in (rows.start * wide..rows.end * wide).step_by(most) {
            let tiles = first..(first + most).min(rows.end * wide);
            let mut at = tiles.start;
            while at < tiles.end {
                let end = (at / wide * wide + wide).min(tiles.end);
                let from = c.pixels(maps, at / wide, &scratch.zeros);
                c.transform(simd, &from, at % wide..at % wide + end - at, &mut scratch.pixels, at - first, most);
                at = end;
            }
            for panel in groups.clone() {
                for (i, factors) in c.factors.panel(panel).chunks_exact(c.inputs * GROUP).enumerate() {
                    let pixels = &scratch.pixels[i * most * c.inputs..][..tiles.len() * c.inputs];
                    let products = &mut scratch.products[i * most * GROUP..][..most * GROUP];
                    multiply(simd, tiles.len(), pixels, factors, products, GROUP);
                }
                for tile in tiles.clone() {
                    let (row, column) = (tile / wide, tile % wide);
                    let at = [c.first_pixel_row(maps, row), 2 * column];
                    let room = c.room(maps, row, column);
                    let around = around.map(|maps| maps.values.as_slice());
                    let to = Place { at, top, room, width: out_width, groups: &groups, panel, around };
                    c.transform_back(simd, &scratch.products, tile - first, most, out, to);
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
        let of_picture = height.div_ceil(2);
        row / of_picture * height + 2 * (row % of_picture)
    }

    /// Rows and columns of a tile that lie within what comes out.
    #[inline(always)]
    fn room(&self, maps: &Maps, row: usize, column: usize) -> [usize; 2] {
        let [height, width] = self.size([maps.height, maps.width]);
        [(height - 2 * (row % height.div_ceil(2))).min(2), (width - 2 * column).min(2)]
    }

    /// The pixels that a row of tiles sees.
    #[inline(always)]
    fn pixels<'a>(&self, maps: &'a Maps, row: usize, zeros: &'a [f32]) -> Pixels<'a> {
        let of_picture = self.tile_rows([maps.height, maps.width]);
        let picture = row / of_picture * maps.height * maps.row();
        let rows = std::array::from_fn(|a| {
            let y = (2 * (row % of_picture) + a).wrapping_sub(self.padding);
            if y < maps.height { &maps.values[picture + y * maps.row()..][..maps.row()] } else { &zeros[..maps.row()] }
        });
        Pixels { rows, width: maps.width, channels: maps.channels, padding: self.padding }
    }

    /// The 16 transformed pixels of neighbouring tiles of a row, channels last, from tile `to` of the block on.
    #[inline(always)]
    fn transform<S: Simd>(
        &self,
        simd: S,
        from: &Pixels<'_>,
        columns: Range<usize>,
        pixels: &mut [f32],
        to: usize,
        most: usize,
    ) {
        for channel in (0..self.inputs).step_by(lanes::<S>()) {
            let mut first = from.down(simd, 2 * columns.start, channel);
            let mut second = from.down(simd, 2 * columns.start + 1, channel);
            for (tile, column) in columns.clone().enumerate() {
                let third = from.down(simd, 2 * column + 2, channel);
                let fourth = from.down(simd, 2 * column + 3, channel);
                let at = (to + tile) * self.inputs + channel;
                let apart = most * self.inputs;
                for a in 0..4 {
                    let to = at + 4 * a * apart;
                    store::<S>(pixels, to, simd.sub_f32s(first[a], third[a]));
                    store::<S>(pixels, to + apart, simd.add_f32s(second[a], third[a]));
                    store::<S>(pixels, to + 2 * apart, simd.sub_f32s(third[a], second[a]));
                    store::<S>(pixels, to + 3 * apart, simd.sub_f32s(second[a], fourth[a]));
                }
                (first, second) = (third, fourth);
            }
        }
    }

    /// The two by two results of a tile from its 16 products, for one group of channels.
    #[inline(always)]
    fn transform_back<S: Simd>(
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
        for channel in (0..GROUP).step_by(lanes::<S>()) {
            let (mut upper, mut lower) = ([simd.splat_f32s(0.0); 4], [simd.splat_f32s(0.0); 4]);
            for (b, (upper, lower)) in upper.iter_mut().zip(&mut lower).enumerate() {
                let at = (b * most + tile) * GROUP + channel;
                let apart = 4 * most * GROUP;
                let (p, q) = (load::<S>(products, at), load::<S>(products, at + apart));
                let (r, s) = (load::<S>(products, at + 2 * apart), load::<S>(products, at + 3 * apart));
                *upper = simd.add_f32s(simd.add_f32s(p, q), r);
                *lower = simd.sub_f32s(simd.sub_f32s(q, r), s);
            }
            let bias = load::<S>(&self.bias, to.panel * GROUP + channel);
            for (a, &[p, q, r, s]) in [upper, lower].iter().enumerate().take(high) {
                let both = [simd.add_f32s(simd.add_f32s(p, q), r), simd.sub_f32s(simd.sub_f32s(q, r), s)];
                for (b, &value) in both.iter().enumerate().take(wide) {
                    let mut value = simd.add_f32s(value, bias);
                    if let Some(around) = to.around {
                        let at = ((y + a) * to.width + x + b) * self.outputs + to.panel * GROUP + channel;
                        value = simd.add_f32s(value, load::<S>(around, at));
                    }
                    if self.relu || to.around.is_some() {
                        value = simd.max_f32s(value, simd.splat_f32s(0.0));
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

/// Four rows of a picture; before and behind them are zeros.
struct Pixels<'a> {
    rows: [&'a [f32]; 4],
    width: usize,
    channels: usize,
    padding: usize,
}

impl Pixels<'_> {
    /// A column of four pixels, transformed downwards.
    #[inline(always)]
    fn down<S: Simd>(&self, simd: S, x: usize, channel: usize) -> [S::f32s; 4] {
        let x = x.wrapping_sub(self.padding);
        if x >= self.width {
            return [simd.splat_f32s(0.0); 4];
        }
        let at = x * self.channels + channel;
        let (p, q) = (load::<S>(self.rows[0], at), load::<S>(self.rows[1], at));
        let (r, s) = (load::<S>(self.rows[2], at), load::<S>(self.rows[3], at));
        [simd.sub_f32s(p, r), simd.add_f32s(q, r), simd.sub_f32s(r, q), simd.sub_f32s(q, s)]
    }
}
