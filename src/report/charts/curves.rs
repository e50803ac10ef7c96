//! Loss and accuracy over epochs, training beside validation.

use super::axis::{tick_text, ticks, whole_ticks};
use super::canvas::{Anchor, Canvas};
use super::paint::Paint;
use crate::evaluation::{EpochRecord, TrainingFacts};
use crate::report::words;

const WIDTH: f64 = 760.0;
const HEIGHT: f64 = 300.0;

/// Where a panel lies.
struct Area {
    left: f64,
    right: f64,
    top: f64,
    bottom: f64,
}

/// One curve: its name, colour and the value of each epoch.
type Curve<'a> = (&'a str, Paint, Vec<(u64, Option<f64>)>);

/// Draws both panels under `title`; `None` for a model without epochs.
pub fn draw(training: &TrainingFacts, title: &str, remark: &str) -> Option<Canvas> {
    let history = &training.history;
    if history.is_empty() {
        return None;
    }
    let mut canvas = Canvas::new(WIDTH as u32, HEIGHT as u32, format!("{title}: loss and accuracy over epochs"));
    let kept = words::kept_epoch(training)
        .map_or_else(String::new, |epoch| format!("dashed: {epoch}, whose weights were kept"));
    canvas.heading(title, &words::joined(&[&kept, remark]));

    let curve = |name, paint, value: fn(&EpochRecord) -> Option<f64>| -> Curve<'_> {
        (name, paint, history.iter().map(|r| (r.epoch, value(r).filter(|v| v.is_finite()))).collect())
    };
    let loss = [
        curve("training", Paint::Series(0), |r| r.train_loss),
        curve("validation", Paint::Series(1), |r| r.validation_loss),
    ];
    let accuracy = [
        curve("training", Paint::Series(0), |r| Some(r.train_accuracy * 100.0)),
        curve("validation", Paint::Series(1), |r| r.validation_accuracy.map(|a| a * 100.0)),
    ];
    let (top, bottom) = (84.0, HEIGHT - 48.0);
    panel(&mut canvas, Area { left: 54.0, right: 362.0, top, bottom }, "loss", &loss, training.best_epoch);
    let area = Area { left: 436.0, right: 744.0, top, bottom };
    panel(&mut canvas, area, "accuracy, percent", &accuracy, training.best_epoch);
    Some(canvas)
}

fn panel(canvas: &mut Canvas, area: Area, name: &str, curves: &[Curve<'_>], best: Option<u64>) {
    let values = || curves.iter().flat_map(|c| c.2.iter().filter_map(|p| p.1));
    let epochs = || curves.iter().flat_map(|c| c.2.iter().map(|p| p.0));
    let (low, high) = (values().fold(f64::INFINITY, f64::min), values().fold(f64::NEG_INFINITY, f64::max));
    let (first, last) = (epochs().min().unwrap_or(1), epochs().max().unwrap_or(1));
    let marks = ticks(low, high, 5);
    let (bottom_mark, top_mark) = (marks[0], marks[marks.len() - 1]);
    let step = marks[1] - marks[0];
    let across = |epoch: u64| {
        let share = match last - first {
            0 => 0.5,
            span => epoch.clamp(first, last).abs_diff(first) as f64 / span as f64,
        };
        area.left + (area.right - area.left) * share
    };
    let up = |v: f64| area.bottom - (area.bottom - area.top) * ((v - bottom_mark) / (top_mark - bottom_mark));

    canvas.label(area.left - 40.0, area.top - 14.0, 12, Anchor::Start, Paint::Ink, name);
    for &mark in &marks {
        canvas.lines(vec![(area.left, up(mark)), (area.right, up(mark))], Paint::Grid, 1.0);
        canvas.label(area.left - 7.0, up(mark) + 4.0, 11, Anchor::End, Paint::Muted, tick_text(mark, step));
    }
    for epoch in whole_ticks(first, last, 8) {
        canvas.label(across(epoch), area.bottom + 17.0, 11, Anchor::Middle, Paint::Muted, epoch.to_string());
    }
    let middle = (area.left + area.right) / 2.0;
    canvas.label(middle, area.bottom + 36.0, 12, Anchor::Middle, Paint::Muted, "epoch");
    if let Some(best) = best.filter(|b| (first..=last).contains(b)) {
        canvas.dashes(across(best), area.top, area.bottom, Paint::Muted, 1.0);
    }
    let mut legend = area.right - 170.0;
    for (label, paint, points) in curves {
        canvas.lines(vec![(legend, area.top - 18.0), (legend + 16.0, area.top - 18.0)], *paint, 2.5);
        canvas.label(legend + 21.0, area.top - 14.0, 11, Anchor::Start, Paint::Ink, *label);
        legend += 86.0;
        // A value that was not finite breaks the line; a value alone between two gaps shows as a dot.
        for run in points.split(|p| p.1.is_none()) {
            let run: Vec<(f64, f64)> = run.iter().filter_map(|p| Some((across(p.0), up(p.1?)))).collect();
            match run[..] {
                [] => {}
                [(x, y)] => canvas.dot(x, y, 3.0, *paint),
                _ => canvas.lines(run, *paint, 2.0),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(epoch: u64, loss: Option<f64>) -> EpochRecord {
        EpochRecord {
            epoch,
            train_loss: loss,
            train_accuracy: 0.5,
            validation_loss: loss,
            validation_accuracy: Some(0.4),
            learning_rate: 0.1,
            seconds: 1.0,
        }
    }

    fn facts(history: Vec<EpochRecord>) -> TrainingFacts {
        TrainingFacts {
            seed: 0,
            parameters: None,
            epochs: None,
            best_epoch: Some(2),
            keep: Default::default(),
            pretrained: None,
            seconds: None,
            processor_seconds: None,
            peak_memory: None,
            single_view: None,
            features: vec![],
            recipe_toml: String::new(),
            note: None,
            history,
        }
    }

    #[test]
    fn no_epochs_no_picture_and_odd_histories_make_no_odd_numbers() {
        assert!(draw(&facts(vec![]), "m", "").is_none());
        for history in [
            vec![record(1, Some(2.0))],
            vec![record(1, None), record(2, None)],
            vec![record(1, Some(2.0)), record(2, None), record(3, Some(1.0)), record(4, Some(0.9))],
            vec![record(u64::MAX, Some(1e300)), record(0, Some(-1e300))],
        ] {
            let svg = draw(&facts(history), "m", "").unwrap().svg();
            assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
        }
    }

    #[test]
    fn a_gap_in_the_losses_breaks_the_line() {
        let history = vec![record(1, Some(2.0)), record(2, None), record(3, Some(1.0)), record(4, Some(0.9))];
        let svg = draw(&facts(history), "m", "").unwrap().svg();
        // In the loss panel epoch 1 is a dot of each curve, epochs 3 and 4 are a line.
        assert_eq!(svg.matches("<circle").count(), 2);
    }
}
