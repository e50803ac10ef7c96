//! What changes from step to step: the network, its optimiser and the average of its weights.

use std::path::Path;

use tch::{TchError, Tensor};

use crate::artifact::Tensors;
use crate::error::Result;
use crate::models::network::Network;
use crate::recipe::TrainingRecipe;

use super::average::Average;
use super::optimiser::Optimiser;

/// A network that is being trained.
pub(crate) struct Learner {
    pub network: Network,
    optimiser: Optimiser,
    average: Option<Average>,
}

impl Learner {
    /// At rest.
    pub fn new(recipe: &TrainingRecipe, network: Network) -> Result<Self> {
        let optimiser = Optimiser::new(recipe, &network)?;
        let average = recipe.ema.map(|decay| Average::new(decay, &network)).transpose()?;
        Ok(Self { network, optimiser, average })
    }

    /// Moves every variable against the gradient of a loss, and the average after them.
    pub fn step(&mut self, loss: &Tensor, learning_rate: f64) -> Result<(), TchError> {
        self.optimiser.step(loss, learning_rate)?;
        match &mut self.average {
            Some(average) => average.update(self.optimiser.steps()),
            None => Ok(()),
        }
    }

    /// What `look` sees in the network that is kept: the one with the average of the weights, where there is one.
    pub fn kept<T>(&mut self, look: impl FnOnce(&Network) -> Result<T>) -> Result<T> {
        let Some(average) = &mut self.average else { return look(&self.network) };
        average.swap()?;
        let found = look(&self.network);
        average.swap()?;
        found
    }

    /// Everything beside the weights that the next step depends on, and the number of steps.
    pub fn state(&self) -> Result<(Tensors, u64)> {
        let (mut tensors, steps) = self.optimiser.state()?;
        if let Some(average) = &self.average {
            tensors.extend(average.state()?);
        }
        Ok((tensors, steps))
    }

    /// Goes on from weights and what [`Learner::state`] gave; `origin` names the file in errors.
    pub fn restore(&mut self, weights: &Tensors, state: &Tensors, steps: u64, origin: &Path) -> Result<()> {
        self.network.set_weights(weights, origin)?;
        self.optimiser.restore(state, steps, origin)?;
        match &mut self.average {
            Some(average) => average.restore(state, origin),
            None => Ok(()),
        }
    }
}
