//! Frames from a file or a camera.

use std::path::Path;
use std::time::Instant;

use ndarray::Array3;
use opencv::core::{LogLevel, Mat, set_log_level};
use opencv::prelude::*;
use opencv::videoio::{CAP_ANY, CAP_PROP_FPS, CAP_PROP_FRAME_COUNT, VideoCapture};

use crate::error::{Error, Result};
use crate::predict::watch::{Frame, FrameSource};

/// Frames a second where neither file nor camera says how many.
const USUAL_RATE: f64 = 25.0;

/// A video file or a camera.
pub struct VideoSource {
    capture: VideoCapture,
    name: String,
    rate: f64,
    /// Frames that the file says it has.
    announced: Option<u64>,
    read: u64,
    /// When the camera gave its first frame; its frames come when they come.
    live_since: Option<Option<Instant>>,
    mat: Mat,
}

impl VideoSource {
    /// Opens a file.
    ///
    /// # Errors
    /// [`Error::Missing`] without the file, [`Error::Malformed`] for what OpenCV cannot read as a video.
    pub fn file(path: &Path) -> Result<Self> {
        if !path.is_file() {
            return Err(Error::missing(path, "name a video file"));
        }
        quiet();
        let wrong =
            |found: &str| Error::malformed(path, "", found, "a video that OpenCV reads (mp4, avi, mov, mkv, webm)");
        let name = path.to_str().ok_or_else(|| wrong("a path that is no text"))?;
        let capture = VideoCapture::from_file(name, CAP_ANY).map_err(|e| wrong(&e.message))?;
        if !capture.is_opened().map_err(|e| wrong(&e.message))? {
            return Err(wrong("nothing that opens as a video; it may be cut short"));
        }
        let announced = capture.get(CAP_PROP_FRAME_COUNT).ok().filter(|n| *n >= 1.0).map(|n| n as u64);
        Self::of(capture, name.to_string(), announced, None)
    }

    /// Opens a camera by its number.
    ///
    /// # Errors
    /// [`Error::Backend`] where there is no such camera.
    pub fn camera(number: u32) -> Result<Self> {
        quiet();
        let name = format!("camera {number}");
        let fail = |message: &str| Error::backend("OpenCV", format!("open {name}"), message);
        let capture = VideoCapture::new(number as i32, CAP_ANY).map_err(|e| fail(&e.message))?;
        match capture.is_opened().map_err(|e| fail(&e.message))? {
            true => Self::of(capture, name.clone(), None, Some(None)),
            false => Err(fail("there is none, or another program uses it")),
        }
    }

    fn of(
        capture: VideoCapture,
        name: String,
        announced: Option<u64>,
        live_since: Option<Option<Instant>>,
    ) -> Result<Self> {
        let rate = capture.get(CAP_PROP_FPS).ok().filter(|r| r.is_finite() && (1.0..=1000.0).contains(r));
        let rate = rate.unwrap_or(USUAL_RATE);
        Ok(Self { capture, name, rate, announced, read: 0, live_since, mat: Mat::default() })
    }

    /// What it is called.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Frames a second.
    pub fn rate(&self) -> f64 {
        self.rate
    }

    /// Frames that a file says it has.
    pub fn announced(&self) -> Option<u64> {
        self.announced
    }

    /// What is wrong with a file that ended well before its announced end, once all was read.
    pub fn cut_short(&self) -> Option<String> {
        // Counts in files are often off by a frame or two.
        self.announced
            .filter(|&announced| self.read + 2 < announced - announced / 50)
            .map(|announced| format!("it ends after {} of {announced} frames", self.read))
    }
}

/// What is wrong is said by the error; OpenCV would add lines about every backend that it tried.
fn quiet() {
    // A version that refuses only says more.
    drop(set_log_level(LogLevel::LOG_LEVEL_SILENT));
}

impl FrameSource for VideoSource {
    fn next(&mut self) -> Result<Option<Frame>> {
        let fail = |e: opencv::Error| Error::backend("OpenCV", "read a frame", e.message);
        if !self.capture.read(&mut self.mat).map_err(fail)? || self.mat.empty() {
            return Ok(None);
        }
        let size = self.mat.size().map_err(fail)?;
        let shape = (size.height as usize, size.width as usize, 3);
        let Ok(bytes) = self.mat.data_bytes() else {
            return Err(Error::backend("OpenCV", "read a frame", "its pixels do not lie together"));
        };
        // OpenCV's order is blue, green, red.
        let colour = Array3::from_shape_vec(shape, bytes.to_vec()).map(|mut colour| {
            for mut pixel in colour.rows_mut() {
                pixel.swap(0, 2);
            }
            colour
        });
        let colour = colour.map_err(|_| Error::backend("OpenCV", "read a frame", "it has not three colours"))?;
        let index = self.read;
        self.read += 1;
        let time = match &mut self.live_since {
            None => index as f64 / self.rate,
            Some(since) => since.get_or_insert_with(Instant::now).elapsed().as_secs_f64(),
        };
        Ok(Some(Frame { index, time, colour }))
    }
}
