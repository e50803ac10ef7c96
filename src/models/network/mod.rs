//! Convolutional networks with an optional hybrid head, on libtorch.

mod architecture;
mod block;
mod device;
mod input;
mod layers;
#[cfg(test)]
mod tests;
mod trained;
mod views;

pub use device::Device;
pub use trained::TrainedNetwork;
pub(crate) use trained::{FEATURE_DEVIATION, FEATURE_MEAN};

pub(crate) use architecture::{Network, to_array};
pub(crate) use input::{InputScale, feature_scale, feature_tensor, image_tensor};
pub(crate) use views::cut;

use crate::error::Error;

/// Turns an error of libtorch into ours, saying what it was asked to do.
pub(crate) fn torch_error(doing: &str) -> impl FnOnce(tch::TchError) -> Error + '_ {
    move |e| {
        // libtorch appends a C++ backtrace; its first line says what happened.
        let text = e.to_string();
        Error::backend("libtorch", doing, text.lines().next().unwrap_or_default())
    }
}

/// For tests that draw: libtorch has one generator for the whole process, so that only one test at a time repeats itself.
#[cfg(test)]
pub(crate) fn one_at_a_time() -> std::sync::MutexGuard<'static, ()> {
    static LOCK: std::sync::Mutex<()> = std::sync::Mutex::new(());
    LOCK.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}
