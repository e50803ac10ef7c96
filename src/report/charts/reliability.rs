//! Reliability diagrams: accuracy over confidence, as the probabilities came and with one temperature.

use super::canvas::{Anchor, Canvas};
use super::paint::Paint;
use super::panel::{Panel, unit_square};
use crate::evaluation::{CalibrationFacts, Reliability};
use crate::report::{format::percent, words};

/// Draws both diagrams under `title`; `remark` stands below it in small letters.
pub fn draw(calibration: &CalibrationFacts, title: &str, remark: &str) -> Canvas {
    let mut canvas = Canvas::new(760, 372, format!("{title}: reliability diagram"));
    let what = "points: accuracy with 95 % interval; bars: how many rows; on the diagonal confidence is accuracy";
    canvas.heading(title, &words::joined(&[remark, what]));
    let with = format!("with temperature {:.2}", calibration.temperature);
    for (left, name, of) in [(54.0, "as they came", &calibration.before), (436.0, with.as_str(), &calibration.after)] {
        let panel = unit_square(&mut canvas, left, ("confidence, percent", "accuracy, percent"));
        diagram(&mut canvas, &panel, of);
        // Far above the diagonal, where hardly any model has points.
        let error = format!("ECE {} %", percent(of.expected_calibration_error, 2));
        for (line, text) in [(16.0, name), (31.0, error.as_str())] {
            canvas.label(panel.left + 8.0, panel.top + line, 11, Anchor::Start, Paint::Ink, text);
        }
    }
    canvas
}

fn diagram(canvas: &mut Canvas, panel: &Panel, reliability: &Reliability) {
    let most = reliability.bins.iter().map(|bin| bin.rows).max().unwrap_or(0).max(1);
    let count = reliability.bins.len() as f64;
    for (i, bin) in reliability.bins.iter().enumerate().filter(|(_, bin)| bin.rows > 0) {
        // The bars stand in the lower quarter, so that they never hide the points.
        let share = bin.rows as f64 / most as f64;
        let (from, to) = (panel.across(i as f64 / count), panel.across((i as f64 + 1.0) / count));
        let top = panel.up(0.25 * share);
        canvas.rect(from + 0.5, top, to - from - 1.0, panel.bottom - top, Paint::Shade(0.25));
    }
    canvas.lines(vec![(panel.across(0.0), panel.up(0.0)), (panel.across(1.0), panel.up(1.0))], Paint::Muted, 1.0);
    for bin in &reliability.bins {
        let (Some(confidence), Some(accuracy), Some([low, high])) =
            (bin.confidence, bin.accuracy, bin.accuracy_interval)
        else {
            continue;
        };
        let x = panel.across(confidence);
        canvas.lines(vec![(x, panel.up(low)), (x, panel.up(high))], Paint::Series(0), 1.5);
        canvas.dot(x, panel.up(accuracy), 3.5, Paint::Series(0));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluation::example::example;

    #[test]
    fn every_bin_with_rows_has_a_point_and_both_errors_are_written() {
        let facts = CalibrationFacts::of(&example(0), 2.0).unwrap();
        let svg = draw(&facts, "Model", "synthetic faces").svg();
        let points = |r: &Reliability| r.bins.iter().filter(|b| b.rows > 0).count();
        assert_eq!(svg.matches("<circle").count(), points(&facts.before) + points(&facts.after));
        for (name, of) in [("as they came", &facts.before), ("with temperature 2.00", &facts.after)] {
            let said = format!("ECE {} %", percent(of.expected_calibration_error, 2));
            assert!(svg.contains(&said) && svg.contains(name), "{said} is missing");
        }
        assert!(svg.contains("synthetic faces") && !svg.contains("NaN"));
    }
}
