//! Heat, places and visual words drawn on faces.

use std::f32::consts::PI;

use ndarray::{Array2, Array3, ArrayView2, s};

use super::super::lettering::{Colour, blend};
use super::super::palette::{DARK, LIGHT};
use crate::faces::resized;
use crate::features::WordShape;
use crate::recipe::ResizeFilter;

/// What speaks for a class, and against it: apart for colour-blind readers.
pub const FOR: Colour = [255, 150, 40];
pub const AGAINST: Colour = [70, 150, 255];
/// The strongest parts still show the face below.
const DENSEST: f32 = 0.72;
/// What is drawn as dense as can be counts for this much at the least: rounding shall not look like evidence.
const LEAST: f32 = 0.005;
const CELLS: usize = WordShape::CELLS;
const ORIENTATIONS: usize = WordShape::ORIENTATIONS;

/// A grey picture enlarged to a square in three channels.
pub fn enlarged(grey: ArrayView2<'_, u8>, side: usize) -> Array3<u8> {
    let larger = resized(grey, [side, side], ResizeFilter::CatmullRom);
    Array3::from_shape_fn((side, side, 3), |(y, x, _)| larger[[y, x]])
}

/// Puts a square at x, y of a picture that has room for it.
pub fn put(picture: &mut Array3<u8>, square: &Array3<u8>, [x, y]: [usize; 2]) {
    let (height, width, _) = square.dim();
    picture.slice_mut(s![y..y + height, x..x + width, ..]).assign(square);
}

/// The colour of a weight and how dense it is, `most` being the densest.
fn shade(weight: f32, most: f32) -> (Colour, f32) {
    let share = (weight.abs() / most.max(LEAST)).min(1.0);
    (if weight < 0.0 { AGAINST } else { FOR }, DENSEST * share)
}

/// Colours a square picture by weights (h x w), between which it goes over smoothly.
pub fn heat(square: &mut Array3<u8>, weights: &Array2<f32>, most: f32) {
    let (side, _, _) = square.dim();
    let (height, width) = weights.dim();
    for y in 0..side {
        for x in 0..side {
            let at = |i: usize, length: usize| {
                let at = ((i as f32 + 0.5) * length as f32 / side as f32 - 0.5).clamp(0.0, length as f32 - 1.0);
                (at as usize, (at as usize + 1).min(length - 1), at.fract())
            };
            let ((top, bottom, down), (left, right, along)) = (at(y, height), at(x, width));
            let row = |y: usize| weights[[y, left]] * (1.0 - along) + weights[[y, right]] * along;
            let (colour, density) = shade(row(top) * (1.0 - down) + row(bottom) * down, most);
            blend(square, [x as i64, y as i64], colour, density);
        }
    }
}

/// A disc for each place (x and y from 0 to 1), as large and as dense as its weight.
pub fn places(square: &mut Array3<u8>, weighed: impl Iterator<Item = ([f32; 2], f32)>, most: f32) {
    let side = square.dim().0 as f32;
    for ([x, y], weight) in weighed {
        let (colour, density) = shade(weight, most);
        let middle = [x * side - 0.5, y * side - 0.5];
        disc(square, middle, 0.008 * side, LIGHT, 0.55);
        disc(square, middle, 0.045 * side * (density / DENSEST).sqrt(), colour, density);
    }
}

fn disc(picture: &mut Array3<u8>, [x, y]: [f32; 2], radius: f32, colour: Colour, density: f32) {
    let reach = radius.ceil() as i64 + 1;
    for row in y as i64 - reach..=y as i64 + reach {
        for column in x as i64 - reach..=x as i64 + reach {
            let distance = (column as f32 - x).hypot(row as f32 - y);
            blend(picture, [column, row], colour, density * (radius - distance + 0.5).clamp(0.0, 1.0));
        }
    }
}

/// A visual word: in each cell a ray for each orientation, as long as the gradients are strong.
pub fn word(shape: &WordShape, side: usize) -> Array3<u8> {
    let mut picture = Array3::from_shape_fn((side, side, 3), |(_, _, channel)| DARK[channel] + 14);
    let cell = side as f32 / CELLS as f32;
    let strongest = shape.numbers.iter().copied().fold(f32::MIN_POSITIVE, f32::max);
    for (i, &number) in shape.numbers.iter().enumerate() {
        let (place, orientation) = (i / ORIENTATIONS, i % ORIENTATIONS);
        let middle = [(place % CELLS) as f32 + 0.5, (place / CELLS) as f32 + 0.5].map(|v| v * cell - 0.5);
        let turn = 2.0 * PI * orientation as f32 / ORIENTATIONS as f32;
        let towards = [turn.cos(), if shape.clockwise { turn.sin() } else { -turn.sin() }];
        let length = 0.5 * cell * (number / strongest).max(0.0);
        let steps = (3.0 * length).ceil() as usize;
        for step in 0..=steps {
            let way = length * step as f32 / steps.max(1) as f32;
            disc(&mut picture, [middle[0] + way * towards[0], middle[1] + way * towards[1]], 0.5, LIGHT, 0.6);
        }
    }
    picture
}

/// The surroundings of a place on a face, a quarter as wide as the face.
pub fn surroundings(face: &Array2<u8>, [x, y]: [f32; 2], side: usize) -> Array3<u8> {
    let (height, width) = face.dim();
    let reach = (height.min(width) / 4).max(1);
    let start = |at: f32, length: usize| {
        ((at * length as f32 - reach as f32 / 2.0).round().max(0.0) as usize).min(length - reach)
    };
    let (top, left) = (start(y, height), start(x, width));
    enlarged(face.slice(s![top..top + reach, left..left + reach]), side)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn heat_is_strongest_where_weights_are_and_cold_where_they_are_below_zero() {
        let mut square = Array3::from_elem((40, 40, 3), 100u8);
        heat(&mut square, &array![[0.2, 0.0], [0.0, -0.2]], 0.2);
        let [hot, cold] = [[0, 0], [39, 39]].map(|[y, x]| square.slice(s![y, x, ..]).to_vec());
        assert!(hot[0] > 180 && hot[2] < 70, "{hot:?}");
        assert!(cold[2] > 180 && cold[0] < 100, "{cold:?}");
        let mut flat = Array3::from_elem((10, 10, 3), 100u8);
        for rounding in [0.0, 1e-6] {
            heat(&mut flat, &Array2::from_elem((4, 4), rounding), rounding);
            assert!(flat.iter().all(|&v| v == 100), "without weights the face is as it was");
        }
    }

    #[test]
    fn a_word_of_one_orientation_points_there() {
        let mut numbers = vec![0.0; 128];
        // Cell of row 1 and column 2, orientation 2: down with the clock, up against it.
        numbers[(CELLS + 2) * ORIENTATIONS + 2] = 9.0;
        for (clockwise, row) in [(true, 35), (false, 25)] {
            let drawn = word(&WordShape { numbers: numbers.clone(), clockwise }, 80);
            let other = if clockwise { 25 } else { 35 };
            let bright = |y: usize| (48..52).map(|x| drawn[[y, x, 0]]).max();
            assert!(bright(row) > Some(150) && bright(other) < Some(50), "{clockwise}");
        }
    }

    #[test]
    fn surroundings_stay_on_the_face() {
        let face = Array2::from_shape_fn((48, 40), |(y, x)| (y + x) as u8);
        for place in [[0.0, 0.0], [1.0, 1.0], [0.5, 0.02]] {
            assert_eq!(surroundings(&face, place, 52).dim(), (52, 52, 3));
        }
    }
}
