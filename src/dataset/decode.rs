//! One picture file to one grey picture of the wanted size.

use ndarray::ArrayView2;

use crate::error::Result;
use crate::faces::{FaceCrop, FaceDetectors, Picture, decode, grey_of, resized};
use crate::recipe::{DataRecipe, FaceRecipe, ResizeFilter};

/// Makes rows of picture files.
pub(super) struct Decoder {
    size: [usize; 2],
    filter: ResizeFilter,
    faces: Option<FaceDetectors>,
}

/// What became of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Decoded {
    /// A picture of the size already.
    Whole,
    /// A picture that was brought to size.
    Resized,
    /// A picture in which no face was found.
    NoFace,
}

impl Decoder {
    /// For the pictures of a recipe; `faces` says how faces are cut out of them.
    pub fn new(recipe: &DataRecipe, faces: Option<&FaceRecipe>) -> Result<Self> {
        Ok(Self { size: recipe.size, filter: recipe.filter, faces: faces.map(FaceDetectors::new).transpose()? })
    }

    /// Decodes `bytes`, as [`Picture::decode`] does, into `out`, height x width values: the largest face where faces are to
    /// be found, otherwise the whole picture, stretched where its shape is another. `Err` says what is wrong with the file.
    pub fn decode(&self, bytes: &[u8], out: &mut [u8]) -> std::result::Result<Decoded, String> {
        let Some(detectors) = &self.faces else {
            let grey = grey_of(decode(bytes)?)?;
            let resize = grey.dim() != (self.size[0], self.size[1]);
            copy(resized(grey.view(), self.size, self.filter).view(), out);
            return Ok(if resize { Decoded::Resized } else { Decoded::Whole });
        };
        let picture = Picture::decode(bytes)?;
        let faces = detectors.detect(&picture).map_err(|e| e.to_string())?;
        let Some(found) = FaceCrop::largest(&faces) else { return Ok(Decoded::NoFace) };
        let crop = FaceCrop { margin: detectors.recipe().margin, size: self.size, filter: self.filter };
        copy(crop.cut(picture.grey.view(), found.face).view(), out);
        Ok(Decoded::Resized)
    }
}

fn copy(grey: ArrayView2<'_, u8>, out: &mut [u8]) {
    for (to, from) in out.iter_mut().zip(grey.iter()) {
        *to = *from;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::{DynamicImage, ImageFormat, Luma, Rgb, RgbImage};
    use std::io::Cursor;

    fn decode_grey(
        bytes: &[u8],
        size: [usize; 2],
        filter: ResizeFilter,
        out: &mut [u8],
    ) -> std::result::Result<Decoded, String> {
        Decoder { size, filter, faces: None }.decode(bytes, out)
    }

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
        assert_eq!(decode_grey(&bytes, [2, 2], ResizeFilter::Triangle, &mut out), Ok(Decoded::Whole));
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
            assert_eq!(decode_grey(&bytes, [8, 12], filter, &mut out), Ok(Decoded::Resized));
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
