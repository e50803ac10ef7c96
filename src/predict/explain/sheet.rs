//! The picture of an explanation: the face, its probabilities and a drawn face of the class; below them, for each model, what
//! it looked at beside the visual words that it matched.

use ndarray::Array3;

use super::super::lettering::{Colour, fill, text_width, write};
use super::super::outcome::FaceExpression;
use super::super::palette::{Bars, DARK, LIGHT, QUIET, colour_at};
use super::shapes::{self, AGAINST, FOR};
use super::words::{FeatureEvidence, WordEvidence};
use super::{Explanation, ModelExplanation, strongest};
use crate::Expression;
use crate::dataset::face;
use crate::error::Result;

const WIDTH: usize = 1120;
const PAD: usize = 20;
/// Side of the pictures in the first row, in pixels.
pub const LARGE: usize = 240;
/// Side of the faces of each model.
const PANEL: usize = 220;
/// Side of a visual word.
const WORD: usize = 52;
/// Words that are shown for a feature: two columns.
const WORDS: usize = 6;
/// Heights of letters: titles, names, remarks.
const TITLE: f32 = 22.0;
const NAME: f32 = 16.0;
const SMALL: f32 = 12.5;
/// From the top of a picture's caption to what comes next.
const CAPTION: usize = 30;
/// Two lines of explanations at the end.
const FOOT: usize = 54;
/// The person that every drawn face shows.
const PERSON: u64 = 310;

/// A face and what is said of it.
pub struct Portrait<'a> {
    /// What it is called: the picture and the number of the face.
    pub name: String,
    /// The face in colour, [`LARGE`] x [`LARGE`] x 3.
    pub colour: Array3<u8>,
    /// What all models together say.
    pub face: &'a FaceExpression,
    /// The classes.
    pub classes: &'a [String],
    /// Said below everything, such as that the models know drawn faces only.
    pub remark: Option<&'a str>,
}

/// Draws an explanation, height x width x 3.
///
/// # Errors
/// [`crate::Error::Backend`] when the font cannot be read.
pub fn draw(portrait: &Portrait<'_>, explanation: &Explanation) -> Result<Array3<u8>> {
    let rows: usize = explanation.models.iter().map(|m| 40 + rows_of(m) * (PANEL + CAPTION + PAD)).sum();
    let height = 56 + LARGE + CAPTION + PAD + rows + FOOT;
    let mut sheet = Array3::from_shape_fn((height, WIDTH, 3), |(_, _, channel)| DARK[channel]);
    head(&mut sheet, portrait)?;
    let mut y = 56 + LARGE + CAPTION + PAD;
    for model in &explanation.models {
        y = of_model(&mut sheet, model, &explanation.class, y)?;
    }
    foot(&mut sheet, portrait.remark, &explanation.class, y)?;
    Ok(sheet)
}

/// One for the heat, and for each feature beside or below it.
fn rows_of(model: &ModelExplanation) -> usize {
    model.features.len().max(1)
}

