//! Drawn pictures as files, and what copies are called.

use std::io::Cursor;
use std::path::{Path, PathBuf};

use image::codecs::jpeg::JpegEncoder;
use image::{ImageFormat, RgbImage};
use ndarray::Array3;

use crate::artifact::write_bytes_atomically;
use crate::error::{Error, Result};

/// Good enough that thin letters stay clean.
const JPEG_QUALITY: u8 = 92;

/// What the copy of a picture is called: JPEG stays JPEG, everything else becomes PNG.
pub fn picture_name(path: &Path) -> PathBuf {
    match extension(path).as_str() {
        "jpg" | "jpeg" | "jpe" => path.to_path_buf(),
        _ => path.with_extension("png"),
    }
}

/// What the copy of a video is called: MPEG-4 stays that, everything else becomes AVI.
pub fn video_name(path: &Path) -> PathBuf {
    path.with_extension(if extension(path) == "mp4" { "mp4" } else { "avi" })
}

fn extension(path: &Path) -> String {
    path.extension().and_then(|e| e.to_str()).unwrap_or_default().to_ascii_lowercase()
}

/// Writes a picture (height x width x 3) under its [`picture_name`]; says where.
///
/// # Errors
/// [`Error::Io`] with the path.
pub fn save_picture(path: &Path, picture: &Array3<u8>) -> Result<PathBuf> {
    let fail = |e: image::ImageError| Error::backend("image", format!("write {}", path.display()), e);
    let (height, width, _) = picture.dim();
    let pixels = picture.iter().copied().collect();
    let Some(rgb) = RgbImage::from_raw(width as u32, height as u32, pixels) else {
        return Err(Error::invalid("picture", format!("{:?}", picture.shape()), "height x width x 3"));
    };
    let (mut bytes, path) = (Cursor::new(Vec::new()), picture_name(path));
    match extension(&path).as_str() {
        "png" => rgb.write_to(&mut bytes, ImageFormat::Png),
        _ => rgb.write_with_encoder(JpegEncoder::new_with_quality(&mut bytes, JPEG_QUALITY)),
    }
    .map_err(fail)?;
    write_bytes_atomically(&path, bytes.get_ref())?;
    Ok(path)
}
