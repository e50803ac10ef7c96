//! A drawing of a few kinds of shape that becomes the same picture as SVG and as PNG.

use std::fmt::Write;

use kuva::RasterBackend;
use kuva::render::color::Color;
use kuva::render::render::{Primitive, Scene, TextAnchor, TextSpan};

use super::paint::Paint;
use crate::error::{Error, Result};

/// Pixels of the PNG for one unit of the drawing.
pub const PNG_SCALE: u32 = 2;

/// The font comes with the PNG writer; viewers of the SVG take the nearest they have.
const FONTS: &str = "DejaVu Sans, Verdana, Segoe UI, Helvetica, Arial, sans-serif";

/// Which end of a text stands at its point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anchor {
    /// The first letter.
    Start,
    /// The middle.
    Middle,
    /// The last letter.
    End,
}

/// A line of text; `y` is its baseline.
#[derive(Clone, Debug, PartialEq)]
pub struct Text {
    /// Horizontal place of the anchor.
    pub x: f64,
    /// The baseline.
    pub y: f64,
    /// The words.
    pub content: String,
    /// Height of the letters in units.
    pub size: u32,
    /// Which end stands at `x`.
    pub anchor: Anchor,
    /// Bold letters.
    pub bold: bool,
    /// The colour.
    pub paint: Paint,
}

#[derive(Clone, Debug, PartialEq)]
enum Shape {
    Rect { x: f64, y: f64, width: f64, height: f64, fill: Paint },
    Lines { points: Vec<(f64, f64)>, stroke: Paint, width: f64 },
    Dot { x: f64, y: f64, radius: f64, fill: Paint },
    Text(Text),
}

/// Shapes on an area of `width` x `height` units, painted in the order they were added.
#[derive(Clone, Debug, PartialEq)]
pub struct Canvas {
    width: u32,
    height: u32,
    /// What the picture shows, for readers who cannot see it.
    description: String,
    shapes: Vec<Shape>,
}

impl Canvas {
    /// An empty picture.
    pub fn new(width: u32, height: u32, description: impl Into<String>) -> Self {
        Self { width, height, description: description.into(), shapes: Vec::new() }
    }

    /// Width and height in units; the PNG has [`PNG_SCALE`] pixels for each.
    #[cfg(test)]
    pub fn size(&self) -> (u32, u32) {
        (self.width, self.height)
    }

    /// Adds a filled rectangle.
    pub fn rect(&mut self, x: f64, y: f64, width: f64, height: f64, fill: Paint) {
        self.shapes.push(Shape::Rect { x, y, width, height, fill });
    }

    /// Adds a line from point to point.
    pub fn lines(&mut self, points: Vec<(f64, f64)>, stroke: Paint, width: f64) {
        self.shapes.push(Shape::Lines { points, stroke, width });
    }

    /// Adds a dashed line downwards from `(x, top)` to `bottom`.
    pub fn dashes(&mut self, x: f64, top: f64, bottom: f64, stroke: Paint, width: f64) {
        // Each dash is a line of its own: the PNG writer does not scale the pattern of dashes.
        let mut from = top;
        while from < bottom {
            self.lines(vec![(x, from), (x, (from + 4.0).min(bottom))], stroke, width);
            from += 7.0;
        }
    }

    /// Adds a filled circle.
    pub fn dot(&mut self, x: f64, y: f64, radius: f64, fill: Paint) {
        self.shapes.push(Shape::Dot { x, y, radius, fill });
    }

    /// Adds a line of text.
    pub fn text(&mut self, text: Text) {
        self.shapes.push(Shape::Text(text));
    }

    /// Adds a line of plain text.
    pub fn label(&mut self, x: f64, y: f64, size: u32, anchor: Anchor, paint: Paint, content: impl Into<String>) {
        self.text(Text { x, y, content: content.into(), size, anchor, bold: false, paint });
    }

    /// Adds a heading in bold and a remark below it, each cut to the picture's width.
    pub fn heading(&mut self, title: &str, remark: &str) {
        let room = f64::from(self.width) - 28.0;
        let (content, paint) = (shorten(title, 15, room), Paint::Ink);
        self.text(Text { x: 14.0, y: 26.0, content, size: 15, anchor: Anchor::Start, bold: true, paint });
        self.label(14.0, 46.0, 11, Anchor::Start, Paint::Muted, shorten(remark, 11, room));
    }

