//! Weights that copies of a network have in common.

use std::ops::Deref;

use tch::Tensor;

/// A tensor whose clones are the same numbers in memory: threads of libtorch may read one tensor together, but each needs a
/// handle of its own.
#[derive(Debug)]
pub(crate) struct SharedTensor(Tensor);

impl From<Tensor> for SharedTensor {
    fn from(tensor: Tensor) -> Self {
        Self(tensor)
    }
}

impl Clone for SharedTensor {
    fn clone(&self) -> Self {
        Self(self.0.shallow_clone())
    }
}

impl Deref for SharedTensor {
    type Target = Tensor;

    fn deref(&self) -> &Tensor {
        &self.0
    }
}
