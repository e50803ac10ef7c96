//! The network that a recipe describes: trunk, hybrid head, classifier.
//!
//! With a fused feature this is the hybrid head of Al-Shabi, Cheah and Connie (arXiv:1608.02833): a dense layer on the
//! handcrafted feature is concatenated with the flattened trunk, and the dense layers after it see both. A gated head
//! and a late one are there for comparison.

use std::sync::Arc;

use tch::nn::{Path, VarStore};
use tch::{Kind, TchError, Tensor};

use crate::artifact::Tensors;
use crate::error::{Error, Result, torch_error};
use crate::recipe::{FusionRecipe, HeadRecipe, Join, NetworkRecipe};

use super::block::Block;
use super::layers::{BatchNormalisation, Dense, NEAR_ZERO, dropout, glorot};
use super::views::Views;

/// Views of pictures go through the network together up to this number: a single face then takes one pass and not ten, and more
/// would not stay in the cache.
const TOGETHER: i64 = 32;

/// What the names of the last layer's variables begin with.
const OUTPUT: &str = "output";

/// A dense layer of the head.
#[derive(Clone)]
struct Hidden {
    dense: Dense,
    norm: Option<BatchNormalisation>,
}

/// The dense layer on the feature, and for a gated head the one on the trunk and the gate.
#[derive(Clone)]
struct Fusion {
    recipe: FusionRecipe,
    dense: Dense,
    gated: Option<[Dense; 2]>,
}

/// A network with its variables; clones have the same ones.
#[derive(Clone)]
pub(crate) struct Network {
    variables: Arc<VarStore>,
    blocks: Vec<Block>,
    fusion: Option<Fusion>,
    hidden: Vec<Hidden>,
    head: HeadRecipe,
    output: Dense,
    views: Views,
    /// The numbers that layers multiply.
    factors: Kind,
}

impl Network {
    /// Builds the network with fresh weights drawn from `seed`.
    ///
    /// `size` is the pictures' height and width, `feature` the dimensions of the fused feature (0 without one).
    pub fn new(
        recipe: &NetworkRecipe,
        size: [usize; 2],
        feature: usize,
        classes: usize,
        seed: u64,
        device: tch::Device,
    ) -> Result<Self> {
        let shapes = shapes(recipe, size)?;
        tch::manual_seed(seed as i64);
        build(recipe, &shapes, feature as i64, classes as i64, device).map_err(torch_error("build the network"))
    }

    /// Logits, b x c, of pictures (b x k x h x w, cut already) and their feature vectors (b x d).
    pub fn forward(&self, images: &Tensor, features: Option<&Tensor>, train: bool) -> Result<Tensor, TchError> {
        self.output.forward(&self.embedding(images, features, train)?)
    }

    /// What the last layer reads, b x u, in single precision.
    fn embedding(&self, images: &Tensor, features: Option<&Tensor>, train: bool) -> Result<Tensor, TchError> {
        let mut x = images.f_to_kind(self.factors)?;
        for block in &self.blocks {
            x = block.forward(&x, train)?;
        }
        x = x.f_flatten(1, -1)?;
        let fused = match (&self.fusion, features) {
            (Some(fusion), Some(features)) => {
                Some((fusion, fusion.forward(&features.f_to_kind(self.factors)?, train)?))
            }
            _ => None,
        };
        if let Some((fusion, f)) = &fused {
            x = fusion.join_before_head(x, f, train)?;
        }
        x = dropout(x, self.head.input_dropout, train)?;
        for layer in &self.hidden {
            x = layer.dense.forward(&x)?.f_relu()?;
            if let Some(norm) = &layer.norm {
                x = norm.forward(&x, train)?;
            }
            x = dropout(x, self.head.dropout, train)?;
        }
        if let Some((fusion, f)) = fused
            && fusion.recipe.join == Join::Late
        {
            x = Tensor::f_cat(&[f, x], 1)?;
        }
        x.f_to_kind(Kind::Float)
    }

    /// The versions of whole pictures that are to be predicted.
    pub fn views(&self) -> Views {
        self.views
    }

    /// The embedding, b x u, of pictures as the trunk sees them.
    pub fn embed(&self, images: &Tensor, features: Option<&Tensor>) -> Result<Tensor, TchError> {
        self.embedding(images, features, false)
    }

    /// Numbers in an embedding, u.
    pub fn embedding_dimensions(&self) -> usize {
        self.output.weight().size().last().map_or(0, |&u| u as usize)
    }

