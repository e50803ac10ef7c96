//! A face cut out of a picture as a model sees it.

use ndarray::{Array2, ArrayView2};

use super::picture::resized;
use super::{FaceBox, FoundFace};
use crate::recipe::ResizeFilter;

/// How a face is cut out and brought to the size of a model's pictures.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FaceCrop {
    /// Added on each side of the box, as a share of its longer side.
    pub margin: f64,
    /// Height and width of what comes out, in pixels.
    pub size: [usize; 2],
    /// The filter of the resize.
    pub filter: ResizeFilter,
}

impl FaceCrop {
    /// The square that is cut out for a face: around the middle of its box, as long as the longer side and the margin.
    pub fn square(&self, face: FaceBox) -> FaceBox {
        let longer = f64::from(face.width.max(face.height));
        let side = (longer * (1.0 + 2.0 * self.margin)).round().max(1.0);
        let start = |at: i32, length: u32| (f64::from(at) + (f64::from(length) - side) / 2.0).round() as i32;
        FaceBox { x: start(face.x, face.width), y: start(face.y, face.height), width: side as u32, height: side as u32 }
    }

    /// Cuts the square of a face out of a grey picture; beyond the picture's edge its outermost pixels go on.
    pub fn cut(&self, grey: ArrayView2<'_, u8>, face: FaceBox) -> Array2<u8> {
        let square = self.square(face);
        let (height, width) = grey.dim();
        let within = |at: i32, offset: usize, length: usize| {
            (i64::from(at) + offset as i64).clamp(0, length as i64 - 1) as usize
        };
        let cut = Array2::from_shape_fn((square.height as usize, square.width as usize), |(y, x)| {
            grey[[within(square.y, y, height), within(square.x, x, width)]]
        });
        self.whole(cut.view())
    }

    /// A picture that is a face already, brought to size.
    pub fn whole(&self, grey: ArrayView2<'_, u8>) -> Array2<u8> {
        resized(grey, self.size, self.filter)
    }

    /// The largest of several faces, the first of equals: whom a picture of a training set shows.
    pub fn largest(faces: &[FoundFace]) -> Option<&FoundFace> {
        faces.iter().rev().max_by_key(|found| found.face.area())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn crop(margin: f64, side: usize) -> FaceCrop {
        FaceCrop { margin, size: [side, side], filter: ResizeFilter::Triangle }
    }

    #[test]
    fn the_square_is_around_the_middle_of_the_box() {
        let face = FaceBox { x: 10, y: 20, width: 40, height: 30 };
        assert_eq!(crop(0.0, 8).square(face), FaceBox { x: 10, y: 15, width: 40, height: 40 });
        assert_eq!(crop(0.25, 8).square(face), FaceBox { x: 0, y: 5, width: 60, height: 60 });
    }

    #[test]
    fn beyond_the_edge_the_outermost_pixels_go_on() {
        let grey = Array2::from_shape_fn((6, 6), |(y, x)| (10 * y + x) as u8);
        let cut = crop(0.0, 4).cut(grey.view(), FaceBox { x: -2, y: 4, width: 4, height: 4 });
        assert_eq!(cut.row(0).to_vec(), [40, 40, 40, 41]);
        assert_eq!(cut.row(3).to_vec(), [50, 50, 50, 51]);
    }

    #[test]
    fn the_largest_face_is_chosen_and_of_equals_the_first() {
        let found = |x, side| FoundFace { face: FaceBox { x, y: 0, width: side, height: side }, score: 1.0 };
        let faces = [found(0, 10), found(1, 30), found(2, 30), found(3, 20)];
        assert_eq!(FaceCrop::largest(&faces).unwrap().face.x, 1);
        assert_eq!(FaceCrop::largest(&[]), None);
    }
}
