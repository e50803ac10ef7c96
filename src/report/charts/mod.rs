//! Pictures of a comparison, each as SVG and as PNG: confusion matrices, training curves, accuracies.

mod axis;
pub mod bars;
mod canvas;
pub mod confusion;
pub mod curves;
pub mod duels;
mod paint;
mod panel;
pub mod ranking;
pub mod reliability;
pub mod timeline;

pub use canvas::Canvas;
#[cfg(test)]
pub use canvas::PNG_SCALE;
