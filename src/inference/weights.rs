//! The layers of a network from its recipe and its weights.

use std::path::Path;

use ndarray::ArrayViewD;

use super::convolution::Convolution;
use super::dense::Dense;
use super::maps::{filled_up, full};
use super::patches::{Kernel, Patches};
use super::pool::{Affine, LayerNorm};
use super::tiles::Tile;
use super::winograd::Winograd;
use crate::artifact::Tensors;
use crate::error::{Error, Result};

/// What normalisations add to a variance.
pub(crate) const EPSILON: f64 = 1e-5;

/// Pairs of channels from which on weights are brought from memory for each picture, because no cache of a core keeps them.
const HEAVY: usize = 32 * 1024;
/// Sides of what comes out from which on tiles of two by two save more than their factors cost, which are nearly twice as many as the
/// weights; of light and of heavy convolutions.
const TWO: [usize; 2] = [5, 7];
/// The same for tiles of four by four, with four times as many factors.
const FOUR: [usize; 2] = [11, 12];

/// The weights of a part of the network.
#[derive(Clone)]
pub(super) struct Weights<'a> {
    tensors: &'a Tensors,
    /// The file they come from.
    origin: &'a Path,
    /// Where the part's names begin.
    prefix: String,
}

/// A convolution as a recipe has it.
pub(super) struct Shape {
    pub(super) kernel: Kernel,
    /// Height and width of the maps that come in.
    pub(super) size: [usize; 2],
    pub(super) inputs: usize,
    pub(super) outputs: usize,
    /// Whether the maps that come in are the picture itself, one channel that stands for all inputs.
    pub(super) of_picture: bool,
    pub(super) bias: bool,
    /// Whether batch normalisation follows.
    pub(super) norm: bool,
    pub(super) relu: bool,
}

impl<'a> Weights<'a> {
    pub(super) fn new(tensors: &'a Tensors, origin: &'a Path) -> Self {
        Self { tensors, origin, prefix: String::new() }
    }

    /// Those of a part of this part.
    pub(super) fn sub(&self, name: impl std::fmt::Display) -> Self {
        Self { prefix: format!("{}{name}.", self.prefix), ..self.clone() }
    }

    fn tensor(&self, name: &str, shape: &[usize]) -> Result<ArrayViewD<'a, f32>> {
        let name = format!("{}{name}", self.prefix);
        let expected = || format!("a tensor of shape {shape:?}");
        let found = self.tensors.get(&name);
        let found = found.ok_or_else(|| Error::malformed(self.origin, name.as_str(), "nothing", expected()))?;
        match found.shape() == shape {
            true => Ok(found.view()),
            false => Err(Error::malformed(self.origin, name, format!("shape {:?}", found.shape()), expected())),
        }
    }

    fn numbers(&self, name: &str, length: usize) -> Result<Vec<f64>> {
        Ok(self.tensor(name, &[length])?.iter().map(|&v| v.into()).collect())
    }

    /// Factor and summand of a batch normalisation, by what was measured in training.
    fn norm(&self, channels: usize) -> Result<(Vec<f64>, Vec<f64>)> {
        let [weight, bias, mean, variance] =
            ["weight", "bias", "running_mean", "running_var"].map(|name| self.numbers(name, channels));
        let factor: Vec<f64> = weight?.iter().zip(variance?).map(|(w, v)| w / (v + EPSILON).sqrt()).collect();
        let summand = bias?.iter().zip(mean?).zip(&factor).map(|((b, m), f)| b - m * f).collect();
        Ok((factor, summand))
    }

    /// A batch normalisation that stands by itself.
    pub(super) fn affine(&self, channels: usize) -> Result<Affine> {
        let (factor, summand) = self.norm(channels)?;
        let filled = |values: Vec<f64>| filled_up(values.into_iter().map(|v| v as f32));
        Ok(Affine { factor: filled(factor), summand: filled(summand) })
    }

    /// A convolution, with the normalisation behind it inside.
    pub(super) fn convolution(&self, shape: Shape) -> Result<Convolution> {
        let Shape { kernel, inputs, outputs, of_picture, .. } = shape;
        let weight = self.tensor("weight", &[outputs, inputs, kernel.side, kernel.side])?;
        let (factor, mut bias) = match shape.norm {
            true => self.sub("norm").norm(outputs)?,
            false => (vec![1.0; outputs], vec![0.0; outputs]),
        };
        if shape.bias {
            let own = self.numbers("bias", outputs)?;
            bias.iter_mut().zip(own).zip(&factor).for_each(|((sum, own), factor)| *sum += own * factor);
        }
        let bias: Vec<f32> = bias.into_iter().map(|v| v as f32).collect();
        let tap = |output: usize, input: usize, y: usize, x: usize| match of_picture {
            true => (0..inputs).map(|i| f64::from(weight[[output, i, y, x]])).sum::<f64>(),
            false => f64::from(weight[[output, input, y, x]]),
        };
        let tap = |output, input, y, x| (tap(output, input, y, x) * factor[output]) as f32;
        let inputs = if of_picture { 1 } else { inputs };
        let Kernel { side, stride, before, behind } = kernel;
        let least = kernel.size(shape.size).into_iter().min().unwrap_or_default();
        let heavy = usize::from(inputs * outputs >= HEAVY);
        let tile = match side {
            3 if least >= FOUR[heavy] => Some(Tile::FOUR),
            3 => Some(Tile::TWO),
            4 => Some(Tile::THREE_OF_FOUR),
            5 => Some(Tile::TWO_OF_FIVE),
            _ => None,
        };
        let tile = tile.filter(|_| stride == 1 && !of_picture && least >= TWO[heavy]);
        Ok(match tile {
            Some(tile) => {
                let padding = [before, behind];
                Convolution::Winograd(Winograd::new([inputs, outputs], tap, &bias, padding, tile, shape.relu))
            }
            None => {
                let channels = if of_picture { 1 } else { full(inputs) };
                Convolution::Patches(Patches::new(kernel, channels, [inputs, outputs], tap, &bias, shape.relu))
            }
        })
    }

    /// A dense layer on inputs in this order.
    pub(super) fn dense(&self, columns: &[Option<usize>], outputs: usize, relu: bool) -> Result<Dense> {
        let inputs = columns.iter().flatten().count();
        let weight = self.tensor("weight", &[outputs, inputs])?;
        let bias: Vec<f32> = self.tensor("bias", &[outputs])?.iter().copied().collect();
        Ok(Dense::new(columns, outputs, |output, input| weight[[output, input]], &bias, relu))
    }

    /// A layer normalisation of maps of these channels, height and width.
    pub(super) fn layer_norm(&self, [channels, height, width]: [usize; 3]) -> Result<LayerNorm> {
        let last = |name: &str| {
            let values = self.tensor(name, &[channels, height, width])?;
            let pixels = (0..height).flat_map(|y| (0..width).map(move |x| (y, x)));
            let of_pixel = |(y, x)| (0..full(channels)).map(move |c| (c, y, x));
            Ok::<Vec<f32>, Error>(
                pixels.flat_map(of_pixel).map(|(c, y, x)| if c < channels { values[[c, y, x]] } else { 0.0 }).collect(),
            )
        };
        Ok(LayerNorm { channels, factor: last("weight")?, summand: last("bias")? })
    }
}
