//! A picture with its faces boxed, named, and the probabilities as bars.

use ndarray::{Array2, Array3, s};

use super::lettering::{Colour, fill, frame, text_width, write};
use super::outcome::FaceExpression;
use super::palette::{Bars, DARK, LIGHT, colour_at};
use super::watch::{Frame, TrackedFace};
use crate::error::Result;
use crate::faces::Picture;
use crate::recipe::ResizeFilter;

/// Pictures smaller than this on their shorter side are enlarged first: letters would not fit otherwise.
const SMALLEST: usize = 320;
/// But not beyond this on their longer side.
const LARGEST: usize = 2048;

/// Draws every face's box, its class with the probability, and a bar for each class; where other faces leave no room for
/// that, one bar of all probabilities on end, with the colours of the classes below the picture. Several faces are numbered,
/// from 1. Readable on any ground: the box has a dark rim, letters stand on a dark plate, which has a strip of its own at the
/// right where a single face fills the picture.
///
/// # Errors
/// [`crate::Error::Backend`] when the font cannot be read.
pub fn annotated(picture: &Picture, faces: &[FaceExpression], classes: &[String]) -> Result<Array3<u8>> {
    let number = |i: usize| (faces.len() > 1).then_some(i as u32 + 1);
    draw_all(&picture.colour, faces.iter().enumerate().map(|(i, f)| (f, number(i))).collect(), classes, true)
}

/// The same on a frame of a video, with the number of each face.
///
/// # Errors
/// As [`annotated`].
pub fn annotated_frame(frame: &Frame, faces: &[TrackedFace], classes: &[String]) -> Result<Array3<u8>> {
    draw_all(&frame.colour, faces.iter().map(|f| (&f.face, Some(f.track))).collect(), classes, false)
}

/// `grows` says that the picture may become wider.
fn draw_all(
    colour: &Array3<u8>,
    faces: Vec<(&FaceExpression, Option<u32>)>,
    classes: &[String],
    grows: bool,
) -> Result<Array3<u8>> {
    let (height, width, _) = colour.dim();
    let (shorter, longer) = (width.min(height).max(1), width.max(height).max(1));
    let factor = if faces.is_empty() { 1 } else { SMALLEST.div_ceil(shorter).min(LARGEST / longer).max(1) };
    let mut drawn = enlarged(colour, factor);
    let scale = ((width.min(height) * factor) as f32 / 480.0).clamp(0.8, 6.0);
    let thick = (2.0 * scale).round().max(2.0) as i64;
    let boxes: Vec<Area> = faces.iter().map(|(f, _)| Area::of(f, factor as i64)).collect();
    for ((face, _), &Area { x, y, width, height }) in faces.iter().zip(&boxes) {
        frame(&mut drawn, [x - 1, y - 1, width + 2, height + 2], thick + 2, DARK);
        frame(&mut drawn, [x, y, width, height], thick, colour_of(face, classes));
    }
    let (mut taken, mut on_end) = (boxes.clone(), false);
    for (&(face, number), &own) in faces.iter().zip(&boxes) {
        let plate = Plate { face, number, classes, scale, thick };
        let size = plate.size()?;
        let picture = Area { x: 0, y: 0, width: drawn.dim().1 as i64, height: drawn.dim().0 as i64 };
        let place = match beside(own, size, thick + 2, picture, &taken) {
            Some(place) => {
                plate.draw(&mut drawn, place)?;
                place
            }
            None if faces.len() == 1 && grows => {
                let [width, height] = size;
                let strip = Area { x: picture.width, y: 0, width, height: height.max(picture.height) };
                drawn = widened(&drawn, strip);
                plate.draw(&mut drawn, Area { height, ..strip })?;
                strip
            }
            None if faces.len() == 1 => {
                let [width, height] = size;
                let corner = Area { x: own.x + own.width - width, y: own.y + own.height - height, width, height };
                let inside = corner.moved_into(picture);
                plate.draw(&mut drawn, inside)?;
                inside
            }
            None => {
                on_end = true;
                plate.draw_short(&mut drawn, own, picture, &taken)?
            }
        };
        taken.push(place);
    }
    if on_end && grows { with_legend(&drawn, classes, scale) } else { Ok(drawn) }
}

/// A rectangle of the picture.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Area {
    x: i64,
    y: i64,
    width: i64,
    height: i64,
}

impl Area {
    fn of(face: &FaceExpression, factor: i64) -> Self {
        let b = face.face;
        let [x, y] = [b.x, b.y].map(|v| i64::from(v) * factor);
        let [width, height] = [b.width, b.height].map(|v| i64::from(v) * factor);
        Self { x, y, width, height }
    }

