//! SGD with momentum, Adam (Kingma and Ba 2015) and AdamW (Loshchilov and Hutter 2019).
//!
//! Written here because tch's optimisers neither show their state, without which no resume is exact, nor run fused on
//! the processor. Large weights are worked through in pieces that fit the processor's cache, so that each number is
//! fetched from memory once a step and not once for each of its operations.

use tch::{Kind, TchError, Tensor};

use crate::artifact::Tensors;
use crate::error::{Error, Result, torch_error};
use crate::models::network::{Network, to_array};
use crate::recipe::{OptimiserKind, TrainingRecipe};

/// Numbers in a piece: three arrays of it and the gradient fit a second-level cache.
const PIECE: i64 = 1 << 16;
const BETA: (f64, f64) = (0.9, 0.999);
const EPSILON: f64 = 1e-8;

/// A variable with the running moments of its gradient.
struct Slot {
    name: String,
    variable: Tensor,
    /// Momentum of SGD or the first moment of Adam.
    first: Tensor,
    /// The second moment of Adam; empty for SGD.
    second: Tensor,
    /// Whether weight decay applies: to weights, not to biases and normalisation.
    decay: bool,
}

/// An optimiser over the variables of a network.
pub(crate) struct Optimiser {
    kind: OptimiserKind,
    momentum: f64,
    nesterov: bool,
    weight_decay: f64,
    clip_value: Option<f64>,
    clip_norm: Option<f64>,
    slots: Vec<Slot>,
    /// Steps taken, for the bias correction of Adam.
    steps: u64,
}

impl Optimiser {
    /// An optimiser at rest.
    pub fn new(recipe: &TrainingRecipe, network: &Network) -> Result<Self> {
        let slot = |name: String, variable: Tensor| -> Result<Slot, TchError> {
            let first = variable.f_detach()?.f_zeros_like()?;
            let second = match recipe.optimiser {
                OptimiserKind::Sgd => Tensor::f_zeros([0], (variable.kind(), variable.device()))?,
                _ => variable.f_detach()?.f_zeros_like()?,
            };
            let decay = variable.dim() > 1;
            Ok(Slot { name, variable, first, second, decay })
        };
        let slots = network.trainable_names().into_iter().zip(network.trainable());
        Ok(Self {
            kind: recipe.optimiser,
            momentum: recipe.momentum,
            nesterov: recipe.nesterov,
            weight_decay: recipe.weight_decay,
            clip_value: recipe.clip_value,
            clip_norm: recipe.clip_norm,
            slots: slots
                .map(|(name, variable)| slot(name, variable).map_err(torch_error("set the optimiser up")))
                .collect::<Result<_>>()?,
            steps: 0,
        })
    }

    /// Steps taken.
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// Moves every variable against the gradient of a loss.
    pub fn step(&mut self, loss: &Tensor, learning_rate: f64) -> Result<(), TchError> {
        self.steps += 1;
        // Straight from the engine: gradients that are kept with the variables must be zeroed and added to.
        let variables: Vec<&Tensor> = self.slots.iter().map(|slot| &slot.variable).collect();
        let gradients = Tensor::f_run_backward(&[loss], &variables, false, false)?;
        let _guard = tch::no_grad_guard();
        self.clip(&gradients)?;
        for (slot, gradient) in self.slots.iter().zip(&gradients).filter(|(_, gradient)| gradient.defined()) {
            let variable = slot.variable.f_detach()?;
            let n = variable.numel() as i64;
            // In pieces only where all lie in the same order.
            let alike = |t: &Tensor| t.numel() == 0 || t.stride() == variable.stride();
            let large = n > 2 * PIECE && alike(gradient) && alike(&slot.first) && alike(&slot.second);
            let flat = |t: &Tensor| if large { in_memory(t) } else { Ok(None) };
            let (Some(p), Some(g), Some(m)) = (flat(&variable)?, flat(gradient)?, flat(&slot.first)?) else {
                let (m, v) = (slot.first.shallow_clone(), slot.second.shallow_clone());
                self.update(variable, gradient, m, v, slot.decay, learning_rate)?;
                continue;
            };
            let v = if slot.second.numel() == 0 { None } else { flat(&slot.second)? };
            for start in (0..n).step_by(PIECE as usize) {
                let length = PIECE.min(n - start);
                let piece = |t: &Tensor| t.f_narrow(0, start, length);
                let v = v.as_ref().map_or_else(|| Ok(slot.second.shallow_clone()), piece)?;
                self.update(piece(&p)?, &piece(&g)?, piece(&m)?, v, slot.decay, learning_rate)?;
            }
        }
        Ok(())
    }

