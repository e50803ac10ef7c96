//! How much a request may ask for.

use std::time::Duration;

/// Bounds on what a request may bring and take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of a request's body.
    pub body: u64,
    /// Pixels of a picture, by its header.
    pub pixels: u64,
    /// Time for a body to arrive, and then for the answer to be found.
    pub time: Duration,
    /// Pictures that are decoded and searched at the same time, from 1.
    pub concurrent: usize,
}

/// Pictures that wait for each one that is worked on.
const WAITING: usize = 4;

impl Limits {
    /// Pictures that are on their way at a time, from the first byte of the body to the answer; others are turned away.
    pub fn admitted(&self) -> usize {
        self.concurrent.max(1) * (1 + WAITING)
    }
}