    fn meets(&self, other: &Self) -> bool {
        self.x < other.x + other.width
            && other.x < self.x + self.width
            && self.y < other.y + other.height
            && other.y < self.y + self.height
    }

    fn is_in(&self, other: &Self) -> bool {
        *self == self.moved_into(*other)
    }

    /// As far inside as it fits.
    fn moved_into(self, other: Self) -> Self {
        let x = self.x.min(other.x + other.width - self.width).max(other.x);
        let y = self.y.min(other.y + other.height - self.height).max(other.y);
        Self { x, y, ..self }
    }
}

/// Right of a face, left of it, below or above: the first place inside the picture that meets nothing.
fn beside(own: Area, [width, height]: [i64; 2], gap: i64, picture: Area, taken: &[Area]) -> Option<Area> {
    let at = |x, y| Area { x, y, width, height };
    let level = own.y.clamp(0, (picture.height - height).max(0));
    let upright = own.x.clamp(0, (picture.width - width).max(0));
    let places = [
        at(own.x + own.width + gap, level),
        at(own.x - gap - width, level),
        at(upright, own.y + own.height + gap),
        at(upright, own.y - gap - height),
    ];
    places.into_iter().find(|place| place.is_in(&picture) && !taken.iter().any(|other| place.meets(other)))
}

fn colour_of(face: &FaceExpression, classes: &[String]) -> Colour {
    colour_at(classes.iter().position(|c| *c == face.class).unwrap_or(0))
}

/// What is said of one face.
struct Plate<'a> {
    face: &'a FaceExpression,
    /// Of a face in a video.
    number: Option<u32>,
    classes: &'a [String],
    scale: f32,
    thick: i64,
}

impl Plate<'_> {
    fn title(&self) -> String {
        let number = self.number.map_or(String::new(), |n| format!("{n}: "));
        format!("{number}{} {:.0} %", self.face.class, 100.0 * self.face.probability)
    }

    /// Heights of large and of small letters, and the space around them.
    fn letters(&self) -> [f32; 3] {
        [17.0 * self.scale, 11.0 * self.scale, (5.0 * self.scale).round()]
    }

    fn bars(&self) -> Bars<'_> {
        let [_, letters, gap] = self.letters();
        let FaceExpression { probabilities, class, .. } = self.face;
        Bars {
            classes: self.classes,
            probabilities,
            class,
            letters,
            line: (letters * 1.35).ceil(),
            gap,
            numbers: false,
        }
    }

    fn size(&self) -> Result<[i64; 2]> {
        let [large, small, pad] = self.letters();
        let bars = self.bars().names()? + 60.0 * self.scale + 3.0 * pad;
        let width = bars.max(text_width(&self.title(), large)? + 2.0 * pad) + self.thick as f32;
        let height = (large * 1.35).ceil() + (small * 1.35).ceil() * self.classes.len() as f32 + pad;
        Ok([width.ceil() as i64, height.ceil() as i64])
    }

    /// The class in large letters, then a line with a bar for each class.
    fn draw(&self, picture: &mut Array3<u8>, at: Area) -> Result<()> {
        let [large, _, pad] = self.letters();
        fill(picture, [at.x, at.y, at.width, at.height], DARK, 0.82);
        fill(picture, [at.x, at.y, self.thick, at.height], colour_of(self.face, self.classes), 1.0);
        let left = at.x as f32 + pad + self.thick as f32;
        write(picture, &self.title(), [left, at.y as f32 + large * 1.05], large, LIGHT)?;
        let top = at.y as f32 + (large * 1.35).ceil();
        self.bars().draw(picture, [left, top], (at.x + at.width) as f32 - pad - left)
    }

    /// The class, and all probabilities on end in one bar, as wide as the face's box: below it or above it, or else over the
    /// forehead, which says least.
    fn draw_short(&self, picture: &mut Array3<u8>, own: Area, whole: Area, taken: &[Area]) -> Result<Area> {
        let [large, ..] = self.letters();
        let inner = (own.width - 2 * self.thick).max(1);
        // Smaller letters where the box is narrow.
        let letters = (large * inner as f32 * 0.92 / text_width(&self.title(), large)?.max(1.0)).clamp(6.0, large);
        let bar = (letters * 0.45).ceil() as i64;
        let height = (letters * 1.35).ceil() as i64 + bar;
        let at = |y| Area { x: own.x + self.thick, y, width: inner, height };
        let free = |place: &Area| place.is_in(&whole) && !taken.iter().any(|other| place.meets(other));
        let outside = [at(own.y + own.height + 2), at(own.y - 2 - height)];
        let at = outside.into_iter().find(free).unwrap_or(at(own.y + self.thick));
        fill(picture, [at.x, at.y, at.width, at.height], DARK, 0.82);
        write(picture, &self.title(), [at.x as f32 + letters * 0.25, at.y as f32 + letters * 1.03], letters, LIGHT)?;
        let total: f32 = self.face.probabilities.iter().map(|p| p.max(0.0)).sum::<f32>().max(f32::MIN_POSITIVE);
        let mut passed = 0.0;
        for (i, &p) in self.face.probabilities.iter().enumerate() {
            let end = passed + p.max(0.0) / total;
            let [from, to] = [passed, end].map(|share| (share * at.width as f32).round() as i64);
            fill(picture, [at.x + from, at.y + at.height - bar, to - from, bar], colour_at(i), 1.0);
            passed = end;
        }
        Ok(at)
    }
}

