//! Video files and cameras, by OpenCV.

mod read;
mod write;

pub use read::VideoSource;
pub use write::VideoWriter;
