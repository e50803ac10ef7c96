//! Blocks of convolutions: the trunk.

use rayon::prelude::*;

use super::convolution::{Bench, Convolution};
use super::maps::{Maps, Room, full};
use super::patches::Kernel;
use super::pool::{Affine, LayerNorm, Pool, mean};
use super::weights::{Shape, Weights};
use crate::error::Result;
use crate::recipe::{BatchNorm, BlockKind, BlockRecipe, Padding};

/// Numbers of the largest maps of a block that stay in the cache, beside those they are made of and the weights.
const CACHED: usize = 128 * 1024;

/// A block with its weights.
#[derive(Clone, Debug)]
pub(super) struct Block {
    body: Body,
    reduce: Reduce,
    norm: Option<Affine>,
    layer_norm: Option<LayerNorm>,
    /// Whether the batch normalisation comes behind the layer normalisation and not before it.
    norm_last: bool,
    /// Pictures that go through together.
    together: usize,
}

#[derive(Clone, Debug)]
enum Body {
    Plain(Vec<Convolution>),
    Residual(Vec<Unit>),
    FeatEx(Box<FeatEx>),
}

/// Two convolutions and the shortcut around them.
#[derive(Clone, Debug)]
struct Unit {
    first: Convolution,
    second: Convolution,
    shortcut: Option<Convolution>,
}

/// The two branches of DeXpression.
#[derive(Clone, Debug)]
struct FeatEx {
    narrow: Convolution,
    wide: Convolution,
    pooled: Convolution,
    /// Channels of the two branches.
    channels: [usize; 2],
}

#[derive(Clone, Copy, Debug)]
enum Reduce {
    Nothing,
    Mean,
    Pool(Pool),
}

impl Block {
    /// For maps of `input` (channels, height, width); `of_picture` says that they are the picture. `None` for a block that pictures
    /// cannot go into here.
    pub(super) fn new(
        weights: &Weights<'_>,
        recipe: &BlockRecipe,
        input: [usize; 3],
        output: [usize; 3],
        of_picture: bool,
    ) -> Result<Option<Self>> {
        let body = match recipe.kind {
            BlockKind::Plain if recipe.filters.is_empty() && of_picture => return Ok(None),
            BlockKind::Plain => Body::Plain(plain(weights, recipe, input, of_picture)?),
            BlockKind::Residual => match residual(weights, recipe, input, of_picture)? {
                Some(units) => Body::Residual(units),
                None => return Ok(None),
            },
            BlockKind::FeatEx if of_picture => return Ok(None),
            BlockKind::FeatEx => Body::FeatEx(Box::new(FeatEx::new(weights, recipe, input)?)),
        };
        let reduce = match (recipe.global_average, recipe.pool) {
            (true, _) => Reduce::Mean,
            (false, ..=1) => Reduce::Nothing,
            (false, side) => Reduce::Pool(Pool {
                side: side as usize,
                stride: recipe.pool_stride() as usize,
                padding: 0,
                over_edge: recipe.pool_over_edge,
            }),
        };
        let norm = match recipe.batch_norm {
            BatchNorm::AfterPool | BatchNorm::AfterDropout => Some(weights.sub("norm").affine(output[0])?),
            BatchNorm::None | BatchNorm::Each => None,
        };
        let layer_norm = match recipe.layer_norm {
            true => Some(weights.sub("layer_norm").layer_norm(output)?),
            false => None,
        };
        let norm_last = recipe.batch_norm == BatchNorm::AfterDropout;
        let most = recipe.filters.iter().map(|&f| full(f as usize)).max().unwrap_or_default();
        let pixels = input[1].div_ceil(recipe.stride as usize) * input[2].div_ceil(recipe.stride as usize);
        // Where there are more weights than maps, they should be read for as many pictures.
        let together = (CACHED / (pixels * most).max(1)).max(9 * most / pixels.max(1)).max(1);
        Ok(Some(Self { body, reduce, norm, layer_norm, norm_last, together }))
    }