    /// Class probabilities, b x c: the mean over views of the same pictures, each as the trunk sees it. `features` are
    /// none, those of all views, or those of each.
    pub fn probabilities(&self, views: &[Tensor], features: &[Tensor]) -> Result<Tensor, TchError> {
        let rows = views.first().map_or(0, |view| view.size()[0]);
        let all = if rows * views.len() as i64 <= TOGETHER {
            let features = match features {
                [] => None,
                [of_all] => Some(of_all.f_repeat([views.len() as i64, 1])?),
                of_each => Some(Tensor::f_cat(of_each, 0)?),
            };
            let all = self.forward(&Tensor::f_cat(views, 0)?, features.as_ref(), false)?;
            all.f_softmax(-1, Kind::Float)?.f_view([views.len() as i64, rows, -1])?
        } else {
            let own = |view: usize| features.get(view).or(features.first());
            let predict = |(i, x)| self.forward(x, own(i), false)?.f_softmax(-1, Kind::Float);
            Tensor::f_stack(&views.iter().enumerate().map(predict).collect::<Result<Vec<_>, _>>()?, 0)?
        };
        all.f_mean_dim(0i64, false, Kind::Float)
    }

    /// Multiplies in single precision from now on, whatever the recipe says.
    pub fn use_single_precision(&mut self) {
        self.factors = Kind::Float;
    }

    /// Makes the network ready to predict: faster, and with factors of this kind. Weights that are set afterwards have no part in
    /// it.
    pub fn prepare(&mut self, factors: Kind) -> Result<()> {
        self.factors = factors;
        let mut prepare = || -> Result<(), TchError> {
            self.blocks.iter_mut().try_for_each(|block| block.prepare(factors))?;
            if let Some(fusion) = &mut self.fusion {
                let gated = fusion.gated.iter_mut().flatten();
                gated.chain([&mut fusion.dense]).try_for_each(|dense| dense.prepare(factors))?;
            }
            self.hidden.iter_mut().try_for_each(|hidden| hidden.dense.prepare(factors))
        };
        prepare().map_err(torch_error("prepare the network"))
    }

    /// The L2 penalty of the fused layer's weights, to be added to the loss; none without one.
    pub fn penalty(&self) -> Result<Option<Tensor>, TchError> {
        match &self.fusion {
            Some(f) if f.recipe.l2 > 0.0 => {
                Ok(Some(f.dense.weight().f_square()?.f_sum(None)?.f_mul_scalar(f.recipe.l2)?))
            }
            _ => Ok(None),
        }
    }

    /// The variables that training fits, in the order they were made.
    pub fn trainable(&self) -> Vec<Tensor> {
        self.variables.trainable_variables()
    }

    /// The numbers that training fits.
    pub fn parameters(&self) -> u64 {
        self.trainable().iter().map(|t| t.numel() as u64).sum()
    }

    /// All variables by name, running statistics included, in the order of their names.
    pub fn named(&self) -> Vec<(String, Tensor)> {
        let mut named: Vec<_> = self.variables.variables().into_iter().collect();
        named.sort_by(|a, b| a.0.cmp(&b.0));
        named
    }

    /// Names of the trainable variables, in the order of [`Network::trainable`].
    pub fn trainable_names(&self) -> Vec<String> {
        let named = self.variables.variables();
        self.trainable()
            .iter()
            .map(|t| {
                let same = named.iter().find(|(_, v)| v.data_ptr() == t.data_ptr());
                same.map(|(name, _)| name.clone()).unwrap_or_default()
            })
            .collect()
    }

    /// Whether a variable of this name belongs to the last layer, which has a row for each class.
    pub fn is_of_last_layer(name: &str) -> bool {
        name.strip_prefix(OUTPUT).is_some_and(|rest| rest.starts_with('.'))
    }

    /// Copies of all variables, running statistics included.
    pub fn weights(&self) -> Result<Tensors> {
        let mut tensors = Tensors::new();
        for (name, tensor) in self.variables.variables() {
            tensors.insert(name.clone(), to_array(&tensor).map_err(torch_error("read the weights"))?);
        }
        Ok(tensors)
    }

    /// Sets all variables; `origin` names the file in errors.
    pub fn set_weights(&mut self, tensors: &Tensors, origin: &std::path::Path) -> Result<()> {
        let mut variables = self.variables.variables();
        for (name, variable) in &mut variables {
            let shape: Vec<usize> = variable.size().iter().map(|&n| n as usize).collect();
            let array = tensors.get(name).ok_or_else(|| {
                Error::malformed(origin, name.as_str(), "nothing", format!("a tensor of shape {shape:?}"))
            })?;
            if array.shape() != shape {
                return Err(Error::malformed(
                    origin,
                    name.as_str(),
                    format!("shape {:?}", array.shape()),
                    format!("{shape:?}"),
                ));
            }
            if let Some(v) = array.iter().find(|v| !v.is_finite()) {
                return Err(Error::malformed(origin, name.as_str(), v.to_string(), "finite weights"));
            }
            let read = Tensor::try_from(array).map_err(torch_error("load the weights"))?;
            tch::no_grad(|| variable.f_copy_(&read)).map_err(torch_error("load the weights"))?;
        }
        Ok(())
    }
}