    /// Keeps the gradients within the recipe's limits.
    fn clip(&self, gradients: &[Tensor]) -> Result<(), TchError> {
        let gradients = || gradients.iter().filter(|g| g.defined()).map(Tensor::shallow_clone);
        if let Some(limit) = self.clip_value {
            for mut gradient in gradients() {
                let _ = gradient.f_clamp_(-limit, limit)?;
            }
        }
        if let Some(limit) = self.clip_norm {
            let mut squares = 0.0;
            for gradient in gradients() {
                squares += gradient.f_square()?.f_sum(Kind::Double)?.f_double_value(&[])?;
            }
            let norm = squares.sqrt();
            if norm > limit {
                for mut gradient in gradients() {
                    let _ = gradient.f_mul_scalar_(limit / norm)?;
                }
            }
        }
        Ok(())
    }

    fn update(
        &self,
        mut p: Tensor,
        gradient: &Tensor,
        mut first: Tensor,
        mut second: Tensor,
        decay: bool,
        rate: f64,
    ) -> Result<(), TchError> {
        let decay = if decay { self.weight_decay } else { 0.0 };
        let coupled;
        let g = match self.kind {
            OptimiserKind::Adamw => gradient,
            _ if decay == 0.0 => gradient,
            _ => {
                coupled = gradient.f_add(&p.f_mul_scalar(decay)?)?;
                &coupled
            }
        };
        match self.kind {
            OptimiserKind::Sgd => {
                let _ = first.f_mul_scalar_(self.momentum)?.f_add_(g)?;
                let change = if self.nesterov { first.f_mul_scalar(self.momentum)?.f_add_(g)? } else { first };
                let _ = p.f_sub_(&change.f_mul_scalar(rate)?)?;
            }
            OptimiserKind::Adam | OptimiserKind::Adamw => {
                if self.kind == OptimiserKind::Adamw && decay > 0.0 {
                    let _ = p.f_mul_scalar_(1.0 - rate * decay)?;
                }
                let steps = self.steps as i32;
                let (c1, c2) = (1.0 - BETA.0.powi(steps), 1.0 - BETA.1.powi(steps));
                let _ = first.f_lerp_(g, 1.0 - BETA.0)?;
                let square = g.f_square()?;
                let _ = second.f_lerp_(&square, 1.0 - BETA.1)?;
                let mut below = second.f_sqrt()?;
                let _ = below.f_div_scalar_(c2.sqrt())?.f_add_scalar_(EPSILON)?;
                let mut change = first.f_div(&below)?;
                let _ = p.f_sub_(&change.f_mul_scalar_(rate / c1)?)?;
            }
        }
        Ok(())
    }

    /// The moments, under `first/` and `second/` and the variables' names, and the number of steps.
    pub fn state(&self) -> Result<(Tensors, u64)> {
        let mut tensors = Tensors::new();
        for slot in &self.slots {
            let read = |t: &Tensor| to_array(t).map_err(torch_error("read the optimiser's state"));
            tensors.insert(format!("first/{}", slot.name), read(&slot.first)?);
            if slot.second.numel() > 0 {
                tensors.insert(format!("second/{}", slot.name), read(&slot.second)?);
            }
        }
        Ok((tensors, self.steps))
    }

    /// Goes on from a state that [`Optimiser::state`] gave; `origin` names the file in errors.
    pub fn restore(&mut self, tensors: &Tensors, steps: u64, origin: &std::path::Path) -> Result<()> {
        for slot in &mut self.slots {
            put(tensors, format!("first/{}", slot.name), &mut slot.first, origin)?;
            if slot.second.numel() > 0 {
                put(tensors, format!("second/{}", slot.name), &mut slot.second, origin)?;
            }
        }
        self.steps = steps;
        Ok(())
    }
}

/// A tensor's numbers as they follow each other in memory: in C order, or channels-last as convolutions have them; `None`
/// for any other order.
fn in_memory(tensor: &Tensor) -> Result<Option<Tensor>, TchError> {
    if tensor.is_contiguous() {
        return tensor.f_view([-1]).map(Some);
    }
    if tensor.dim() == 4 {
        let last = tensor.f_permute([0, 2, 3, 1])?;
        if last.is_contiguous() {
            return last.f_view([-1]).map(Some);
        }
    }
    Ok(None)
}