/// With the classes' colours and names in a dark strip below, in as many lines as they need.
fn with_legend(picture: &Array3<u8>, classes: &[String], scale: f32) -> Result<Array3<u8>> {
    let (rows, columns, _) = picture.dim();
    let letters = 13.0 * scale;
    let (gap, line) = (letters * 0.5, (letters * 1.5).ceil());
    let (mut x, mut y, mut places) = (gap, rows as f32 + gap, Vec::new());
    for class in classes {
        let width = letters + gap + text_width(class, letters)?;
        if x > gap && x + width + gap > columns as f32 {
            (x, y) = (gap, y + line);
        }
        places.push([x, y]);
        x += width + 2.0 * gap;
    }
    let mut larger = widened(picture, Area { x: 0, y: 0, width: 0, height: (y + line).ceil() as i64 });
    for (i, (class, [x, y])) in classes.iter().zip(places).enumerate() {
        fill(&mut larger, [x, y, letters, letters].map(|v| v.round() as i64), colour_at(i), 1.0);
        write(&mut larger, class, [x + letters + gap, y + letters * 0.9], letters, LIGHT)?;
    }
    Ok(larger)
}

/// With a dark strip at the right, and below where the strip is longer.
fn widened(picture: &Array3<u8>, strip: Area) -> Array3<u8> {
    let (rows, columns, _) = picture.dim();
    let size = (strip.height as usize, columns + strip.width as usize, 3);
    let mut wider = Array3::from_shape_fn(size, |(_, _, channel)| DARK[channel]);
    wider.slice_mut(s![..rows, ..columns, ..]).assign(picture);
    wider
}