    /// A file of its own, on white.
    pub fn svg(&self) -> String {
        let (w, h) = (self.width, self.height);
        let mut out = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{w}\" height=\"{h}\" viewBox=\"0 0 {w} {h}\" \
             font-family=\"{FONTS}\">\n<title>{}</title>\n<rect width=\"{w}\" height=\"{h}\" fill=\"{}\"/>\n",
            escape(&self.description),
            Paint::Paper.light()
        );
        self.write_shapes(&mut out, |paint, property| format!("{property}=\"{}\"", paint.light()));
        out.push_str("</svg>\n");
        out
    }

    /// For a page: no background, and each colour follows the page's colour scheme where the browser knows
    /// `light-dark()`; others show the light one.
    pub fn inline_svg(&self) -> String {
        let (w, h) = (self.width, self.height);
        let mut out = format!(
            "<svg class=\"chart\" role=\"img\" width=\"{w}\" height=\"{h}\" viewBox=\"0 0 {w} {h}\" \
             font-family=\"{FONTS}\">\n<title>{}</title>\n",
            escape(&self.description)
        );
        self.write_shapes(&mut out, |paint, property| {
            let (light, dark) = (paint.light(), paint.dark());
            format!("{property}=\"{light}\" style=\"{property}:light-dark({light},{dark})\"")
        });
        out.push_str("</svg>\n");
        out
    }

    fn write_shapes(&self, out: &mut String, colour: impl Fn(Paint, &str) -> String) {
        for shape in &self.shapes {
            // Writing to a string cannot fail.
            let _ = match shape {
                Shape::Rect { x, y, width, height, fill } => {
                    let (x, y, w, h) = (number(*x), number(*y), number(*width), number(*height));
                    writeln!(out, "<rect x=\"{x}\" y=\"{y}\" width=\"{w}\" height=\"{h}\" {}/>", colour(*fill, "fill"))
                }
                Shape::Lines { points, stroke, width } => {
                    let path: Vec<String> =
                        points.iter().map(|(x, y)| format!("{},{}", number(*x), number(*y))).collect();
                    writeln!(
                        out,
                        "<polyline points=\"{}\" fill=\"none\" stroke-width=\"{}\" stroke-linejoin=\"round\" {}/>",
                        path.join(" "),
                        number(*width),
                        colour(*stroke, "stroke")
                    )
                }
                Shape::Dot { x, y, radius, fill } => {
                    let (x, y, r) = (number(*x), number(*y), number(*radius));
                    writeln!(out, "<circle cx=\"{x}\" cy=\"{y}\" r=\"{r}\" {}/>", colour(*fill, "fill"))
                }
                Shape::Text(t) => {
                    let (x, y) = (number(t.x), number(t.y));
                    let anchor = match t.anchor {
                        Anchor::Start => "start",
                        Anchor::Middle => "middle",
                        Anchor::End => "end",
                    };
                    let weight = if t.bold { " font-weight=\"bold\"" } else { "" };
                    writeln!(
                        out,
                        "<text x=\"{x}\" y=\"{y}\" font-size=\"{}\" text-anchor=\"{anchor}\"{weight} {}>{}</text>",
                        t.size,
                        colour(t.paint, "fill"),
                        escape(&t.content)
                    )
                }
            };
        }
    }

    /// The bytes of a PNG file, [`PNG_SCALE`] pixels for each unit, on white.
    ///
    /// # Errors
    /// [`Error::Backend`] when the picture cannot be encoded.
    pub fn png(&self) -> Result<Vec<u8>> {
        let mut scene = Scene::new(f64::from(self.width), f64::from(self.height));
        for shape in &self.shapes {
            scene.add(primitive(shape));
        }
        RasterBackend::new()
            .with_scale(PNG_SCALE as f32)
            .render_scene(&scene)
            .map_err(|e| Error::backend("kuva", format!("draw `{}`", self.description), e))
    }
}