    /// What comes out, a few pictures at a time where their maps are large.
    pub(super) fn run(&self, maps: Maps, bench: &mut Bench, threads: usize) -> Maps {
        if maps.n <= self.together {
            return self.run_together(maps, bench, threads);
        }
        let mut out: Option<Maps> = None;
        for first in (0..maps.n).step_by(self.together) {
            let n = self.together.min(maps.n - first);
            let mut some = bench.room.maps(n, [maps.height, maps.width], maps.channels);
            let picture = maps.height * maps.row();
            some.values.copy_from_slice(&maps.values[first * picture..(first + n) * picture]);
            let some = self.run_together(some, bench, threads);
            let size = [some.height, some.width];
            let all = out.get_or_insert_with(|| bench.room.maps(maps.n, size, some.channels));
            all.values[first * some.height * some.row()..][..some.values.len()].copy_from_slice(&some.values);
            bench.room.free(some);
        }
        match out {
            Some(out) => {
                bench.room.free(maps);
                out
            }
            None => maps,
        }
    }

    fn run_together(&self, maps: Maps, bench: &mut Bench, threads: usize) -> Maps {
        let maps = match &self.body {
            Body::Plain(convolutions) => convolutions.iter().fold(maps, |maps, convolution| {
                let out = convolution.run(&maps, None, bench, threads);
                bench.room.free(maps);
                out
            }),
            Body::Residual(units) => units.iter().fold(maps, |maps, unit| unit.run(maps, bench, threads)),
            Body::FeatEx(branches) => branches.run(maps, bench, threads),
        };
        let mut maps = match self.reduce {
            Reduce::Nothing => maps,
            Reduce::Mean => replaced(maps, &mut bench.room, mean),
            Reduce::Pool(pool) => replaced(maps, &mut bench.room, |maps, room| pool.run(maps, room, threads)),
        };
        let norm = |maps: &mut Maps| self.norm.iter().for_each(|norm| norm.run(&mut maps.values));
        if !self.norm_last {
            norm(&mut maps);
        }
        if let Some(norm) = &self.layer_norm {
            norm.run(&mut maps);
        }
        if self.norm_last {
            norm(&mut maps);
        }
        maps
    }
}

fn replaced(maps: Maps, room: &mut Room, with: impl Fn(&Maps, &mut Room) -> Maps) -> Maps {
    let out = with(&maps, room);
    room.free(maps);
    out
}

fn kernel(side: usize, stride: usize, padding: Padding) -> Kernel {
    let (before, even) = ((side - 1) / 2, usize::from(side.is_multiple_of(2)));
    match padding {
        Padding::Same => Kernel { side, stride, before, behind: before + even },
        Padding::Valid => Kernel { side, stride, before: 0, behind: 0 },
    }
}

fn plain(
    weights: &Weights<'_>,
    recipe: &BlockRecipe,
    [mut inputs, height, width]: [usize; 3],
    of_picture: bool,
) -> Result<Vec<Convolution>> {
    let mut size = [height, width];
    let mut convolutions = Vec::with_capacity(recipe.filters.len());
    for (i, (&filters, &padding)) in recipe.filters.iter().zip(&recipe.padding).enumerate() {
        let outputs = filters as usize;
        let stride = if i == 0 { recipe.stride as usize } else { 1 };
        let kernel = kernel(recipe.kernel as usize, stride, padding);
        convolutions.push(weights.sub("conv").sub(i).convolution(Shape {
            kernel,
            size,
            inputs,
            outputs,
            of_picture: of_picture && i == 0,
            bias: recipe.bias,
            norm: recipe.batch_norm == BatchNorm::Each,
            relu: true,
        })?);
        (inputs, size) = (outputs, kernel.size(size));
    }
    Ok(convolutions)
}