/// Each side `factor` times as long.
fn enlarged(colour: &Array3<u8>, factor: usize) -> Array3<u8> {
    if factor == 1 {
        return colour.clone();
    }
    let (rows, columns, _) = colour.dim();
    let mut larger = Array3::zeros((rows * factor, columns * factor, 3));
    for channel in 0..3 {
        let plane: Array2<u8> = colour.slice(s![.., .., channel]).to_owned();
        let size = [rows * factor, columns * factor];
        larger.slice_mut(s![.., .., channel]).assign(&crate::faces::resized(
            plane.view(),
            size,
            ResizeFilter::CatmullRom,
        ));
    }
    larger
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::faces::FaceBox;
    use crate::predict::palette::CLASSES;

    fn classes() -> Vec<String> {
        ["angry", "happy", "sad"].map(String::from).to_vec()
    }

    fn face(face: FaceBox) -> FaceExpression {
        FaceExpression {
            face,
            score: Some(1.0),
            class: "happy".into(),
            probability: 0.8,
            probabilities: vec![0.1, 0.8, 0.1],
            models: Vec::new(),
        }
    }

    fn grey(value: u8, rows: usize, columns: usize) -> Picture {
        Picture::of_colours(Array3::from_elem((rows, columns, 3), value)).unwrap()
    }

    #[test]
    fn on_any_ground_box_and_letters_stand_out() {
        for ground in [0, 128, 255] {
            let picture = grey(ground, 400, 600);
            let drawn =
                annotated(&picture, &[face(FaceBox { x: 50, y: 60, width: 200, height: 200 })], &classes()).unwrap();
            assert_eq!(drawn.dim(), (400, 600, 3));
            // The box in the colour of its class, with a dark rim.
            assert_eq!(drawn.slice(s![61, 150, ..]).to_vec(), CLASSES[1]);
            assert_eq!(drawn.slice(s![59, 150, ..]).to_vec(), DARK);
            // White letters on a plate that is dark whatever was there.
            let plate = drawn.slice(s![62..105, 262..340, ..]);
            let bright = plate.iter().filter(|v| **v > 235).count();
            assert!(bright > 100, "{ground}: {bright}");
            let darkest = plate.iter().filter(|v| **v < 80).count();
            assert!(darkest * 3 > plate.len(), "{ground}: {darkest} of {}", plate.len());
            // Elsewhere the picture is as it was.
            assert!(drawn.slice(s![300.., .., ..]).iter().all(|v| *v == ground));
        }
    }

    #[test]
    fn bars_are_as_long_as_probabilities() {
        let drawn =
            annotated(&grey(0, 480, 800), &[face(FaceBox { x: 10, y: 10, width: 300, height: 300 })], &classes())
                .unwrap();
        let long = |class: usize| {
            let rows = drawn.outer_iter().skip(20);
            rows.map(|row| row.outer_iter().skip(320).filter(|p| p.to_vec() == CLASSES[class]).count()).max().unwrap()
        };
        let (happy, sad) = (long(1) as f64, long(2) as f64);
        assert!((happy / sad - 8.0).abs() < 1.5, "{happy} {sad}");
    }

    #[test]
    fn what_is_said_of_one_face_hides_no_other() {
        let side = 90;
        let faces: Vec<FaceExpression> = (0..12)
            .map(|i| face(FaceBox { x: 10 + 100 * (i % 4), y: 10 + 100 * (i / 4), width: side, height: side }))
            .collect();
        let drawn = annotated(&grey(128, 320, 420), &faces, &classes()).unwrap();
        // A legend below says which colour is whose.
        let (rows, columns, _) = drawn.dim();
        assert!(rows > 320 && columns == 420, "{rows} {columns}");
        for colour in &CLASSES[..3] {
            let found =
                drawn.slice(s![320.., .., ..]).lanes(ndarray::Axis(2)).into_iter().any(|p| p.to_vec() == colour);
            assert!(found, "{colour:?}");
        }
        for (i, f) in faces.iter().enumerate() {
            let (x, y) = (f.face.x as usize, f.face.y as usize);
            let lower = drawn.slice(s![y + 45..y + 84, x + 6..x + 84, ..]);
            assert!(lower.iter().all(|v| *v == 128), "the lower half of face {i} is hidden");
        }
    }

    #[test]
    fn a_place_beside_a_face_is_free_and_in_the_picture() {
        let picture = Area { x: 0, y: 0, width: 400, height: 300 };
        let own = Area { x: 150, y: 100, width: 100, height: 100 };
        let place = |taken: &[Area]| beside(own, [120, 90], 4, picture, taken);
        let right = place(&[own]).unwrap();
        assert_eq!((right.x, right.y), (254, 100));
        let left = place(&[own, right]).unwrap();
        assert_eq!((left.x, left.y), (26, 100));
        let below = place(&[own, right, left]).unwrap();
        assert_eq!((below.x, below.y), (150, 204));
        let above = place(&[own, right, left, below]).unwrap();
        assert_eq!((above.x, above.y), (150, 6));
        assert_eq!(place(&[own, right, left, below, above]), None);
    }

    #[test]
    fn small_pictures_are_enlarged_as_far_as_makes_sense() {
        let whole = |rows: usize, columns: usize| face(FaceBox::whole(columns, rows));
        let size = |rows: usize, columns: usize, faces: &[FaceExpression]| {
            annotated(&grey(100, rows, columns), faces, &classes()).unwrap().dim()
        };
        let beside = |rows, columns| size(rows, columns, &[whole(rows, columns)]);
        // What is said of a face that fills the picture stands beside it.
        let (rows, columns, _) = beside(48, 48);
        assert!(rows == 336 && columns > 336, "{rows} {columns}");
        assert_eq!(beside(1, 1).0, 320);
        // A narrow one does not become millions of pixels, and one without a face stays as it is.
        let (rows, columns, _) = beside(400, 3);
        assert!(rows == 2000 && columns < 400, "{rows} {columns}");
        assert_eq!(size(1000, 2, &[]), (1000, 2, 3));
        let odd = FaceBox { x: -30, y: -10, width: 500, height: 700 };
        assert_eq!(annotated(&grey(100, 330, 330), &[face(odd)], &classes()).unwrap().dim().0, 330);
    }

    #[test]
    fn a_face_that_fills_the_picture_is_not_covered() {
        let drawn = annotated(&grey(100, 400, 400), &[face(FaceBox::whole(400, 400))], &classes()).unwrap();
        assert!(drawn.slice(s![10..390, 10..390, ..]).iter().all(|v| *v == 100));
        // A frame of a video keeps its size.
        let frame = Frame { index: 0, time: 0.0, colour: grey(100, 400, 400).colour };
        let alone = face(FaceBox::whole(400, 400));
        let tracked = TrackedFace { track: 1, alone: alone.probabilities.clone(), face: alone };
        assert_eq!(annotated_frame(&frame, &[tracked], &classes()).unwrap().dim(), (400, 400, 3));
    }
}
