//! Confusion matrices, metrics, intervals and paired tests, from [`crate::Predictions`] alone.
