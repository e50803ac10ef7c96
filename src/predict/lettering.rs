//! Text and boxes on pictures.

use std::sync::OnceLock;

use fontdue::{Font, FontSettings};
use ndarray::Array3;

use crate::error::{Error, Result};

/// Red, green, blue.
pub type Colour = [u8; 3];

/// DejaVu Sans Bold: wide letters that stay readable when small.
fn font() -> Result<&'static Font> {
    static FONT: OnceLock<std::result::Result<Font, &'static str>> = OnceLock::new();
    FONT.get_or_init(|| Font::from_bytes(dejavu::sans::bold(), FontSettings::default()))
        .as_ref()
        .map_err(|e| Error::backend("fontdue", "read the font", e))
}

/// The width of a line of text of this height, in pixels.
pub fn text_width(text: &str, height: f32) -> Result<f32> {
    let font = font()?;
    Ok(text.chars().map(|c| font.metrics(c, height).advance_width).sum())
}

/// Writes a line of text with its baseline at `y`; what lies beyond the picture is cut off.
pub fn write(picture: &mut Array3<u8>, text: &str, [x, y]: [f32; 2], height: f32, colour: Colour) -> Result<()> {
    let font = font()?;
    let mut pen = x;
    for letter in text.chars() {
        let (metrics, coverage) = font.rasterize(letter, height);
        let left = pen.round() as i64 + i64::from(metrics.xmin);
        let top = y.round() as i64 - i64::from(metrics.ymin) - metrics.height as i64;
        for (i, &share) in coverage.iter().enumerate() {
            let (row, column) = (i / metrics.width, i % metrics.width);
            blend(picture, [left + column as i64, top + row as i64], colour, f32::from(share) / 255.0);
        }
        pen += metrics.advance_width;
    }
    Ok(())
}

/// Fills a rectangle; `opacity` 1 hides what was there.
pub fn fill(picture: &mut Array3<u8>, [x, y, width, height]: [i64; 4], colour: Colour, opacity: f32) {
    let (rows, columns, _) = picture.dim();
    for row in y.max(0)..(y + height).min(rows as i64) {
        for column in x.max(0)..(x + width).min(columns as i64) {
            blend(picture, [column, row], colour, opacity);
        }
    }
}

/// Draws the edges of a rectangle inwards, `thickness` pixels wide.
pub fn frame(picture: &mut Array3<u8>, [x, y, width, height]: [i64; 4], thickness: i64, colour: Colour) {
    let t = thickness.min(width / 2).min(height / 2).max(1);
    for edge in [
        [x, y, width, t],
        [x, y + height - t, width, t],
        [x, y + t, t, height - 2 * t],
        [x + width - t, y + t, t, height - 2 * t],
    ] {
        fill(picture, edge, colour, 1.0);
    }
}

/// Mixes a colour into a pixel; nothing beyond the picture.
pub fn blend(picture: &mut Array3<u8>, [x, y]: [i64; 2], colour: Colour, share: f32) {
    let (rows, columns, _) = picture.dim();
    if share <= 0.0 || x < 0 || y < 0 || x >= columns as i64 || y >= rows as i64 {
        return;
    }
    for (channel, value) in colour.into_iter().enumerate() {
        let pixel = &mut picture[[y as usize, x as usize, channel]];
        *pixel = (f32::from(*pixel) * (1.0 - share) + f32::from(value) * share).round() as u8;
    }
}
