//! One picture file to one grey picture of the wanted size.

use std::io::Cursor;

use image::imageops::{self, FilterType};
use image::{DynamicImage, ImageDecoder, ImageReader, Limits};

use crate::recipe::ResizeFilter;

/// Pictures larger than this on a side are refused.
const LONGEST_SIDE: u32 = 16_384;

/// What the resize is called in `dataset.json`.
pub(super) fn filter_name(filter: ResizeFilter) -> &'static str {
    match filter {
        ResizeFilter::Triangle => "triangle",
        ResizeFilter::Nearest => "nearest",
        ResizeFilter::CatmullRom => "catmull-rom",
        ResizeFilter::Lanczos3 => "lanczos3",
    }
}

/// Decodes `bytes` into `out`, height x width = `size` values, 0 black to 255 white; true when it was resized.
///
/// The format is told by the content. The camera's orientation is applied, colour becomes grey with the luma weights
/// of Rec. 709 (0.2126 R + 0.7152 G + 0.0722 B on the stored values), 16 bits become 8, transparency is dropped.
/// Pictures of another shape are stretched to `size`. `Err` says what is wrong with the file.
pub(super) fn decode_grey(
    bytes: &[u8],
    size: [usize; 2],
    filter: ResizeFilter,
    out: &mut [u8],
) -> Result<bool, String> {
    if bytes.is_empty() {
        return Err("an empty file".to_string());
    }
    // The JPEG decoder fills what is missing with grey; a picture that is half grey must not pass as a face.
    if bytes.starts_with(b"\xff\xd8") && memchr::memmem::rfind(bytes, b"\xff\xd9").is_none() {
        return Err("a JPEG that is cut short".to_string());
    }
    let mut reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format().map_err(|e| e.to_string())?;
    let mut limits = Limits::default();
    limits.max_image_width = Some(LONGEST_SIDE);
    limits.max_image_height = Some(LONGEST_SIDE);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(|e| e.to_string())?;
    let orientation = decoder.orientation().map_err(|e| e.to_string())?;
    let mut picture = DynamicImage::from_decoder(decoder).map_err(|e| e.to_string())?;
    picture.apply_orientation(orientation);
    let grey = picture.into_luma8();
    let [height, width] = size.map(|s| s as u32);
    if grey.width() == 0 || grey.height() == 0 {
        return Err("a picture without pixels".to_string());
    }
    if grey.dimensions() == (width, height) {
        out.copy_from_slice(grey.as_raw());
        return Ok(false);
    }
    let filter = match filter {
        ResizeFilter::Triangle => FilterType::Triangle,
        ResizeFilter::Nearest => FilterType::Nearest,
        ResizeFilter::CatmullRom => FilterType::CatmullRom,
        ResizeFilter::Lanczos3 => FilterType::Lanczos3,
    };
    out.copy_from_slice(imageops::resize(&grey, width, height, filter).as_raw());
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::{ImageFormat, Luma, Rgb, RgbImage};

    fn encoded(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
        let mut bytes = Cursor::new(Vec::new());
        picture.write_to(&mut bytes, format).unwrap();
        bytes.into_inner()
    }

    #[test]
    fn colour_becomes_grey_with_the_stated_weights() {
        let colours = [[255, 0, 0], [0, 255, 0], [0, 0, 255], [10, 200, 30]];
        let picture = RgbImage::from_fn(2, 2, |x, y| Rgb(colours[(y * 2 + x) as usize]));
        let mut out = [0; 4];
        let bytes = encoded(&picture.into(), ImageFormat::Png);
        assert!(!decode_grey(&bytes, [2, 2], ResizeFilter::Triangle, &mut out).unwrap());
        // 0.2126 * 255 = 54.2, 0.7152 * 255 = 182.4, 0.0722 * 255 = 18.4; 2.126 + 143.04 + 2.166 = 147.3
        assert_eq!(out, [54, 182, 18, 147]);
    }

    #[test]
    fn sixteen_bits_and_other_sizes_are_brought_to_form() {
        let deep = image::ImageBuffer::<Luma<u16>, _>::from_pixel(30, 20, Luma([0x8080]));
        let bytes = encoded(&deep.into(), ImageFormat::Png);
        for filter in [ResizeFilter::Triangle, ResizeFilter::Nearest, ResizeFilter::CatmullRom, ResizeFilter::Lanczos3]
        {
            let mut out = [0; 8 * 12];
            assert!(decode_grey(&bytes, [8, 12], filter, &mut out).unwrap());
            assert!(out.iter().all(|&p| p == 0x80), "{filter:?}: {out:?}");
        }
    }

    #[test]
    fn every_cut_of_a_picture_is_refused() {
        let picture = DynamicImage::from(RgbImage::from_fn(16, 16, |x, y| Rgb([(x * 16) as u8, (y * 16) as u8, 7])));
        for format in [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::Bmp] {
            let bytes = encoded(&picture, format);
            let mut out = [0; 256];
            assert!(decode_grey(&bytes, [16, 16], ResizeFilter::Triangle, &mut out).is_ok());
            for cut in [0, 1, 8, bytes.len() / 2, bytes.len() - 40] {
                let outcome = decode_grey(&bytes[..cut], [16, 16], ResizeFilter::Triangle, &mut out);
                assert!(outcome.is_err(), "{format:?} cut at {cut}");
            }
        }
        assert!(decode_grey(b"no picture at all", [16, 16], ResizeFilter::Triangle, &mut [0; 256]).is_err());
    }
}