impl Fusion {
    fn new(path: &Path, recipe: &FusionRecipe, feature: i64, trunk: i64) -> Result<Self, TchError> {
        let units = recipe.hidden;
        let dense = Dense::new(path, feature, units, glorot(feature, units))?;
        let gated = match recipe.join {
            Join::Gated => Some([
                Dense::new(&path.sub("trunk"), trunk, units, glorot(trunk, units))?,
                Dense::new(&path.sub("gate"), 2 * units, units, glorot(2 * units, units))?,
            ]),
            Join::Concatenate | Join::Late => None,
        };
        Ok(Self { recipe: recipe.clone(), dense, gated })
    }

    /// What the dense layer makes of feature vectors, b x units.
    fn forward(&self, features: &Tensor, train: bool) -> Result<Tensor, TchError> {
        dropout(self.dense.forward(features)?.f_relu()?, self.recipe.dropout, train)
    }

    /// What the head's layers read of the flattened trunk (b x t) and [`Fusion::forward`].
    fn join_before_head(&self, trunk: Tensor, f: &Tensor, train: bool) -> Result<Tensor, TchError> {
        match (&self.gated, self.recipe.join) {
            (Some([on_trunk, gate]), _) => {
                let x = dropout(on_trunk.forward(&trunk)?.f_relu()?, self.recipe.dropout, train)?;
                let open = gate.forward(&Tensor::f_cat(&[f, &x], 1)?)?.f_sigmoid()?;
                // Open for the trunk, closed for the feature.
                f.f_lerp_tensor(&x, &open)
            }
            (None, Join::Late) => Ok(trunk),
            (None, _) => Tensor::f_cat(&[f, &trunk], 1),
        }
    }
}

/// A tensor's values in C order of its shape.
pub(crate) fn to_array(tensor: &Tensor) -> Result<ndarray::ArrayD<f32>, TchError> {
    let plain = tensor.f_detach()?.f_to(tch::Device::Cpu)?.f_contiguous()?;
    (&plain).try_into()
}

/// Channels, height and width of what each block reads, and at the end of what the last one gives.
fn shapes(recipe: &NetworkRecipe, size: [usize; 2]) -> Result<Vec<[i64; 3]>> {
    let [mut h, mut w] = size.map(|s| s as i64);
    if let Some(crop) = recipe.input.crop {
        if size.iter().any(|&side| side < crop) {
            let found = format!("{h} x {w}");
            return Err(Error::invalid("picture size", found, format!("at least the crop of {crop} x {crop}")));
        }
        (h, w) = (crop as i64, crop as i64);
    }
    let mut shapes = vec![[if recipe.input.three_channels { 3 } else { 1 }, h, w]];
    for (i, block) in recipe.block.iter().enumerate() {
        let Some(shape) = shapes.last().and_then(|&shape| block.output(shape)) else {
            let expected = format!("pictures large enough to leave a pixel after block {i}");
            return Err(Error::invalid("picture size", format!("{h} x {w}"), expected));
        };
        shapes.push(shape);
    }
    Ok(shapes)
}

fn build(
    recipe: &NetworkRecipe,
    shapes: &[[i64; 3]],
    feature: i64,
    classes: i64,
    device: tch::Device,
) -> Result<Network, TchError> {
    let variables = VarStore::new(device);
    let root = variables.root();
    let mut blocks = Vec::with_capacity(recipe.block.len());
    for (i, (b, shape)) in recipe.block.iter().zip(shapes.windows(2)).enumerate() {
        blocks.push(Block::new(&root.sub("block").sub(i), b, shape[0][0], shape[1])?);
    }
    let mut width = shapes.last().map_or(0, |shape| shape.iter().product());
    let fusion = match &recipe.fusion {
        Some(f) => Some(Fusion::new(&root.sub("fusion"), f, feature, width)?),
        None => None,
    };
    let units = recipe.fusion.as_ref().map(|f| (f.join, f.hidden));
    match units {
        Some((Join::Concatenate, units)) => width += units,
        Some((Join::Gated, units)) => width = units,
        Some((Join::Late, _)) | None => {}
    }
    let mut hidden = Vec::with_capacity(recipe.head.hidden.len());
    for (i, &units) in recipe.head.hidden.iter().enumerate() {
        let path = root.sub("head").sub(i);
        let dense = Dense::new(&path, width, units, glorot(width, units))?;
        let norm = if recipe.head.batch_norm { Some(BatchNormalisation::new(&path.sub("norm"), units)?) } else { None };
        hidden.push(Hidden { dense, norm });
        width = units;
    }
    if let Some((Join::Late, units)) = units {
        width += units;
    }
    let output = Dense::new(&root.sub(OUTPUT), width, classes, NEAR_ZERO)?;
    let (head, views) = (recipe.head.clone(), Views::of(recipe));
    let factors = if recipe.training.mixed_precision { Kind::BFloat16 } else { Kind::Float };
    let variables = Arc::new(variables);
    Ok(Network { variables, blocks, fusion, hidden, head, output, views, factors })
}
