//! A drawn picture as a file.

use std::io::Cursor;
use std::path::{Path, PathBuf};

use image::codecs::jpeg::JpegEncoder;
use image::{ImageFormat, RgbImage};
use ndarray::Array3;

use crate::artifact::write_bytes_atomically;
use crate::error::{Error, Result};

/// Good enough that thin letters stay clean.
const JPEG_QUALITY: u8 = 92;

/// Writes a picture (height x width x 3) as JPEG where `path` ends so, otherwise as PNG with that ending; says where.
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
    let extension = path.extension().and_then(|e| e.to_str()).unwrap_or_default().to_ascii_lowercase();
    let mut bytes = Cursor::new(Vec::new());
    let jpeg = matches!(extension.as_str(), "jpg" | "jpeg" | "jpe");
    let path = if jpeg {
        rgb.write_with_encoder(JpegEncoder::new_with_quality(&mut bytes, JPEG_QUALITY)).map_err(fail)?;
        path.to_path_buf()
    } else {
        rgb.write_to(&mut bytes, ImageFormat::Png).map_err(fail)?;
        path.with_extension("png")
    };
    write_bytes_atomically(&path, bytes.get_ref())?;
    Ok(path)
}
