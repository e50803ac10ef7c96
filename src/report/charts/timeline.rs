//! Probabilities over the time of a video: a strip for each class, a panel for each face.

use super::axis::{tick_text, ticks};
use super::canvas::{Anchor, Canvas, shorten};
use super::paint::Paint;
use crate::report::format::percent;
use crate::report::{Course, Timeline};

const WIDTH: f64 = 820.0;
const LEFT: f64 = 110.0;
const STRIP: f64 = 16.0;
/// Faces that are shown, those first that were seen longest.
const SHOWN: usize = 8;

/// Draws the courses of the faces; `remark` stands below the title.
pub fn draw(timeline: &Timeline, title: &str, remark: &str, classes: &[String]) -> Canvas {
    let courses: Vec<&Course> = timeline.courses().into_iter().take(SHOWN).collect();
    let more = timeline.faces() - courses.len();
    let panel = 28.0 + STRIP * classes.len() as f64 + 14.0;
    let panels = if courses.is_empty() { 40.0 } else { panel * courses.len() as f64 };
    let height = 64.0 + panels + if more > 0 { 50.0 } else { 34.0 };
    let mut canvas = Canvas::new(WIDTH as u32, height.ceil() as u32, format!("{title}: expressions over time"));
    canvas.heading(title, remark);
    let end = timeline.end().max(timeline.column());
    let marks = ticks(0.0, end, 8);
    let last = marks.last().copied().unwrap_or(end);
    let room = WIDTH - LEFT - 24.0;
    let place = |time: f64| LEFT + room * (time / last).clamp(0.0, 1.0);
    let mut top = 64.0;
    if courses.is_empty() {
        canvas.label(LEFT, top + 20.0, 12, Anchor::Start, Paint::Muted, "no face was found");
        top += panels;
    }
    for course in courses {
        let means = course.means();
        let strongest = (0..means.len()).max_by(|&a, &b| means[a].total_cmp(&means[b])).unwrap_or(0);
        let [from, to] = course.seen;
        let said = format!(
            "face {}: {:.1} to {:.1} s, on average {} ({} %)",
            course.track,
            from,
            to,
            classes.get(strongest).map_or("", String::as_str),
            percent(means.get(strongest).copied().unwrap_or(0.0), 0)
        );
        canvas.label(LEFT, top + 14.0, 12, Anchor::Start, Paint::Ink, said);
        let strips = top + 24.0;
        for (i, class) in classes.iter().enumerate() {
            let y = strips + STRIP * i as f64;
            let name = shorten(class, 11, LEFT - 20.0);
            canvas.label(LEFT - 8.0, y + 12.0, 11, Anchor::End, Paint::Muted, name);
        }
        for (column, probabilities) in timeline.columns(course).into_iter().enumerate() {
            let Some(probabilities) = probabilities else { continue };
            let [x, next] = [column, column + 1].map(|c| place((c as f64 * timeline.column()).min(end)));
            for (i, p) in probabilities.into_iter().enumerate().filter(|(_, p)| *p >= 0.02) {
                // A little wider, so that no gaps show between neighbours.
                canvas.rect(x, strips + STRIP * i as f64, (next - x).max(0.5) + 0.4, STRIP - 2.0, Paint::Shade(p));
            }
        }
        let below = strips + STRIP * classes.len() as f64;
        canvas.lines(vec![(LEFT, below), (LEFT + room, below)], Paint::Grid, 1.0);
        top += panel;
    }
    let step = marks.get(1).copied().unwrap_or(1.0);
    for mark in &marks {
        canvas.label(place(*mark), top + 8.0, 10, Anchor::Middle, Paint::Muted, tick_text(*mark, step));
    }
    canvas.label(LEFT + room, top + 24.0, 10, Anchor::End, Paint::Muted, "seconds; the darker, the more probable");
    if more > 0 {
        let said = format!("and {more} more, seen no longer than these: the table of frames has them all");
        canvas.label(LEFT, top + 40.0, 10, Anchor::Start, Paint::Muted, said);
    }
    canvas
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_face_has_its_panel_and_every_class_its_strip() {
        let classes = ["angry", "happy"].map(String::from);
        let mut timeline = Timeline::new(2);
        for i in 0..50 {
            timeline.look(f64::from(i) * 0.04);
            timeline.add(1, f64::from(i) * 0.04, &[0.1, 0.9]);
            if i > 30 {
                timeline.add(2, f64::from(i) * 0.04, &[0.8, 0.2]);
            }
        }
        let svg = draw(&timeline, "film.mp4", "", &classes).svg();
        assert!(svg.contains("face 1: 0.0 to 2.0 s, on average happy (90 %)"), "{svg}");
        assert!(svg.contains("face 2: 1.2 to 2.0 s, on average angry (80 %)"), "{svg}");
        assert_eq!(svg.matches(">happy<").count(), 2);
        for track in 3..12 {
            timeline.add(track, 1.0, &[0.5, 0.5]);
        }
        assert!(draw(&timeline, "film.mp4", "", &classes).svg().contains("and 3 more, seen no longer than these"));
        let none = draw(&Timeline::new(2), "film.mp4", "", &classes).svg();
        assert!(none.contains("no face was found"));
    }
}