fn head(sheet: &mut Array3<u8>, portrait: &Portrait<'_>) -> Result<()> {
    let FaceExpression { class, probability, probabilities, .. } = portrait.face;
    let left = PAD as f32;
    let said = format!("{class} {:.1} %", 100.0 * probability);
    let width = text_width(&said, TITLE)?;
    line(sheet, &said, [left, 38.0], TITLE, WIDTH as f32, LIGHT)?;
    line(sheet, &portrait.name, [left + width + 16.0, 38.0], NAME, WIDTH as f32 - width - 4.0 * left, QUIET)?;
    let top = 56;
    shapes::put(sheet, &portrait.colour, [PAD, top]);
    let caption = (top + LARGE) as f32 + 18.0;
    line(sheet, "the face in the picture", [left, caption], SMALL, LARGE as f32, QUIET)?;

    let middle = (2 * PAD + LARGE) as f32;
    let room = (WIDTH - 2 * LARGE - 4 * PAD) as f32;
    let step = (LARGE as f32 / portrait.classes.len().max(1) as f32).min(32.0);
    let letters = 0.62 * step;
    let bars = Bars { classes: portrait.classes, probabilities, class, letters, line: step, gap: 12.0, numbers: true };
    bars.draw(sheet, [middle, top as f32], room)?;
    line(sheet, "probabilities of all models together", [middle, caption], SMALL, room, QUIET)?;

    let right = WIDTH - PAD - LARGE;
    let caption_of_drawn = match class.parse::<Expression>() {
        Ok(expression) => {
            let drawn = face(expression, PERSON, 0.0, [LARGE, LARGE]);
            shapes::put(sheet, &shapes::enlarged(drawn.view(), LARGE), [right, top]);
            format!("a drawn face: {class}")
        }
        // A class of the user's own, which nobody can draw.
        Err(_) => {
            let index = portrait.classes.iter().position(|c| c == class).unwrap_or(0);
            fill(sheet, [right, top, LARGE, LARGE].map(|v| v as i64), colour_at(index), 0.35);
            line(sheet, class, [right as f32 + 16.0, (top + LARGE / 2) as f32], TITLE, LARGE as f32 - 32.0, LIGHT)?;
            "no face is drawn for this class".to_string()
        }
    };
    line(sheet, &caption_of_drawn, [right as f32, caption], SMALL, LARGE as f32, QUIET)
}

/// Draws a model's part and says where it ends.
fn of_model(sheet: &mut Array3<u8>, model: &ModelExplanation, class: &str, top: usize) -> Result<usize> {
    let left = PAD as f32;
    fill(sheet, [PAD, top, WIDTH - 2 * PAD, 1].map(|v| v as i64), QUIET, 0.4);
    let mut said = format!("{}: {class} {:.1} %", model.title, 100.0 * model.probability);
    if model.own_class != class {
        said.push_str(&format!(", most probable {}", model.own_class));
    }
    line(sheet, &said, [left, top as f32 + 27.0], NAME, (WIDTH - 2 * PAD) as f32, LIGHT)?;
    let top = top + 40;
    let heat = &model.occlusion;
    let most = strongest(heat.drops.iter().copied());
    let mut panel = shapes::enlarged(model.face.view(), PANEL);
    shapes::heat(&mut panel, &heat.drops, most.abs());
    shapes::put(sheet, &panel, [PAD, top]);
    let caption = format!("{}-pixel windows: to {}", heat.window, points(most));
    line(sheet, &caption, [left, (top + PANEL) as f32 + 18.0], SMALL, PANEL as f32, QUIET)?;
    let beside = 2 * PAD + PANEL;
    if model.features.is_empty() {
        let at = [beside as f32, top as f32 + 24.0];
        let said = match model.computes_descriptors {
            true => "computes its local descriptors inside the network, where none can be taken away",
            false => "reads no local descriptors",
        };
        line(sheet, said, at, SMALL, (WIDTH - beside - PAD) as f32, QUIET)?;
    }
    for (i, feature) in model.features.iter().enumerate() {
        of_feature(sheet, model, feature, [beside, top + i * (PANEL + CAPTION + PAD)])?;
    }
    Ok(top + rows_of(model) * (PANEL + CAPTION + PAD))
}

