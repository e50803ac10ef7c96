//! The tool as its users meet it: one binary for all integration tests, since linking it takes long.
// clippy.toml lets tests unwrap, but sees only functions marked `#[test]` here, not the ones they share.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

mod aggregate;
// What the browser is shown are faces that a network classifies.
#[cfg(all(feature = "opencv", feature = "torch", unix))]
mod browser;
mod crossval;
mod embedding;
mod export;
mod external;
mod extract;
mod fine_tuning;
mod handcrafted;
mod help;
mod http;
mod import;
mod inspect;
mod networks;
// Faces are found by OpenCV; what the tests predict with are networks.
#[cfg(all(feature = "opencv", feature = "torch"))]
mod predict;
mod report;
mod run;
mod serve;
mod small;
mod train;
mod transfer;