fn primitive(shape: &Shape) -> Primitive {
    let colour = |paint: Paint| {
        let [r, g, b] = paint.light_rgb();
        Color::Rgb(r, g, b)
    };
    match shape {
        Shape::Rect { x, y, width, height, fill } => Primitive::Rect {
            x: *x,
            y: *y,
            width: *width,
            height: *height,
            fill: colour(*fill),
            stroke: None,
            stroke_width: None,
            opacity: None,
        },
        Shape::Lines { points, stroke, width } => Primitive::PolyLine {
            points: points.clone(),
            stroke: colour(*stroke),
            stroke_width: *width,
            stroke_dasharray: None,
        },
        Shape::Dot { x, y, radius, fill } => Primitive::Circle {
            cx: *x,
            cy: *y,
            r: *radius,
            fill: colour(*fill),
            fill_opacity: None,
            stroke: None,
            stroke_width: None,
        },
        Shape::Text(t) => {
            let anchor = match t.anchor {
                Anchor::Start => TextAnchor::Start,
                Anchor::Middle => TextAnchor::Middle,
                Anchor::End => TextAnchor::End,
            };
            let color = Some(colour(t.paint));
            match t.bold {
                true => {
                    let bold = TextSpan { bold: true, ..TextSpan::plain(t.content.as_str()) };
                    Primitive::RichText { x: t.x, y: t.y, spans: vec![bold], size: t.size, anchor, color }
                }
                false => Primitive::Text {
                    x: t.x,
                    y: t.y,
                    // kuva reads $...$ as mathematics; names of models are not.
                    content: t.content.replace('$', "\\$"),
                    size: t.size,
                    anchor,
                    rotate: None,
                    bold: false,
                    color,
                },
            }
        }
    }
}

/// About how wide `text` is, in units; a little too wide for most texts, so that nothing is cut.
pub fn text_width(text: &str, size: u32) -> f64 {
    text.chars().count() as f64 * f64::from(size) * 0.62
}

/// `text`, cut to about `width` units with an ellipsis.
pub fn shorten(text: &str, size: u32, width: f64) -> String {
    if text_width(text, size) <= width {
        return text.to_string();
    }
    let letters = ((width / (f64::from(size) * 0.62)) as usize).saturating_sub(1).max(1);
    let kept: String = text.chars().take(letters).collect();
    format!("{}…", kept.trim_end())
}

/// At most two decimals: a hundredth of a unit cannot be seen, and the files stay small.
fn number(value: f64) -> String {
    let text = format!("{value:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_string()
}

fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            // XML 1.0 forbids control characters even when they are escaped.
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture() -> Canvas {
        let mut canvas = Canvas::new(120, 40, "a <test> & more");
        canvas.rect(10.0, 10.0, 20.0, 20.0, Paint::Series(0));
        canvas.lines(vec![(40.0, 10.0), (60.0, 30.0)], Paint::Ink, 1.5);
        canvas.label(70.0, 25.0, 12, Anchor::Start, Paint::Ink, "<b>\u{7}$5");
        canvas
    }

    #[test]
    fn texts_are_escaped_in_both_kinds_of_svg() {
        for svg in [picture().svg(), picture().inline_svg()] {
            assert!(svg.contains("<title>a &lt;test&gt; &amp; more</title>"), "{svg}");
            assert!(svg.contains(">&lt;b&gt; $5</text>"), "{svg}");
        }
    }

    #[test]
    fn the_png_has_the_stated_size_and_the_colour_of_the_rectangle() {
        let png = image::load_from_memory(&picture().png().unwrap()).unwrap().to_rgb8();
        assert_eq!(png.dimensions(), (240, 80));
        assert_eq!(png.get_pixel(40, 40).0, Paint::Series(0).light_rgb());
        assert_eq!(png.get_pixel(2, 2).0, [255, 255, 255]);
        // Some ink where the text stands.
        assert!((140..200).any(|x| (20..60).any(|y| png.get_pixel(x, y).0[0] < 100)));
    }

    #[test]
    fn long_texts_are_cut_with_an_ellipsis() {
        assert_eq!(shorten("neutral", 10, 100.0), "neutral");
        let cut = shorten("a very long class name", 10, 62.0);
        assert_eq!(cut, "a very lo…");
        assert!(text_width(&cut, 10) <= 62.0);
    }
}
