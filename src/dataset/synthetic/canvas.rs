//! A grey picture at several times its final resolution, painted with polygons, strokes and soft shades.

use ndarray::Array2;

/// x to the right and y down; 0 is the picture's middle, 1 the distance to the nearer pair of borders.
pub(super) type Point = [f32; 2];

/// A tone (0 black to 1 white) and how much of what lies below it hides (0 to 1).
#[derive(Clone, Copy, Debug)]
pub(super) struct Paint {
    /// 0 black to 1 white.
    pub tone: f32,
    /// 0 invisible to 1 opaque.
    pub alpha: f32,
}

/// Paint of this tone and opacity.
pub(super) fn paint(tone: f32, alpha: f32) -> Paint {
    Paint { tone, alpha: alpha.clamp(0.0, 1.0) }
}

/// A run of sub-pixels `from..to` in a row that lies inside a polygon.
struct Span {
    row: usize,
    from: usize,
    to: usize,
}

/// The picture while it is painted.
pub(super) struct Canvas {
    size: [usize; 2],
    /// Sub-pixels along each side of a pixel.
    factor: usize,
    tones: Vec<f32>,
}

impl Canvas {
    /// An empty picture of `size` (height, width) pixels.
    pub fn new(size: [usize; 2], background: f32) -> Self {
        let factor = match size[0].max(size[1]) {
            0..=128 => 4,
            129..=384 => 3,
            _ => 2,
        };
        Self { size, factor, tones: vec![background; size[0] * size[1] * factor * factor] }
    }

    fn width(&self) -> usize {
        self.size[1] * self.factor
    }

    fn height(&self) -> usize {
        self.size[0] * self.factor
    }

    /// Sub-pixels in one unit of the picture's coordinates.
    fn unit(&self) -> f32 {
        0.5 * self.width().min(self.height()) as f32
    }

    fn place(&self, p: Point) -> Point {
        [0.5 * self.width() as f32 + p[0] * self.unit(), 0.5 * self.height() as f32 + p[1] * self.unit()]
    }

