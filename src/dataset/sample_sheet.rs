//! A sheet of sample faces, one line for each class.

use std::io::Cursor;

use image::imageops::{self, FilterType};
use image::{GrayImage, ImageFormat};
use kuva::backend::png::PngBackend;
use kuva::render::render::{Primitive, Scene, TextAnchor};
use ndarray::Axis;

use super::{Dataset, Split};
use crate::error::{Error, Result};

/// Height of a face on the sheet, in pixels.
const FACE: u32 = 96;
/// Space between faces.
const GAP: u32 = 8;
/// Room for the class names and for the title.
const LEFT: u32 = 170;
const TOP: u32 = 48;

/// Draws `per_class` training faces of each class, evenly spaced over its rows, as the bytes of a PNG file.
///
/// Classes without training rows show rows of the other splits; a class without rows has an empty line.
///
/// # Errors
/// [`Error::Backend`] when the picture cannot be encoded.
pub fn sample_sheet(dataset: &Dataset, per_class: usize) -> Result<Vec<u8>> {
    let info = &dataset.info;
    // Bounded, whatever shape the pictures have.
    let wide = (FACE as usize * info.width).div_ceil(info.height.max(1)).clamp(8, 8 * FACE as usize) as u32;
    let columns = u32::try_from(per_class.clamp(1, 64)).unwrap_or(1);
    let lines = info.classes.len() as u32;
    let (width, height) = (LEFT + columns * (wide + GAP), TOP + lines * (FACE + GAP));
    let mut sheet = labels(dataset, width, height)?;
    for (line, class) in (0..lines).zip(0u8..) {
        for (column, row) in (0..columns).zip(choose(dataset, class, columns as usize)) {
            let face = face(dataset, row, wide);
            let (x, y) = (LEFT + column * (wide + GAP), TOP + line * (FACE + GAP));
            imageops::replace(&mut sheet, &face, i64::from(x), i64::from(y));
        }
    }
    let mut bytes = Cursor::new(Vec::new());
    sheet.write_to(&mut bytes, ImageFormat::Png).map_err(|e| Error::backend("image", "write the sheet", e))?;
    Ok(bytes.into_inner())
}

/// The title and the names of the classes on white.
fn labels(dataset: &Dataset, width: u32, height: u32) -> Result<GrayImage> {
    let info = &dataset.info;
    let mut scene = Scene::new(f64::from(width), f64::from(height));
    let mut text = |x: f64, y: f64, size: u32, bold: bool, content: String| {
        let (anchor, rotate, color) = (TextAnchor::Start, None, None);
        scene.add(Primitive::Text { x, y, content, size, anchor, rotate, bold, color });
    };
    let synthetic = if info.synthetic { ", synthetic faces" } else { "" };
    text(12.0, 30.0, 18, true, format!("{}: sample faces of the training rows{synthetic}", info.title));
    for (line, (class, counts)) in info.classes.iter().zip(dataset.counts()).enumerate() {
        let y = f64::from(TOP) + line as f64 * f64::from(FACE + GAP) + f64::from(FACE) / 2.0;
        let short: String = class.chars().take(16).collect();
        text(12.0, y, 15, true, short);
        text(12.0, y + 20.0, 12, false, format!("{} rows", counts.iter().sum::<usize>()));
    }
    let failed = |e: String| Error::backend("kuva", "draw the sheet's labels", e);
    let png = PngBackend::new().with_scale(1.0).render_scene(&scene).map_err(failed)?;
    let drawn = image::load_from_memory(&png).map_err(|e| failed(e.to_string()))?.into_luma8();
    let mut sheet = GrayImage::from_pixel(width, height, image::Luma([255]));
    imageops::replace(&mut sheet, &drawn, 0, 0);
    Ok(sheet)
}

/// Rows of a class, evenly spaced, training rows where there are any.
fn choose(dataset: &Dataset, class: u8, wanted: usize) -> Vec<usize> {
    let of_class = |row: &usize| dataset.labels[*row] == class;
    let mut rows: Vec<usize> = dataset.rows(Split::Train).into_iter().filter(of_class).collect();
    if rows.is_empty() {
        rows = (0..dataset.labels.len()).filter(of_class).collect();
    }
    let shown = wanted.min(rows.len());
    (0..shown).map(|i| rows[i * rows.len() / shown]).collect()
}

fn face(dataset: &Dataset, row: usize, wide: u32) -> GrayImage {
    let pixels: Vec<u8> = dataset.images.index_axis(Axis(0), row).iter().copied().collect();
    let (h, w) = (dataset.info.height as u32, dataset.info.width as u32);
    let picture = GrayImage::from_raw(w, h, pixels).unwrap_or_default();
    // Small pictures keep their pixels visible, large ones are averaged.
    let filter = if h <= FACE { FilterType::Nearest } else { FilterType::Triangle };
    imageops::resize(&picture, wide, FACE, filter)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::fixture::dataset;

    #[test]
    fn samples_are_spread_over_the_training_rows_of_their_class() {
        let rows: Vec<(u8, u8, Split)> =
            (0..40).map(|i| (i, i % 2, if i < 30 { Split::Train } else { Split::Test })).collect();
        let data = dataset(&rows);
        assert_eq!(choose(&data, 0, 3), [0, 10, 20]);
        assert_eq!(choose(&data, 1, 100).len(), 15);
        assert_eq!(choose(&data, 2, 3), [0usize; 0]);
    }

    #[test]
    fn the_sheet_shows_the_pixels_of_the_faces() {
        let data = dataset(&[(100, 0, Split::Train), (50, 1, Split::Test)]);
        let sheet = image::load_from_memory(&sample_sheet(&data, 2).unwrap()).unwrap().into_luma8();
        assert_eq!(sheet.dimensions(), (LEFT + 2 * (FACE + GAP), TOP + 3 * (FACE + GAP)));
        assert_eq!(sheet.get_pixel(LEFT + 1, TOP + 1).0, [100]);
        assert_eq!(sheet.get_pixel(LEFT + FACE - 1, TOP + FACE - 1).0, [115]);
        assert_eq!(sheet.get_pixel(LEFT + 1, TOP + FACE + GAP + 1).0, [50]);
        // The labels are there: something dark to the left of the faces.
        assert!(sheet.enumerate_pixels().any(|(x, _, p)| x < LEFT && p.0[0] < 100));
    }
}
