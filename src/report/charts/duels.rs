//! Who beats whom: every entry against every other on the same test rows.

use super::canvas::{Anchor, Canvas, Text, shorten, text_width};
use super::paint::Paint;
use crate::evaluation::{Comparison, Pair};
use crate::report::words;

/// A difference of this size, and every larger one, has the full colour.
const FULL: f64 = 0.10;
const SIDE: f64 = 46.0;

/// Draws the difference of accuracy, row minus column, in percentage points: coloured where the paired test is evidence
/// of one, grey where it is not. `None` with fewer than two entries.
pub fn draw(comparison: &Comparison, remark: &str) -> Option<Canvas> {
    let entries = &comparison.entries;
    let n = entries.len();
    if n < 2 || comparison.pairs.is_empty() {
        return None;
    }
    let widest = entries.iter().map(|e| text_width(&e.title, 12)).fold(60.0, f64::max).min(250.0);
    let (left, top) = (widest + 50.0, 96.0);
    let what = "row minus column, percentage points; colour where the paired test (Holm-corrected) is below 0.05";
    let remark = words::joined(&[remark, what]);
    // The remark is said whole, also over few entries.
    let width = (left + SIDE * n as f64 + 18.0).max(text_width(&remark, 11) + 28.0);
    let height = top + SIDE * n as f64 + 16.0;
    let title = "Who beats whom on the test split";
    let mut canvas = Canvas::new(width.ceil() as u32, height.ceil() as u32, title);
    canvas.heading(title, &remark);
    for (i, entry) in entries.iter().enumerate() {
        let middle = SIDE * (i as f64 + 0.5);
        let number = (i + 1).to_string();
        canvas.label(left - 30.0, top + middle + 4.0, 12, Anchor::End, Paint::Ink, shorten(&entry.title, 12, widest));
        canvas.label(left - 8.0, top + middle + 4.0, 12, Anchor::End, Paint::Muted, number.clone());
        canvas.label(left + middle, top - 10.0, 12, Anchor::Middle, Paint::Muted, number);
        for (j, other) in entries.iter().enumerate().filter(|(j, _)| *j != i) {
            let (x, y) = (left + SIDE * j as f64, top + SIDE * i as f64);
            if let Some(duel) = duel(&comparison.pairs, &entry.name, &other.name) {
                cell(&mut canvas, (x, y), duel);
            }
        }
    }
    Some(canvas)
}

/// The difference of accuracy, first minus second, and whether it is evidence.
fn duel(pairs: &[Pair], first: &str, second: &str) -> Option<(f64, bool)> {
    pairs.iter().find_map(|pair| {
        let evidence = pair.p_holm < words::LEVEL;
        match (pair.first.as_str(), pair.second.as_str()) {
            (a, b) if (a, b) == (first, second) => Some((pair.difference()?, evidence)),
            (a, b) if (b, a) == (first, second) => Some((-pair.difference()?, evidence)),
            _ => None,
        }
    })
}

fn cell(canvas: &mut Canvas, (x, y): (f64, f64), (difference, evidence): (f64, bool)) {
    let strength = 0.25 + 0.75 * (difference.abs() / FULL).min(1.0);
    let (fill, paint) = match (evidence, difference > 0.0) {
        (false, _) => (Paint::Shade(0.05), Paint::Muted),
        (true, true) => (Paint::Shade(strength), Paint::OnShade(strength)),
        (true, false) => (Paint::Against(strength), Paint::OnAgainst(strength)),
    };
    canvas.rect(x + 0.5, y + 0.5, SIDE - 1.0, SIDE - 1.0, fill);
    let text = format!("{:.1}", difference.abs() * 100.0);
    let sign = match (text.as_str(), difference < 0.0) {
        ("0.0", _) => "",
        (_, true) => "−",
        (_, false) => "+",
    };
    let (content, anchor) = (format!("{sign}{text}"), Anchor::Middle);
    canvas.text(Text { x: x + SIDE / 2.0, y: y + SIDE / 2.0 + 4.0, content, size: 12, anchor, bold: evidence, paint });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture;

    fn pair(only_first_right: u64, only_second_right: u64, p_holm: f64) -> Pair {
        Pair {
            first: "cnn".into(),
            second: "sift-cnn".into(),
            both_right: 50,
            only_first_right,
            only_second_right,
            neither_right: 100 - 50 - only_first_right - only_second_right,
            p: p_holm,
            p_holm,
        }
    }

    #[test]
    fn both_directions_are_shown_and_only_evidence_has_colour() {
        let mut comparison = fixture::comparison();
        comparison.pairs = vec![pair(20, 5, 0.001)];
        let svg = draw(&comparison, "synthetic faces").unwrap().svg();
        assert!(svg.contains(">+15.0<") && svg.contains(">−15.0<") && svg.contains("synthetic faces"), "{svg}");
        let (won, lost) = (Paint::Shade(1.0).light(), Paint::Against(1.0).light());
        assert!(svg.contains(&won) && svg.contains(&lost));
        comparison.pairs = vec![pair(8, 7, 1.0)];
        let svg = draw(&comparison, "").unwrap().svg();
        assert!(svg.contains(">+1.0<") && !svg.contains("font-weight=\"bold\" fill=\"#000000\""), "{svg}");
        comparison.entries.truncate(1);
        assert!(draw(&comparison, "").is_none());
    }
}
