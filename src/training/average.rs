//! A moving average of the weights (Polyak and Juditsky 1992), which generalises better than the weights of any one step.

use tch::{TchError, Tensor};

use crate::artifact::Tensors;
use crate::error::{Result, torch_error};
use crate::models::network::{Network, to_array};

use super::optimiser::put;

/// The average of all variables of a network, running statistics included.
pub(crate) struct Average {
    decay: f64,
    slots: Vec<(String, Tensor, Tensor)>,
}

impl Average {
    /// Starts from the network's weights.
    pub fn new(decay: f64, network: &Network) -> Result<Self> {
        let copy = |(name, variable): (String, Tensor)| -> Result<_, TchError> {
            let own = variable.f_detach_copy()?;
            Ok((name, variable.f_detach()?, own))
        };
        let slots = network.named().into_iter().map(copy).collect::<Result<_, _>>();
        Ok(Self { decay, slots: slots.map_err(torch_error("set the average up"))? })
    }

    /// Takes the weights after `steps` steps in. In the first steps the old average counts for less: it knows nothing yet.
    pub fn update(&mut self, steps: u64) -> Result<(), TchError> {
        let decay = self.decay.min((1.0 + steps as f64) / (10.0 + steps as f64));
        let _guard = tch::no_grad_guard();
        for (_, variable, average) in &mut self.slots {
            let _ = average.f_lerp_(variable, 1.0 - decay)?;
        }
        Ok(())
    }

    /// Puts the average into the network and the network's weights here; a second time undoes it.
    pub fn swap(&mut self) -> Result<()> {
        let _guard = tch::no_grad_guard();
        let mut swap = || -> Result<(), TchError> {
            for (_, variable, average) in &mut self.slots {
                let before = variable.f_detach_copy()?;
                variable.f_copy_(average)?;
                average.f_copy_(&before)?;
            }
            Ok(())
        };
        swap().map_err(torch_error("swap the average in"))
    }

    /// Under `average/` and the variables' names.
    pub fn state(&self) -> Result<Tensors> {
        let mut tensors = Tensors::new();
        for (name, _, average) in &self.slots {
            tensors.insert(format!("average/{name}"), to_array(average).map_err(torch_error("read the average"))?);
        }
        Ok(tensors)
    }

    /// Goes on from a state that [`Average::state`] gave.
    pub fn restore(&mut self, tensors: &Tensors, origin: &std::path::Path) -> Result<()> {
        for (name, _, average) in &mut self.slots {
            put(tensors, format!("average/{name}"), average, origin)?;
        }
        Ok(())
    }
}
