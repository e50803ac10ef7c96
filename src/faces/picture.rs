//! One picture file in memory, in colour and in grey.

use std::io::Cursor;

use image::imageops::{self, FilterType};
use image::{DynamicImage, GrayImage, ImageDecoder, ImageReader, Limits};
use ndarray::{Array2, Array3, ArrayView2};

use crate::error::{Error, Result};
use crate::recipe::ResizeFilter;

/// And those of more pixels: decoded they would take several hundred megabytes each.
const MOST_PIXELS: u64 = 100_000_000;

/// A picture.
#[derive(Clone, Debug, PartialEq)]
pub struct Picture {
    /// Red, green and blue, height x width x 3.
    pub colour: Array3<u8>,
    /// Height x width, 0 black to 255 white.
    pub grey: Array2<u8>,
}

impl Picture {
    /// Pictures with more pixels on a side are refused.
    pub const LONGEST_SIDE: u32 = 16_384;

    /// Decodes a picture file: png, jpeg, bmp, gif (its first frame), pnm, tiff or webp, told by the content.
    ///
    /// The camera's orientation is applied, colour becomes grey with the luma weights of Rec. 709 (0.2126 R + 0.7152 G +
    /// 0.0722 B on the stored values), 16 bits become 8, transparency is dropped. `Err` says what is wrong with the file.
    pub fn decode(bytes: &[u8]) -> std::result::Result<Self, String> {
        let decoded = decode(bytes)?;
        let (width, height) = (decoded.width() as usize, decoded.height() as usize);
        let colour = Array3::from_shape_vec((height, width, 3), decoded.to_rgb8().into_raw());
        Ok(Self { colour: colour.map_err(|e| e.to_string())?, grey: grey_of(decoded)? })
    }

    /// Width and height as a picture file's header says, before any pixel is decoded and the picture turned upright.
    /// `Err` says what is wrong with the file.
    pub fn size_in_header(bytes: &[u8]) -> std::result::Result<[u32; 2], String> {
        let reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format().map_err(|e| e.to_string())?;
        if reader.format().is_none() {
            return Err("no picture of a known format".to_string());
        }
        reader.into_dimensions().map(|(width, height)| [width, height]).map_err(|e| e.to_string())
    }

    /// A picture from its colours (height x width x 3), such as a frame of a video.
    ///
    /// # Errors
    /// [`Error::Invalid`] for an array of another shape or without pixels.
    pub fn of_colours(colour: Array3<u8>) -> Result<Self> {
        let (height, width, channels) = colour.dim();
        let wrong = || Error::invalid("picture", format!("{height} x {width} x {channels}"), "height x width x 3");
        if channels != 3 || height == 0 || width == 0 {
            return Err(wrong());
        }
        let colour = colour.as_standard_layout().into_owned();
        let pixels = colour.as_slice().unwrap_or_default().to_vec();
        let rgb = image::RgbImage::from_raw(width as u32, height as u32, pixels).ok_or_else(wrong)?;
        let grey = DynamicImage::from(rgb).into_luma8().into_raw();
        let grey = Array2::from_shape_vec((height, width), grey).map_err(|_| wrong())?;
        Ok(Self { colour, grey })
    }

    /// Width and height.
    pub fn size(&self) -> [usize; 2] {
        [self.grey.ncols(), self.grey.nrows()]
    }
}

/// As [`Picture::decode`], of any colours.
pub(crate) fn decode(bytes: &[u8]) -> std::result::Result<DynamicImage, String> {
    if bytes.is_empty() {
        return Err("an empty file".to_string());
    }
    // The JPEG decoder fills what is missing with grey; a picture that is half grey must not pass as a face.
    if bytes.starts_with(b"\xff\xd8") && memchr::memmem::rfind(bytes, b"\xff\xd9").is_none() {
        return Err("a JPEG that is cut short".to_string());
    }
    let mut reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format().map_err(|e| e.to_string())?;
    if reader.format().is_none() {
        return Err("no picture of a known format".to_string());
    }
    // Without a header there is nothing to compare; the decoder says what is wrong.
    if let Ok([width, height]) = Picture::size_in_header(bytes)
        && width.max(height) > Picture::LONGEST_SIDE
    {
        let most = Picture::LONGEST_SIDE;
        return Err(format!(
            "a picture of {width} x {height} pixels; at most {most} on a side are read: make it smaller"
        ));
    }
    let mut limits = Limits::default();
    limits.max_image_width = Some(Picture::LONGEST_SIDE);
    limits.max_image_height = Some(Picture::LONGEST_SIDE);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(|e| e.to_string())?;
    let (width, height) = decoder.dimensions();
    if width == 0 || height == 0 {
        return Err("a picture without pixels".to_string());
    }
    if u64::from(width) * u64::from(height) > MOST_PIXELS {
        return Err(format!("a picture of {width} x {height} pixels; at most {MOST_PIXELS} are read: make it smaller"));
    }
    let orientation = decoder.orientation().map_err(|e| e.to_string())?;
    let mut picture = DynamicImage::from_decoder(decoder).map_err(|e| e.to_string())?;
    picture.apply_orientation(orientation);
    Ok(picture)
}

/// The grey values of a decoded picture, height x width.
pub(crate) fn grey_of(decoded: DynamicImage) -> std::result::Result<Array2<u8>, String> {
    let grey = decoded.into_luma8();
    let shape = (grey.height() as usize, grey.width() as usize);
    Array2::from_shape_vec(shape, grey.into_raw()).map_err(|e| e.to_string())
}

/// A grey picture brought to `size`, height and width, stretched where its shape differs; as it is where it has that size.
pub(crate) fn resized(grey: ArrayView2<'_, u8>, size: [usize; 2], filter: ResizeFilter) -> Array2<u8> {
    let (height, width) = grey.dim();
    if [height, width] == size || height == 0 || width == 0 {
        return grey.to_owned();
    }
    let pixels: Vec<u8> = grey.iter().copied().collect();
    let filter = match filter {
        ResizeFilter::Triangle => FilterType::Triangle,
        ResizeFilter::Nearest => FilterType::Nearest,
        ResizeFilter::CatmullRom => FilterType::CatmullRom,
        ResizeFilter::Lanczos3 => FilterType::Lanczos3,
    };
    let made = GrayImage::from_raw(width as u32, height as u32, pixels)
        .map(|picture| imageops::resize(&picture, size[1] as u32, size[0] as u32, filter).into_raw());
    made.and_then(|pixels| Array2::from_shape_vec((size[0], size[1]), pixels).ok())
        .unwrap_or_else(|| Array2::zeros(size))
}

/// What the resize is called in `dataset.json`.
pub(crate) fn filter_name(filter: ResizeFilter) -> &'static str {
    match filter {
        ResizeFilter::Triangle => "triangle",
        ResizeFilter::Nearest => "nearest",
        ResizeFilter::CatmullRom => "catmull-rom",
        ResizeFilter::Lanczos3 => "lanczos3",
    }
}
