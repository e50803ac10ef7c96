//! Blocks of convolutions: the trunk of a network.

use tch::nn::Path;
use tch::{Kind, TchError, Tensor};

use crate::recipe::{BatchNorm, BlockKind, BlockRecipe, Padding};

use super::layers::{BatchNormalisation, Convolution, ConvolutionShape, LayerNormalisation, dropout};

/// A block with its variables.
#[derive(Clone)]
pub(super) struct Block {
    body: Body,
    recipe: BlockRecipe,
    norm: Option<BatchNormalisation>,
    layer_norm: Option<LayerNormalisation>,
}

#[derive(Clone)]
enum Body {
    Plain(Vec<Convolution>),
    Residual(Vec<Unit>),
    FeatEx(Box<FeatEx>),
}

/// Two convolutions and the shortcut around them (He et al. 2016).
#[derive(Clone)]
struct Unit {
    first: Convolution,
    second: Convolution,
    /// Where size or channels change; otherwise the input itself.
    shortcut: Option<Convolution>,
}

/// The two branches of DeXpression (Burkert et al. 2015).
#[derive(Clone)]
struct FeatEx {
    narrow: Convolution,
    wide: Convolution,
    pooled: Convolution,
}

impl Block {
    /// For `inputs` channels; `output` is what [`BlockRecipe::output`] gives.
    pub fn new(path: &Path, recipe: &BlockRecipe, inputs: i64, output: [i64; 3]) -> Result<Self, TchError> {
        let body = match recipe.kind {
            BlockKind::Plain => Body::Plain(plain(path, recipe, inputs)?),
            BlockKind::Residual => Body::Residual(residual(path, recipe, inputs)?),
            BlockKind::FeatEx => Body::FeatEx(Box::new(FeatEx::new(path, recipe, inputs)?)),
        };
        let norm = match recipe.batch_norm {
            BatchNorm::AfterPool | BatchNorm::AfterDropout => {
                Some(BatchNormalisation::new(&path.sub("norm"), output[0])?)
            }
            BatchNorm::None | BatchNorm::Each => None,
        };
        let layer_norm = match recipe.layer_norm {
            true => Some(LayerNormalisation::new(&path.sub("layer_norm"), output)?),
            false => None,
        };
        Ok(Self { body, recipe: recipe.clone(), norm, layer_norm })
    }

    /// [`Convolution::prepare`] for every convolution.
    pub fn prepare(&mut self, factors: Kind) -> Result<(), TchError> {
        let all: Vec<&mut Convolution> = match &mut self.body {
            Body::Plain(convolutions) => convolutions.iter_mut().collect(),
            Body::Residual(units) => units
                .iter_mut()
                .flat_map(|u| [&mut u.first, &mut u.second].into_iter().chain(&mut u.shortcut))
                .collect(),
            Body::FeatEx(branches) => vec![&mut branches.narrow, &mut branches.wide, &mut branches.pooled],
        };
        all.into_iter().try_for_each(|convolution| convolution.prepare(factors))
    }

    pub fn forward(&self, x: &Tensor, train: bool) -> Result<Tensor, TchError> {
        let mut x = match &self.body {
            Body::Plain(convolutions) => {
                let mut x = x.shallow_clone();
                for c in convolutions {
                    x = c.forward(&x, train)?.f_relu_()?;
                }
                x
            }
            Body::Residual(units) => {
                let mut x = x.shallow_clone();
                for unit in units {
                    x = unit.forward(&x, train)?;
                }
                x
            }
            Body::FeatEx(branches) => branches.forward(x, train)?,
        };
        let r = &self.recipe;
        if r.global_average {
            x = x.f_mean_dim([2i64, 3].as_slice(), true, x.kind())?;
        } else if r.pool > 1 {
            x = x.f_max_pool2d([r.pool; 2], [r.pool_stride(); 2], [0, 0], [1, 1], r.pool_over_edge)?;
        }
        if let (Some(norm), BatchNorm::AfterPool) = (&self.norm, r.batch_norm) {
            x = norm.forward(&x, train)?;
        }
        if let Some(norm) = &self.layer_norm {
            x = norm.forward(&x)?;
        }
        x = dropout(x, r.dropout, train)?;
        if let (Some(norm), BatchNorm::AfterDropout) = (&self.norm, r.batch_norm) {
            x = norm.forward(&x, train)?;
        }
        Ok(x)
    }
}