/// Copies the tensor `key` into `target`; `origin` names the file in errors.
pub(super) fn put(tensors: &Tensors, key: String, target: &mut Tensor, origin: &std::path::Path) -> Result<()> {
    let shape: Vec<usize> = target.size().iter().map(|&n| n as usize).collect();
    let array = tensors
        .get(&key)
        .filter(|a| a.shape() == shape)
        .ok_or_else(|| Error::malformed(origin, &key, "nothing that fits", format!("a tensor of shape {shape:?}")))?;
    let read = Tensor::try_from(array).map_err(torch_error("resume"))?;
    target.f_copy_(&read).map_err(torch_error("resume"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recipe::NetworkRecipe;
    use tch::nn;
    use tch::nn::OptimizerConfig;

    /// Ours against libtorch's own optimiser on the same gradients, with a weight large enough to be cut into pieces.
    fn compare(kind: OptimiserKind, nesterov: bool, build: impl Fn(&nn::VarStore) -> nn::Optimizer) {
        compare_one(&[300, 700], kind, nesterov, &build);
        compare_one(&[300, 70, 3, 3], kind, nesterov, &build);
    }

    fn compare_one(
        shape: &[i64],
        kind: OptimiserKind,
        nesterov: bool,
        build: &impl Fn(&nn::VarStore) -> nn::Optimizer,
    ) {
        let vs = nn::VarStore::new(tch::Device::Cpu);
        let theirs = vs.root().var("w", shape, nn::Init::Const(0.5));
        let mut optimizer = build(&vs);
        let recipe: NetworkRecipe = toml::from_str(
            "title = 'x'\n[[block]]\nfilters = [1]\npadding = ['same']\n[head]\nhidden = []\n[training]\nepochs = 1\nbatch = 2\noptimiser = 'adam'\nlearning-rate = 0.01",
        )
        .unwrap();
        let recipe = TrainingRecipe { optimiser: kind, nesterov, weight_decay: 0.1, ..recipe.training };
        let ours = match shape.len() {
            // In channels-last order.
            4 => theirs.detach().permute([0, 2, 3, 1]).contiguous().permute([0, 3, 1, 2]),
            _ => theirs.detach().copy(),
        };
        let ours = ours.set_requires_grad(true);
        assert!(in_memory(&ours.detach()).unwrap().is_some());
        let zeros = || ours.detach().zeros_like();
        let slot =
            Slot { name: "w".into(), variable: ours.shallow_clone(), first: zeros(), second: zeros(), decay: true };
        let second =
            if kind == OptimiserKind::Sgd { Tensor::zeros([0], (Kind::Float, tch::Device::Cpu)) } else { zeros() };
        let mut optimiser = Optimiser {
            kind,
            momentum: recipe.momentum,
            nesterov,
            weight_decay: recipe.weight_decay,
            clip_value: None,
            clip_norm: None,
            slots: vec![Slot { second, ..slot }],
            steps: 0,
        };
        let target = Tensor::linspace(-1, 1, shape.iter().product(), (Kind::Float, tch::Device::Cpu)).view(shape);
        for _ in 0..5 {
            optimizer.backward_step(&(&theirs - &target).square().sum(Kind::Float));
            optimiser.step(&(&ours - &target).square().sum(Kind::Float), 0.01).unwrap();
        }
        let difference = (&ours - &theirs).abs().max().double_value(&[]);
        assert!(difference < 1e-5, "{kind:?} differs by {difference}");
        assert!((&ours - 0.5).abs().max().double_value(&[]) > 0.01);
    }

    #[test]
    fn steps_equal_those_of_libtorch() {
        compare(OptimiserKind::Adamw, true, |vs| nn::adamw(0.9, 0.999, 0.1).build(vs, 0.01).unwrap());
        compare(OptimiserKind::Adam, true, |vs| nn::adam(0.9, 0.999, 0.1).build(vs, 0.01).unwrap());
        for nesterov in [false, true] {
            compare(OptimiserKind::Sgd, nesterov, |vs| nn::sgd(0.9, 0.0, 0.1, nesterov).build(vs, 0.01).unwrap());
        }
    }
}
