//! Pictures of a comparison, each as SVG and as PNG: confusion matrices, training curves, accuracies.

mod axis;
pub mod bars;
mod canvas;
pub mod confusion;
pub mod curves;
mod paint;

pub use canvas::Canvas;
#[cfg(test)]
pub use canvas::PNG_SCALE;
