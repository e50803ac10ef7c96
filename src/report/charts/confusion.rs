//! A confusion matrix as a picture: class names, a count and a share in every cell.

use super::canvas::{Anchor, Canvas, Text, shorten, text_width};
use super::paint::Paint;
use crate::evaluation::ConfusionMatrix;
use crate::report::format::percent;

/// What colours the cells and is written large.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Emphasis {
    /// Rows counted; the darkest cell is the largest count.
    Counts,
    /// The share of its row, so that rare classes show as clearly as frequent ones; black is the whole row.
    RowShares,
}

/// Draws `matrix` under `title`; `remark` stands below it in small letters.
///
/// Every cell holds the count and its share of the row (a dash in a row without support).
pub fn draw(matrix: &ConfusionMatrix, title: &str, remark: &str, emphasis: Emphasis) -> Canvas {
    let classes = matrix.classes();
    let c = classes.len();
    let widest = classes.iter().map(|name| text_width(name, 12)).fold(0.0, f64::max);
    // Many classes get small cells, in the end without numbers, so that the picture stays of a usable size.
    let side = if c <= 16 { (widest * 11.0 / 12.0 + 6.0).clamp(58.0, 90.0) } else { (1000.0 / c as f64).max(14.0) };
    let names = widest.clamp(50.0, 130.0);
    let (left, top) = (names + 26.0, 78.0);
    let width = (left + side * c as f64 + 18.0).max(380.0);
    let height = top + side * c as f64 + 50.0;
    let mut canvas = Canvas::new(width.ceil() as u32, height.ceil() as u32, format!("{title}: confusion matrix"));
    canvas.heading(title, remark);

    let shares = matrix.row_normalised();
    let largest = matrix.counts().iter().copied().max().unwrap_or(0).max(1) as f64;
    for (row, counts) in matrix.counts().outer_iter().enumerate() {
        for (column, &count) in counts.iter().enumerate() {
            let (x, y) = (left + side * column as f64, top + side * row as f64);
            let share = shares[[row, column]];
            let shade = shade(match emphasis {
                Emphasis::Counts => count as f64 / largest,
                Emphasis::RowShares => share.unwrap_or(0.0),
            });
            canvas.rect(x + 0.5, y + 0.5, side - 1.0, side - 1.0, Paint::Shade(shade));
            if side >= 40.0 {
                let share = share.map_or_else(|| "–".to_string(), |s| format!("{} %", percent(s, 1)));
                let (large, small) = match emphasis {
                    Emphasis::Counts => (count.to_string(), share),
                    Emphasis::RowShares => (share, count.to_string()),
                };
                cell(&mut canvas, x + side / 2.0, y + side / 2.0, shade, row == column, large, small);
            }
        }
    }

    let size = if side >= 40.0 { 12 } else { 9 };
    for (i, name) in classes.iter().enumerate() {
        let middle = side * (i as f64 + 0.5);
        let shown = shorten(name, size, names);
        match side >= 40.0 {
            true => {
                canvas.label(left - 8.0, top + middle, size, Anchor::End, Paint::Ink, shown);
                let support = format!("n = {}", matrix.support(i));
                canvas.label(left - 8.0, top + middle + 13.0, 10, Anchor::End, Paint::Muted, support);
            }
            false => canvas.label(left - 8.0, top + middle + 3.0, size, Anchor::End, Paint::Ink, shown),
        }
        let below = top + side * c as f64 + 17.0;
        let shown = shorten(name, size.min(11), side - 2.0);
        canvas.label(left + middle, below, size.min(11), Anchor::Middle, Paint::Ink, shown);
    }
    let centre = left + side * c as f64 / 2.0;
    canvas.label(centre, height - 12.0, 12, Anchor::Middle, Paint::Muted, "predicted");
    canvas.label(left - 8.0, top - 8.0, 12, Anchor::End, Paint::Muted, "true");
    canvas
}

/// Mistakes are a few percent of a row: the curve is steeper there, so that the eye tells them apart.
fn shade(value: f64) -> f64 {
    0.03 + 0.97 * value.clamp(0.0, 1.0).powf(0.75)
}

fn cell(canvas: &mut Canvas, x: f64, y: f64, shade: f64, bold: bool, large: String, small: String) {
    let paint = Paint::OnShade(shade);
    let text = |y, content, size, bold| Text { x, y, content, size, anchor: Anchor::Middle, bold, paint };
    canvas.text(text(y - 1.0, large, 13, bold));
    canvas.text(text(y + 14.0, small, 10, false));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(n: usize) -> Vec<String> {
        (0..n).map(|i| format!("class {i}")).collect()
    }

    #[test]
    fn every_cell_shows_its_count_and_its_share_of_the_row() {
        let matrix = ConfusionMatrix::new(&names(3), &[0, 0, 0, 0, 1, 1], &[0, 0, 0, 1, 1, 2]).unwrap();
        let svg = draw(&matrix, "model", "", Emphasis::Counts).svg();
        for text in [">3<", ">75.0 %<", ">25.0 %<", ">50.0 %<", ">n = 4<", ">true<", ">predicted<", ">class 2<"] {
            assert!(svg.contains(text), "{text} is missing in {svg}");
        }
        // The class without support has no shares.
        assert_eq!(svg.matches(">–<").count(), 3);
    }

    #[test]
    fn one_hundred_classes_stay_a_picture_of_usable_size() {
        let labels: Vec<u8> = (0..100).collect();
        let matrix = ConfusionMatrix::new(&names(100), &labels, &labels).unwrap();
        let (width, height) = draw(&matrix, "m", "", Emphasis::RowShares).size();
        assert!(width < 2000 && height < 2000, "{width} x {height}");
    }
}
