//! Accuracies with their 95 % intervals, one bar for each model and aggregate.

use super::axis::{tick_text, ticks};
use super::canvas::{Anchor, Canvas, Text, shorten, text_width};
use super::paint::Paint;
use crate::evaluation::{Comparison, Entry};
use crate::report::format::percent;
use crate::report::words;

const ROW: f64 = 30.0;
const WIDTH: f64 = 760.0;

/// Draws the test accuracy of every entry from 0, with its interval, and the share of the most frequent class as the
/// accuracy that needs no picture at all.
pub fn draw(comparison: &Comparison) -> Canvas {
    let entries = &comparison.entries;
    let widest = entries.iter().map(|e| text_width(&e.title, 12)).fold(60.0, f64::max);
    let (left, top) = (widest.min(250.0) + 24.0, 66.0);
    let right = WIDTH - 66.0;
    let bottom = top + ROW * entries.len() as f64;
    let height = (bottom + 60.0).ceil() as u32;
    let title = format!("Test accuracy on {}", comparison.dataset.title);
    let mut canvas = Canvas::new(WIDTH as u32, height, title.clone());
    canvas.heading(&title, &words::joined(&["percent, with 95 % interval", &words::short_remark(comparison)]));
    legend(&mut canvas, entries);

    let highest = entries.iter().map(|e| e.test.metrics.accuracy_interval[1]).fold(0.1, f64::max).min(1.0);
    let marks = ticks(0.0, highest * 100.0, 6);
    let top_mark = marks.last().copied().unwrap_or(100.0).min(100.0);
    let step = marks.get(1).copied().unwrap_or(20.0);
    let place = |share: f64| left + (right - left) * (share * 100.0 / top_mark).clamp(0.0, 1.0);
    for mark in marks.iter().filter(|m| **m <= 100.0) {
        let x = place(mark / 100.0);
        canvas.lines(vec![(x, top - 4.0), (x, bottom)], Paint::Grid, 1.0);
        canvas.label(x, bottom + 16.0, 11, Anchor::Middle, Paint::Muted, tick_text(*mark, step));
    }
    for (i, entry) in entries.iter().enumerate() {
        let middle = top + ROW * (i as f64 + 0.5);
        let metrics = &entry.test.metrics;
        let [low, high] = metrics.accuracy_interval;
        let title = shorten(&entry.title, 12, left - 20.0);
        canvas.label(left - 10.0, middle + 4.0, 12, Anchor::End, Paint::Ink, title);
        let paint = Paint::Series(words::group(entry));
        canvas.rect(left, middle - 9.0, place(metrics.accuracy) - left, 18.0, paint);
        let (from, to) = (place(low), place(high));
        canvas.lines(vec![(from, middle), (to, middle)], Paint::Ink, 1.5);
        for end in [from, to] {
            canvas.lines(vec![(end, middle - 5.0), (end, middle + 5.0)], Paint::Ink, 1.5);
        }
        canvas.text(Text {
            x: to + 8.0,
            y: middle + 4.0,
            content: percent(metrics.accuracy, 2),
            size: 12,
            anchor: Anchor::Start,
            bold: true,
            paint: Paint::Ink,
        });
    }
    if let Some((class, share)) = words::most_frequent_class(comparison) {
        let x = place(share);
        canvas.dashes(x, top - 4.0, bottom + 24.0, Paint::Ink, 1.2);
        let text = format!("always “{class}”: {} %", percent(share, 2));
        canvas.label(x.max(left), bottom + 38.0, 11, Anchor::Start, Paint::Muted, text);
    }
    canvas
}

/// The colours that appear, from the right.
fn legend(canvas: &mut Canvas, entries: &[Entry]) {
    let mut right = WIDTH - 14.0;
    for (colour, name) in words::GROUPS.into_iter().enumerate().rev() {
        if entries.iter().any(|e| words::group(e) == colour) {
            right -= text_width(name, 11) + 2.0;
            canvas.label(right, 46.0, 11, Anchor::Start, Paint::Ink, name);
            canvas.rect(right - 15.0, 37.0, 10.0, 10.0, Paint::Series(colour));
            right -= 29.0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture;

    #[test]
    fn every_entry_has_its_bar_and_synthetic_faces_are_named() {
        let mut comparison = fixture::comparison();
        let svg = draw(&comparison).svg();
        for entry in &comparison.entries {
            assert!(svg.contains(&percent(entry.test.metrics.accuracy, 2)));
        }
        assert!(svg.contains("synthetic faces"));
        comparison.dataset.synthetic = false;
        assert!(!draw(&comparison).svg().contains("synthetic"));
    }

    #[test]
    fn nothing_leaves_the_picture_at_either_end() {
        let mut comparison = fixture::comparison();
        comparison.entries[0].test.metrics.accuracy = 1.0;
        comparison.entries[0].test.metrics.accuracy_interval = [0.99, 1.0];
        comparison.entries[1].test.metrics.accuracy = 0.0;
        comparison.entries[1].test.metrics.accuracy_interval = [0.0, 0.01];
        let svg = draw(&comparison).svg();
        assert!(!svg.contains("NaN") && !svg.contains("inf") && !svg.contains("width=\"-"), "{svg}");
    }
}
