//! ROC and precision-recall curves, one class against the rest.

use super::canvas::{Anchor, Canvas, shorten};
use super::paint::Paint;
use super::panel::{Panel, unit_square};
use crate::evaluation::{ClassRanking, Ranking};
use crate::report::format::percent;
use crate::report::words;

/// Lines of the legend below each other before the next column begins.
const LEGEND: usize = 24;

/// Draws both kinds of curve for every class that has them under `title`; `None` when no class has any.
pub fn draw(ranking: &Ranking, title: &str, remark: &str) -> Option<Canvas> {
    let drawn: Vec<(usize, &ClassRanking)> =
        ranking.per_class.iter().enumerate().filter(|(_, class)| !class.roc.is_empty()).collect();
    if drawn.is_empty() {
        return None;
    }
    let mut canvas = Canvas::new(820, 372, format!("{title}: ROC and precision-recall curves"));
    let what = "one class against the rest; in the legend the areas under both curves, percent";
    canvas.heading(title, &words::joined(&[remark, what]));
    let roc = unit_square(&mut canvas, 54.0, ("false positive rate, percent", "true positive rate, percent"));
    let precision = unit_square(&mut canvas, 350.0, ("recall, percent", "precision, percent"));
    canvas.lines(vec![(roc.left, roc.bottom), (roc.right, roc.top)], Paint::Grid, 1.5);
    for (row, (i, class)) in drawn.into_iter().enumerate() {
        let (paint, width) = look(i);
        curve(&mut canvas, &roc, &class.roc, paint, width);
        curve(&mut canvas, &precision, &class.precision_recall, paint, width);
        if row < LEGEND {
            legend(&mut canvas, row, class, (paint, width));
        }
    }
    Some(canvas)
}

/// Colours repeat after some classes; the lines are then thinner.
fn look(class: usize) -> (Paint, f64) {
    (Paint::Series(class), if class < 5 { 2.2 } else { 1.1 })
}

fn curve(canvas: &mut Canvas, panel: &Panel, points: &[[f64; 2]], paint: Paint, width: f64) {
    canvas.lines(points.iter().map(|[x, y]| (panel.across(*x), panel.up(*y))).collect(), paint, width);
}

fn legend(canvas: &mut Canvas, row: usize, class: &ClassRanking, (paint, width): (Paint, f64)) {
    let (x, y) = (612.0, 96.0 + 34.0 * row as f64);
    // Many classes stand closer together, without their areas.
    let y = if row * 34 > 230 { 96.0 + 34.0 * 6.0 + 14.0 * (row as f64 - 6.0) } else { y };
    canvas.lines(vec![(x, y - 4.0), (x + 16.0, y - 4.0)], paint, width);
    canvas.label(x + 22.0, y, 12, Anchor::Start, Paint::Ink, shorten(&class.name, 12, 170.0));
    if row * 34 <= 230 {
        let area = |share: Option<f64>| share.map_or_else(|| "–".to_string(), |s| percent(s, 1));
        let areas = format!("ROC {}, PR {}", area(class.roc_auc), area(class.average_precision));
        canvas.label(x + 22.0, y + 14.0, 11, Anchor::Start, Paint::Muted, areas);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluation::example::example;

    #[test]
    fn every_class_with_both_kinds_of_rows_has_both_curves() {
        let ranking = Ranking::of(&example(0)).unwrap();
        let defined = ranking.per_class.iter().filter(|c| c.roc_auc.is_some()).count();
        let canvas = draw(&ranking, "Model", "synthetic faces").unwrap();
        let svg = canvas.svg();
        // Each with a line in the legend too.
        let thick = svg.matches("stroke-width=\"2.2\"").count() + svg.matches("stroke-width=\"1.1\"").count();
        assert_eq!(thick, 3 * defined);
        assert!(svg.contains("synthetic faces") && !svg.contains("NaN"));
        assert!(draw(&ranking.without_curves(), "Model", "").is_none());
    }

    #[test]
    fn many_classes_stay_inside_the_picture() {
        let mut ranking = Ranking::of(&example(0)).unwrap();
        let class = ranking.per_class[0].clone();
        ranking.per_class = vec![class; 60];
        let svg = draw(&ranking, "Model", "").unwrap().svg();
        assert!(!svg.contains("NaN"));
        assert!(svg.matches("<text").count() < 120);
    }
}
