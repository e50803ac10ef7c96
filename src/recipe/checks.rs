//! Checks and defaults that several kinds of recipe share.

use crate::error::{Error, Result};

/// A classifier needs something to read.
pub(super) fn some_features(features: &[String]) -> Result<()> {
    match features.is_empty() {
        true => Err(Error::invalid("features", "nothing", "at least one feature recipe")),
        false => Ok(()),
    }
}

/// Each of these numbers is finite and above 0.
pub(super) fn above_zero(numbers: &[(&str, f64)]) -> Result<()> {
    match numbers.iter().find(|(_, v)| !(*v > 0.0 && v.is_finite())) {
        Some((name, value)) => Err(Error::invalid(*name, value, "a number above 0")),
        None => Ok(()),
    }
}

/// A share of something that must not be all of it.
pub(super) fn share(what: &str, value: f64) -> Result<()> {
    match (0.0..1.0).contains(&value) {
        true => Ok(()),
        false => Err(Error::invalid(what, value, "a share from 0 to below 1")),
    }
}

/// The default of what is done unless it is ruled out.
pub(super) fn yes() -> bool {
    true
}

/// Whether a value is that default, which is not written out.
pub(super) fn is_true(value: &bool) -> bool {
    *value
}

/// Default values are not written, so that recipes from before a key existed keep their fingerprint.
pub(super) fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
