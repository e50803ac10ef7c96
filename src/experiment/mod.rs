//! The steps of an experiment, and which of them are stale.
