//! Colours of what is drawn about faces, and the bars of probabilities.

use ndarray::Array3;

use super::lettering::{Colour, fill, text_width, write};
use crate::error::Result;

pub const DARK: Colour = [18, 20, 26];
pub const LIGHT: Colour = [245, 246, 250];
pub const QUIET: Colour = [150, 156, 168];
const GROOVE: Colour = [60, 64, 74];
/// A colour for each class in turn, apart for colour-blind readers (Okabe and Ito 2008), bright enough for a dark ground.
pub const CLASSES: [Colour; 8] = [
    [240, 110, 70],
    [150, 200, 60],
    [200, 140, 230],
    [255, 205, 50],
    [100, 180, 245],
    [255, 150, 190],
    [190, 196, 205],
    [60, 210, 180],
];

/// The colour of class number `class`.
pub fn colour_at(class: usize) -> Colour {
    CLASSES[class % CLASSES.len()]
}

/// Names and probabilities of classes, a line for each.
pub struct Bars<'a> {
    /// The classes.
    pub classes: &'a [String],
    /// Their probabilities.
    pub probabilities: &'a [f32],
    /// The class whose name is bright.
    pub class: &'a str,
    /// Height of the letters, in pixels.
    pub letters: f32,
    /// From one line to the next.
    pub line: f32,
    /// Between the names and the bars.
    pub gap: f32,
    /// Whether each bar has its number behind it.
    pub numbers: bool,
}

impl Bars<'_> {
    /// Width of the widest name.
    pub fn names(&self) -> Result<f32> {
        self.classes.iter().try_fold(0.0f32, |widest, class| Ok(widest.max(text_width(class, self.letters)?)))
    }

    /// Draws the lines from `top` downwards, names and bars together `width` wide.
    pub fn draw(&self, picture: &mut Array3<u8>, [left, top]: [f32; 2], width: f32) -> Result<()> {
        let bar_left = left + self.names()? + self.gap;
        let numbers = if self.numbers { text_width("100.0 %", self.letters)? + self.gap } else { 0.0 };
        let room = left + width - bar_left - numbers;
        for (i, (class, &p)) in self.classes.iter().zip(self.probabilities).enumerate() {
            let base = top + self.line * i as f32 + self.letters * 0.95;
            let paint = if *class == self.class { LIGHT } else { QUIET };
            write(picture, class, [left, base], self.letters, paint)?;
            let (y, height) = ((base - self.letters * 0.72).round() as i64, (self.letters * 0.72).round() as i64);
            fill(picture, [bar_left as i64, y, room as i64, height], GROOVE, 1.0);
            let length = (room * p.clamp(0.0, 1.0)).round() as i64;
            fill(picture, [bar_left as i64, y, length, height], colour_at(i), 1.0);
            if self.numbers {
                let number = format!("{:.1} %", 100.0 * p);
                let at = left + width - text_width(&number, self.letters)?;
                write(picture, &number, [at, base], self.letters, paint)?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_web_page_has_the_same_colours() {
        let all: Vec<String> = CLASSES.iter().map(|[r, g, b]| format!("\"#{r:02x}{g:02x}{b:02x}\"")).collect();
        assert!(include_str!("../serve/page/app.js").contains(&all.join(", ")), "{all:?}");
    }
}