fn plain(path: &Path, recipe: &BlockRecipe, inputs: i64) -> Result<Vec<Convolution>, TchError> {
    let mut inputs = inputs;
    let mut convolutions = Vec::with_capacity(recipe.filters.len());
    for (i, (&outputs, &padding)) in recipe.filters.iter().zip(&recipe.padding).enumerate() {
        let stride = if i == 0 { recipe.stride } else { 1 };
        let shape = ConvolutionShape { inputs, outputs, kernel: recipe.kernel, stride, padding };
        let each = recipe.batch_norm == BatchNorm::Each;
        convolutions.push(Convolution::new(&path.sub("conv").sub(i), shape, recipe.bias, each)?);
        inputs = outputs;
    }
    Ok(convolutions)
}

fn residual(path: &Path, recipe: &BlockRecipe, inputs: i64) -> Result<Vec<Unit>, TchError> {
    let mut inputs = inputs;
    let mut units = Vec::with_capacity(recipe.filters.len());
    for (i, &outputs) in recipe.filters.iter().enumerate() {
        let stride = if i == 0 { recipe.stride } else { 1 };
        let path = path.sub("unit").sub(i);
        // The normalisation behind each convolution has the bias.
        let convolution = |name: &str, inputs, kernel, stride| {
            let shape = ConvolutionShape { inputs, outputs, kernel, stride, padding: Padding::Same };
            Convolution::new(&path.sub(name), shape, false, true)
        };
        units.push(Unit {
            first: convolution("first", inputs, 3, stride)?,
            second: convolution("second", outputs, 3, 1)?,
            shortcut: match stride != 1 || inputs != outputs {
                true => Some(convolution("shortcut", inputs, 1, stride)?),
                false => None,
            },
        });
        inputs = outputs;
    }
    Ok(units)
}

impl Unit {
    fn forward(&self, x: &Tensor, train: bool) -> Result<Tensor, TchError> {
        let inside = self.second.forward(&self.first.forward(x, train)?.f_relu_()?, train)?;
        let around = match &self.shortcut {
            Some(shortcut) => shortcut.forward(x, train)?,
            None => x.shallow_clone(),
        };
        inside.f_add(&around)?.f_relu_()
    }
}

impl FeatEx {
    fn new(path: &Path, recipe: &BlockRecipe, inputs: i64) -> Result<Self, TchError> {
        let [narrow, wide, pooled] = [0, 1, 2].map(|i| recipe.filters.get(i).copied().unwrap_or(1));
        let convolution = |name: &str, inputs, outputs, kernel| {
            let shape = ConvolutionShape { inputs, outputs, kernel, stride: 1, padding: Padding::Same };
            Convolution::new(&path.sub(name), shape, true, false)
        };
        Ok(Self {
            narrow: convolution("narrow", inputs, narrow, 1)?,
            wide: convolution("wide", narrow, wide, 3)?,
            pooled: convolution("pooled", inputs, pooled, 1)?,
        })
    }

    fn forward(&self, x: &Tensor, train: bool) -> Result<Tensor, TchError> {
        let a = self.wide.forward(&self.narrow.forward(x, train)?.f_relu_()?, train)?.f_relu_()?;
        let around = x.f_max_pool2d([3, 3], [1, 1], [1, 1], [1, 1], false)?;
        let b = self.pooled.forward(&around, train)?.f_relu_()?;
        Tensor::f_cat(&[a, b], 1)
    }
}