fn residual(
    weights: &Weights<'_>,
    recipe: &BlockRecipe,
    [mut inputs, height, width]: [usize; 3],
    of_picture: bool,
) -> Result<Option<Vec<Unit>>> {
    let mut size = [height, width];
    let mut units = Vec::with_capacity(recipe.filters.len());
    for (i, &filters) in recipe.filters.iter().enumerate() {
        let outputs = filters as usize;
        let (stride, of_picture) = (if i == 0 { recipe.stride as usize } else { 1 }, of_picture && i == 0);
        let weights = weights.sub("unit").sub(i);
        let halved = kernel(3, stride, Padding::Same);
        let convolution = |name: &str, inputs, kernel, size, of_picture, relu| {
            let shape = Shape { kernel, size, inputs, outputs, of_picture, bias: false, norm: true, relu };
            weights.sub(name).convolution(shape)
        };
        let shortcut = match stride != 1 || inputs != outputs {
            true => Some(convolution("shortcut", inputs, kernel(1, stride, Padding::Same), size, of_picture, false)?),
            // The picture is one channel here, and would have to be as many as come out.
            false if of_picture => return Ok(None),
            false => None,
        };
        units.push(Unit {
            first: convolution("first", inputs, halved, size, of_picture, true)?,
            second: convolution("second", outputs, kernel(3, 1, Padding::Same), halved.size(size), false, false)?,
            shortcut,
        });
        (inputs, size) = (outputs, halved.size(size));
    }
    Ok((!units.is_empty() || !of_picture).then_some(units))
}

impl Unit {
    fn run(&self, maps: Maps, bench: &mut Bench, threads: usize) -> Maps {
        let first = self.first.run(&maps, None, bench, threads);
        let around = match &self.shortcut {
            Some(shortcut) => {
                let around = shortcut.run(&maps, None, bench, threads);
                bench.room.free(maps);
                around
            }
            None => maps,
        };
        let out = self.second.run(&first, Some(&around), bench, threads);
        bench.room.free(first);
        bench.room.free(around);
        out
    }
}

impl FeatEx {
    fn new(weights: &Weights<'_>, recipe: &BlockRecipe, [inputs, height, width]: [usize; 3]) -> Result<Self> {
        let [narrow, wide, pooled] = [0, 1, 2].map(|i| recipe.filters.get(i).map_or(1, |&f| f as usize));
        let convolution = |name: &str, inputs, outputs, side| {
            let kernel = kernel(side, 1, Padding::Same);
            let size = [height, width];
            let shape = Shape { kernel, size, inputs, outputs, of_picture: false, bias: true, norm: false, relu: true };
            weights.sub(name).convolution(shape)
        };
        Ok(Self {
            narrow: convolution("narrow", inputs, narrow, 1)?,
            wide: convolution("wide", narrow, wide, 3)?,
            pooled: convolution("pooled", inputs, pooled, 1)?,
            channels: [wide, pooled],
        })
    }

    fn run(&self, maps: Maps, bench: &mut Bench, threads: usize) -> Maps {
        let narrow = self.narrow.run(&maps, None, bench, threads);
        let a = self.wide.run(&narrow, None, bench, threads);
        let around = Pool { side: 3, stride: 1, padding: 1, over_edge: false }.run(&maps, &mut bench.room, threads);
        let b = self.pooled.run(&around, None, bench, threads);
        let [wide, pooled] = self.channels;
        let mut both = bench.room.maps(a.n, [a.height, a.width], full(wide + pooled));
        let each = (a.n * a.height).div_ceil(threads.max(1)) * a.width;
        let parts = a.values.par_chunks(each * a.channels).zip(b.values.par_chunks(each * b.channels));
        both.values.par_chunks_mut(each * both.channels).zip(parts).for_each(|(both, (from_a, from_b))| {
            let pixels = from_a.chunks_exact(a.channels).zip(from_b.chunks_exact(b.channels));
            for (to, (a, b)) in both.chunks_exact_mut(full(wide + pooled)).zip(pixels) {
                to[..wide].copy_from_slice(&a[..wide]);
                to[wide..wide + pooled].copy_from_slice(&b[..pooled]);
                to[wide + pooled..].fill(0.0);
            }
        });
        for maps in [maps, narrow, a, around, b] {
            bench.room.free(maps);
        }
        both
    }
}