fn of_feature(
    sheet: &mut Array3<u8>,
    model: &ModelExplanation,
    feature: &FeatureEvidence,
    [left, top]: [usize; 2],
) -> Result<()> {
    let most = strongest(feature.matches.iter().map(|m| m.weight)).abs();
    let mut panel = shapes::enlarged(model.face.view(), PANEL);
    shapes::places(&mut panel, feature.matches.iter().map(|m| (m.place, m.weight)), most);
    shapes::put(sheet, &panel, [left, top]);
    let caption = match feature.matches.len() {
        0 => "no keypoint was found".to_string(),
        count if count == feature.places => format!("{count} descriptors: to {}", points(feature.strongest)),
        count => format!("{count} descriptors at {} places: to {}", feature.places, points(feature.strongest)),
    };
    line(sheet, &caption, [left as f32, (top + PANEL) as f32 + 18.0], SMALL, PANEL as f32, QUIET)?;
    let beside = left + PANEL + PAD;
    let room = WIDTH - beside - PAD;
    let title = match feature.vocabulary {
        0 => format!("{}: no visual words", feature.title),
        words => format!("{}: {} of {words} words occur", feature.title, feature.words.len()),
    };
    line(sheet, &title, [beside as f32, top as f32 + 12.0], SMALL, room as f32, QUIET)?;
    for (i, word) in feature.words.iter().take_while(|w| w.weight > 0.0).take(WORDS).enumerate() {
        let (column, row) = (i % 2, i / 2);
        let at = [beside + column * room / 2, top + 28 + row * (WORD + 14)];
        of_word(sheet, model, feature, word, at, room / 2)?;
    }
    Ok(())
}

/// Where the word is matched, what it looks like, and what it counts for.
fn of_word(
    sheet: &mut Array3<u8>,
    model: &ModelExplanation,
    feature: &FeatureEvidence,
    word: &WordEvidence,
    [left, top]: [usize; 2],
    room: usize,
) -> Result<()> {
    let of_word = feature.matches.iter().filter(|m| m.word == Some(word.word));
    let Some(clearest) = of_word.max_by(|a, b| a.weight.total_cmp(&b.weight)) else { return Ok(()) };
    shapes::put(sheet, &shapes::surroundings(&model.face, clearest.place, WORD), [left, top]);
    let mut text = left + WORD + 8;
    if let Some(shape) = &word.shape {
        shapes::put(sheet, &shapes::word(shape, WORD), [text, top]);
        text += WORD + 8;
    }
    let width = (left + room).saturating_sub(text + 8) as f32;
    line(sheet, &points(word.weight), [text as f32, top as f32 + 21.0], NAME, width, LIGHT)?;
    let said = format!("word {}, {} times", word.word, word.count);
    let said = if word.count == 1 { format!("word {}, once", word.word) } else { said };
    line(sheet, &said, [text as f32, top as f32 + 41.0], SMALL, width, QUIET)
}

fn foot(sheet: &mut Array3<u8>, remark: Option<&str>, class: &str, top: usize) -> Result<()> {
    let base = top as f32 + 20.0;
    let mut x = PAD as f32;
    for (colour, said) in [(FOR, format!("speaks for {class}")), (AGAINST, "speaks against it".to_string())] {
        fill(sheet, [x as i64, base as i64 - 11, 14, 14], colour, 1.0);
        line(sheet, &said, [x + 20.0, base], SMALL, WIDTH as f32, QUIET)?;
        x += 20.0 + text_width(&said, SMALL)? + 24.0;
    }
    let said = "points: percentage points that the class loses when a window is hidden or descriptors are taken away";
    line(sheet, said, [x, base], SMALL, WIDTH as f32 - x - PAD as f32, QUIET)?;
    match remark {
        Some(remark) => line(sheet, remark, [PAD as f32, base + 20.0], SMALL, (WIDTH - 2 * PAD) as f32, QUIET),
        None => Ok(()),
    }
}

fn points(weight: f32) -> String {
    format!("{:+.1} points", 100.0 * weight)
}

/// A line of text in smaller letters where it would be wider than `room`.
fn line(sheet: &mut Array3<u8>, text: &str, at: [f32; 2], letters: f32, room: f32, colour: Colour) -> Result<()> {
    let wide = text_width(text, letters)?;
    let letters = if wide > room { letters * (room / wide).max(0.4) } else { letters };
    write(sheet, text, at, letters, colour)
}
