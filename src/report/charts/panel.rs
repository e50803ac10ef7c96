//! A square of shares from 0 to 1 on both axes.

use super::canvas::{Anchor, Canvas};
use super::paint::Paint;

/// Where such a square lies.
pub struct Panel {
    /// Its left edge.
    pub left: f64,
    /// Its right edge.
    pub right: f64,
    /// Its upper edge.
    pub top: f64,
    /// Its lower edge.
    pub bottom: f64,
}

impl Panel {
    /// The horizontal place of a share.
    pub fn across(&self, share: f64) -> f64 {
        self.left + (self.right - self.left) * share.clamp(0.0, 1.0)
    }

    /// The vertical place of a share.
    pub fn up(&self, share: f64) -> f64 {
        self.bottom - (self.bottom - self.top) * share.clamp(0.0, 1.0)
    }
}

/// Draws grid, ticks in percent and the names of both axes of a square whose left edge is at `left`.
pub fn unit_square(canvas: &mut Canvas, left: f64, (across, up): (&str, &str)) -> Panel {
    let panel = Panel { left, right: left + 236.0, top: 84.0, bottom: 320.0 };
    for step in 0..=5u8 {
        let share = f64::from(step) / 5.0;
        let (x, y) = (panel.across(share), panel.up(share));
        canvas.lines(vec![(panel.left, y), (panel.right, y)], Paint::Grid, 1.0);
        canvas.lines(vec![(x, panel.top), (x, panel.bottom)], Paint::Grid, 1.0);
        let text = (u32::from(step) * 20).to_string();
        canvas.label(panel.left - 7.0, y + 4.0, 11, Anchor::End, Paint::Muted, text.clone());
        canvas.label(x, panel.bottom + 17.0, 11, Anchor::Middle, Paint::Muted, text);
    }
    let middle = (panel.left + panel.right) / 2.0;
    canvas.label(middle, panel.bottom + 36.0, 12, Anchor::Middle, Paint::Muted, across);
    canvas.label(panel.left - 40.0, panel.top - 14.0, 12, Anchor::Start, Paint::Muted, up);
    panel
}
