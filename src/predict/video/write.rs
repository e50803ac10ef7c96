//! A video file with drawn frames.

use std::path::{Path, PathBuf};

use ndarray::Array3;
use opencv::core::{Mat, Size, Vec3b};
use opencv::prelude::*;
use opencv::videoio;

use crate::error::{Error, Result};
use crate::predict::video_name;

/// Writes frames of one size; the file appears under its name when it is complete.
pub struct VideoWriter {
    writer: videoio::VideoWriter,
    size: [usize; 2],
    path: PathBuf,
    partial: PathBuf,
}

impl VideoWriter {
    /// Begins a video of `size` (height, width) beside `path`: MPEG-4 for `.mp4`, otherwise motion JPEG as `.avi`.
    ///
    /// # Errors
    /// [`Error::Backend`] where OpenCV cannot write such a video there.
    pub fn new(path: &Path, size: [usize; 2], rate: f64) -> Result<Self> {
        let path = video_name(path);
        let mp4 = path.extension().is_some_and(|e| e == "mp4");
        // The ending says the format, so that it stays the ending.
        let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let partial = path.with_file_name(format!("{stem}.partial.{}", if mp4 { "mp4" } else { "avi" }));
        let fail = |message: &str| Error::backend("OpenCV", format!("write the video {}", path.display()), message);
        let [a, b, c, d] = if mp4 { ['m', 'p', '4', 'v'] } else { ['M', 'J', 'P', 'G'] };
        let code = videoio::VideoWriter::fourcc(a, b, c, d).map_err(|e| fail(&e.message))?;
        let name = partial.to_str().ok_or_else(|| fail("its path is no text"))?;
        let shape = Size::new(size[1] as i32, size[0] as i32);
        let writer = videoio::VideoWriter::new(name, code, rate, shape, true).map_err(|e| fail(&e.message))?;
        match writer.is_opened().map_err(|e| fail(&e.message))? {
            true => Ok(Self { writer, size, path, partial }),
            false => Err(fail("it opens no such file here")),
        }
    }

    /// Adds a frame, height x width x 3.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a frame of another size, [`Error::Backend`] when OpenCV fails.
    pub fn write(&mut self, frame: &Array3<u8>) -> Result<()> {
        let (height, width, _) = frame.dim();
        if [height, width] != self.size {
            let expected = format!("{} x {}, as the first", self.size[0], self.size[1]);
            return Err(Error::invalid("frame", format!("{height} x {width}"), expected));
        }
        let fail = |e: opencv::Error| Error::backend("OpenCV", "write a frame", e.message);
        let turned: Vec<Vec3b> = frame.rows().into_iter().map(|p| Vec3b::from([p[2], p[1], p[0]])).collect();
        let mat = Mat::new_rows_cols_with_data(height as i32, width as i32, &turned).map_err(fail)?;
        self.writer.write(&mat).map_err(fail)
    }

    /// Completes the file and says where it is.
    ///
    /// # Errors
    /// [`Error::Io`] with the path.
    pub fn finish(mut self) -> Result<PathBuf> {
        self.writer.release().map_err(|e| Error::backend("OpenCV", "complete a video", e.message))?;
        std::fs::rename(&self.partial, &self.path).map_err(|e| Error::io("write", &self.path, e))?;
        Ok(self.path)
    }
}