    /// The runs of sub-pixels whose centres lie inside the polygon (non-zero winding), by row, left to right.
    fn spans(&self, polygon: &[Point]) -> Vec<Span> {
        let mut crossings: Vec<(usize, f32, i32)> = Vec::with_capacity(256);
        for (i, &p) in polygon.iter().enumerate() {
            let (a, b) = (self.place(p), self.place(polygon[(i + 1) % polygon.len()]));
            let (top, bottom, winding) = if a[1] <= b[1] { (a, b, 1) } else { (b, a, -1) };
            let first = (top[1] - 0.5).ceil().max(0.0) as usize;
            let end = ((bottom[1] - 0.5).ceil().max(0.0) as usize).min(self.height());
            for row in first..end {
                let along = (row as f32 + 0.5 - top[1]) / (bottom[1] - top[1]);
                crossings.push((row, top[0] + along * (bottom[0] - top[0]), winding));
            }
        }
        crossings.sort_unstable_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)).then(a.2.cmp(&b.2)));
        let mut spans = Vec::with_capacity(crossings.len() / 2);
        let mut winding = 0;
        for pair in crossings.windows(2) {
            winding += pair[0].2;
            if pair[0].0 != pair[1].0 {
                winding = 0;
            } else if winding != 0 {
                let column = |x: f32| ((x - 0.5).ceil().max(0.0) as usize).min(self.width());
                let (from, to) = (column(pair[0].1), column(pair[1].1));
                if from < to {
                    spans.push(Span { row: pair[0].0, from, to });
                }
            }
        }
        spans
    }

    fn cover(&mut self, spans: &[Span], paint: Paint) {
        let width = self.width();
        for span in spans {
            for tone in &mut self.tones[span.row * width + span.from..span.row * width + span.to] {
                *tone += paint.alpha * (paint.tone - *tone);
            }
        }
    }

    /// Fills a polygon.
    pub fn fill(&mut self, polygon: &[Point], paint: Paint) {
        let spans = self.spans(polygon);
        self.cover(&spans, paint);
    }

    /// Fills the part of a polygon that lies inside `window`.
    pub fn fill_within(&mut self, polygon: &[Point], window: &[Point], paint: Paint) {
        let (inside, limits) = (self.spans(polygon), self.spans(window));
        let mut common = Vec::with_capacity(inside.len());
        for a in &inside {
            let start = limits.partition_point(|b| b.row < a.row);
            for b in limits[start..].iter().take_while(|b| b.row == a.row) {
                let (from, to) = (a.from.max(b.from), a.to.min(b.to));
                if from < to {
                    common.push(Span { row: a.row, from, to });
                }
            }
        }
        self.cover(&common, paint);
    }

    /// Draws a line whose width goes with the share `t` (0 to 1) of its points passed.
    pub fn stroke(&mut self, line: &[Point], width: impl Fn(f32) -> f32, paint: Paint) {
        let n = line.len();
        if n < 2 {
            return;
        }
        let (mut left, mut right) = (Vec::with_capacity(2 * n), Vec::with_capacity(n));
        for i in 0..n {
            let (a, b) = (line[i.saturating_sub(1)], line[(i + 1).min(n - 1)]);
            let (dx, dy) = (b[0] - a[0], b[1] - a[1]);
            let half = 0.5 * width(i as f32 / (n - 1) as f32) / dx.hypot(dy).max(1e-6);
            left.push([line[i][0] - dy * half, line[i][1] + dx * half]);
            right.push([line[i][0] + dy * half, line[i][1] - dx * half]);
        }
        left.extend(right.into_iter().rev());
        self.fill(&left, paint);
    }

    /// Brightens (`gain` > 0) or darkens a soft ellipse by up to this share of its tone.
    pub fn shade(&mut self, centre: Point, radii: Point, gain: f32) {
        let (c, unit, width) = (self.place(centre), self.unit(), self.width());
        let (rx, ry) = ((radii[0] * unit).max(0.5), (radii[1] * unit).max(0.5));
        let clip = |v: f32, end: usize| (v.max(0.0) as usize).min(end);
        for row in clip(c[1] - ry, self.height())..clip(c[1] + ry + 1.0, self.height()) {
            let dy = (row as f32 + 0.5 - c[1]) / ry;
            for column in clip(c[0] - rx, width)..clip(c[0] + rx + 1.0, width) {
                let dx = (column as f32 + 0.5 - c[0]) / rx;
                let inside = 1.0 - dx * dx - dy * dy;
                if inside > 0.0 {
                    self.tones[row * width + column] *= 1.0 + gain * inside * inside;
                }
            }
        }
    }

    /// The picture at its final size: the mean of each pixel's sub-pixels, height x width, nominally 0 to 1.
    pub fn reduce(&self) -> Array2<f32> {
        let (k, width) = (self.factor, self.width());
        Array2::from_shape_fn((self.size[0], self.size[1]), |(y, x)| {
            let rows = (y * k..(y + 1) * k).map(|row| &self.tones[row * width + x * k..row * width + (x + 1) * k]);
            rows.flatten().sum::<f32>() / (k * k) as f32
        })
    }
}

/// A smooth curve through the points (Catmull and Rom 1974), `steps` pieces between two of them.
pub(super) fn spline(points: &[Point], steps: usize) -> Vec<Point> {
    let at = |i: isize| points[i.clamp(0, points.len() as isize - 1) as usize];
    let mut curve = Vec::with_capacity(points.len() * steps + 1);
    for i in 0..points.len().saturating_sub(1) as isize {
        let (p0, p1, p2, p3) = (at(i - 1), at(i), at(i + 1), at(i + 2));
        for s in 0..steps {
            let t = s as f32 / steps as f32;
            let value = |k: usize| {
                0.5 * (2.0 * p1[k]
                    + (p2[k] - p0[k]) * t
                    + (2.0 * p0[k] - 5.0 * p1[k] + 4.0 * p2[k] - p3[k]) * t * t
                    + (3.0 * p1[k] - p0[k] - 3.0 * p2[k] + p3[k]) * t * t * t)
            };
            curve.push([value(0), value(1)]);
        }
    }
    curve.extend(points.last());
    curve
}

/// An ellipse as a polygon.
pub(super) fn ellipse(centre: Point, radii: Point) -> Vec<Point> {
    let corner = |i: u8| f32::from(i) / 28.0 * std::f32::consts::TAU;
    (0..28).map(|i| [centre[0] + radii[0] * corner(i).cos(), centre[1] + radii[1] * corner(i).sin()]).collect()
}
