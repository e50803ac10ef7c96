//! Convolutional networks with an optional hybrid head, on libtorch.

mod architecture;
mod block;
mod consistent;
mod cuda;
mod device;
mod exported;
mod input;
mod layers;
#[cfg(test)]
mod native_tests;
mod parallel;
#[cfg(test)]
mod tests;
mod trained;
mod views;

pub use device::Device;
pub use exported::ExportedNetwork;
pub use trained::TrainedNetwork;
pub(crate) use trained::{FEATURE_CODEBOOK, FEATURE_DEVIATION, FEATURE_MEAN};

pub(crate) use architecture::{Network, to_array};
pub(crate) use consistent::ConsistentFeature;
pub(crate) use input::{InputScale, feature_scale, feature_tensor, image_tensor, scaled_features};
pub(crate) use views::cut;

/// For tests that draw: libtorch has one generator for the whole process, so that only one test at a time repeats itself.
#[cfg(test)]
pub(crate) fn one_at_a_time() -> std::sync::MutexGuard<'static, ()> {
    static LOCK: std::sync::Mutex<()> = std::sync::Mutex::new(());
    LOCK.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}
