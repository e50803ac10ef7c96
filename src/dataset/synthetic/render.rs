//! Paints a face on a canvas, back to front.

use super::action_units::ActionUnits;
use super::canvas::{Canvas, Point, ellipse, paint as tone, spline};
use super::geometry::{Eye, Features, SIDES};
use super::identity::{Hair, Identity};
use super::nuisance::Camera;
use super::pose::Pose;

/// A painter who knows the person and the pose.
struct Painter<'a> {
    canvas: &'a mut Canvas,
    person: &'a Identity,
    features: &'a Features,
    acted: &'a ActionUnits,
    pose: &'a Pose,
}

/// Paints the person on an empty canvas.
pub(super) fn paint(
    canvas: &mut Canvas,
    person: &Identity,
    features: &Features,
    acted: &ActionUnits,
    pose: &Pose,
    camera: &Camera,
) {
    let mut painter = Painter { canvas, person, features, acted, pose };
    painter.body(camera.clothes);
    painter.head();
    painter.relief();
    painter.beard();
    for (eye, side) in features.eyes.iter().zip(SIDES) {
        painter.eye(eye, side);
    }
    painter.nose();
    painter.mouth();
    painter.wrinkles();
    painter.brows();
    painter.glasses();
    painter.hair();
}

impl Painter<'_> {
    fn on_face(&self, points: &[Point]) -> Vec<Point> {
        points.iter().map(|&p| self.pose.surface(p, 0.0)).collect()
    }

    fn on_contour(&self, points: &[Point]) -> Vec<Point> {
        points.iter().map(|&p| self.pose.contour(p)).collect()
    }

    /// A line on the face, widest in its middle, `width` in face units.
    fn line(&mut self, points: &[Point], width: f32, dark: f32, alpha: f32) {
        let (points, width) = (self.on_face(points), width * self.pose.scale());
        self.canvas.stroke(&points, |t| width * (0.35 + 2.6 * t * (1.0 - t)), tone(dark, alpha));
    }

    fn shade(&mut self, centre: Point, radii: Point, gain: f32) {
        let (centre, s) = (self.pose.surface(centre, 0.0), self.pose.scale());
        self.canvas.shade(centre, [radii[0] * s, radii[1] * s], gain);
    }

    fn body(&mut self, clothes: f32) {
        let (w, skin) = (self.person.head_width, self.person.skin);
        if self.person.hair == Hair::Long {
            let locks = [[-1.18 * w, 1.5], [-1.25 * w, 0.2], [-1.05 * w, -0.8], [0.0, -1.2]];
            let mut points = locks.to_vec();
            points.extend(locks.iter().rev().skip(1).map(|p| [-p[0], p[1]]));
            let points = self.on_contour(&spline(&points, 6));
            self.canvas.fill(&points, tone(self.person.hair_tone * 0.85, 1.0));
        }
        let shoulders = spline(&[[-2.5, 2.4], [-1.3, 1.42], [-0.5, 1.25], [0.5, 1.25], [1.3, 1.42], [2.5, 2.4]], 5);
        let neck = [[-0.52 * w, 0.5], [0.52 * w, 0.5], [0.6 * w, 1.6], [-0.6 * w, 1.6]];
        let (neck, shoulders) = (self.on_contour(&neck), self.on_contour(&shoulders));
        self.canvas.fill(&neck, tone(skin * 0.66, 1.0));
        self.canvas.fill(&shoulders, tone(clothes, 1.0));
    }

    fn head(&mut self) {
        let (w, skin, y) = (self.person.head_width, self.person.skin, self.person.eye_y);
        for side in SIDES {
            let ear = self.pose.contour([side * w, y + 0.16]);
            let size = self.pose.scale();
            self.canvas.fill(&ellipse(ear, [0.1 * size, 0.19 * size]), tone(skin * 0.84, 1.0));
        }
        let outline = self.on_contour(&self.features.outline);
        self.canvas.fill(&outline, tone(skin, 1.0));
    }

    /// The soft light and dark of sockets, cheeks, nose and chin.
    fn relief(&mut self) {
        let (p, a) = (self.person, self.acted);
        for side in SIDES {
            self.shade([side * p.eye_distance, p.eye_y - 0.02], [0.3, 0.22], -0.2);
            let lift = 0.1 * a.cheek_raiser.max(0.0) * a.on_side(side).min(1.0);
            self.shade([side * 0.42, 0.28 - lift], [0.26, 0.2], 0.12 + lift);
            self.shade([side * 0.44, 0.52 - 0.5 * lift], [0.2, 0.22], -0.1 - lift);
            self.shade([side * (0.05 + p.nose_width), p.nose_y - 0.08], [0.12, 0.2], -0.16);
        }
        self.shade([0.0, p.nose_y - 0.1], [0.1, 0.34], 0.16);
        self.shade([0.0, -0.6], [0.5, 0.28], 0.08);
        self.shade([0.0, self.features.chin - 0.2], [0.22, 0.13], 0.09);
        let below = self.features.mouth.lower_outer[10][1] + 0.05;
        self.shade([0.0, below], [0.2, 0.07], -0.25 - 0.15 * a.chin_raiser.max(0.0));
    }

    fn beard(&mut self) {
        let (p, chin) = (self.person, self.features.chin);
        if p.beard <= 0.0 {
            return;
        }
        let w = p.head_width;
        let upper = [[-0.97 * w, 0.1], [-0.75 * w, 0.42], [-0.3, p.mouth_y + 0.1], [0.0, p.mouth_y + 0.15]];
        let mut points = upper.to_vec();
        points.extend(upper.iter().rev().skip(1).map(|q| [-q[0], q[1]]));
        points.extend([[0.8 * w, 0.62], [0.36 * w, chin - 0.02], [0.0, chin + 0.02]]);
        points.extend([[-0.36 * w, chin - 0.02], [-0.8 * w, 0.62], [-0.97 * w, 0.1]]);
        let (points, outline) = (self.on_face(&spline(&points, 4)), self.on_contour(&self.features.outline));
        self.canvas.fill_within(&points, &outline, tone(p.hair_tone, p.beard));
    }

    fn eye(&mut self, eye: &Eye, side: f32) {
        let (p, s) = (self.person, self.pose.scale());
        let mut opening = self.on_face(&eye.upper);
        opening.extend(self.on_face(&eye.lower).into_iter().rev());
        self.canvas.fill(&opening, tone(0.25 + 0.7 * p.skin.max(0.55), 1.0));
        let centre = self.pose.surface(eye.centre, 0.0);
        self.canvas.fill_within(&ellipse(centre, [0.073 * s, 0.075 * s]), &opening, tone(p.iris_tone, 1.0));
        self.canvas.fill_within(&ellipse(centre, [0.034 * s, 0.035 * s]), &opening, tone(0.02, 1.0));
        let glint = [centre[0] - 0.022 * s, centre[1] - 0.025 * s];
        self.canvas.fill_within(&ellipse(glint, [0.015 * s, 0.015 * s]), &opening, tone(0.95, 0.8));
        self.line(&eye.upper, 0.034, 0.05, 0.9);
        self.line(&eye.lower, 0.018, p.skin * 0.4, 0.6);
        let crease: Vec<Point> = eye.upper.iter().map(|q| [q[0], q[1] - 0.045]).collect();
        self.line(&crease, 0.015, p.skin * 0.55, 0.6);
        let bag: Vec<Point> = eye.lower[2..11].iter().map(|q| [q[0], q[1] + 0.045]).collect();
        let squeeze = self.acted.cheek_raiser.max(0.7 * self.acted.lid_tightener).max(0.0);
        self.line(&bag, 0.022, p.skin * 0.55, 0.25 * p.folds + 0.55 * squeeze);
        let corner = eye.upper[12];
        for rise in [-0.05, 0.0, 0.05] {
            let foot = [[corner[0] + side * 0.03, corner[1] + 0.3 * rise], [corner[0] + side * 0.11, corner[1] + rise]];
            self.line(&foot, 0.016, p.skin * 0.55, 0.5 * self.acted.cheek_raiser * self.acted.on_side(side).min(1.0));
        }
    }

    fn nose(&mut self) {
        let (p, s) = (self.person, self.pose.scale());
        for (nostril, side) in self.features.nostrils.into_iter().zip(SIDES) {
            let at = self.pose.surface(nostril, 0.06);
            self.canvas.fill(&ellipse(at, [0.042 * s, 0.026 * s]), tone(p.skin * 0.3, 0.9));
            let wing = [nostril[0] + side * 0.062, nostril[1]];
            let arc = [[wing[0] - side * 0.02, wing[1] - 0.075], [wing[0] + side * 0.01, wing[1] - 0.03], wing];
            self.line(&spline(&arc, 4), 0.022, p.skin * 0.5, 0.7);
        }
        let under = self.features.nostrils[0][1] + 0.035;
        self.shade([0.0, under], [0.13, 0.05], -0.3);
    }

    fn mouth(&mut self) {
        let (p, mouth, skin) = (self.person, &self.features.mouth, self.person.skin);
        let closed = |upper: &[Point], lower: &[Point]| -> Vec<Point> {
            upper.iter().chain(lower.iter().rev()).copied().collect()
        };
        let upper_lip = self.on_face(&closed(&mouth.upper_outer, &mouth.upper_inner));
        let lower_lip = self.on_face(&closed(&mouth.lower_inner, &mouth.lower_outer));
        let opening = self.on_face(&closed(&mouth.upper_inner, &mouth.lower_inner));
        if p.moustache > 0.0 {
            let nose = self.features.nostrils[0][1];
            let line: Vec<Point> = mouth.upper_outer[1..20]
                .iter()
                .map(|q| [1.08 * q[0], 0.7 * q[1] + 0.3 * (nose + 0.05) - 0.01])
                .collect();
            let (line, width) = (self.on_face(&line), 0.12 * self.pose.scale());
            self.canvas.stroke(&line, |t| width * (0.3 + 2.6 * t * (1.0 - t)), tone(p.hair_tone, p.moustache));
        }
        if mouth.gap > 0.012 {
            self.canvas.fill(&opening, tone(0.06, 1.0));
            let row = |from: &[Point], depth: f32| -> Vec<Point> {
                closed(&from[2..19], &from[2..19].iter().map(|q| [q[0] * 0.94, q[1] + depth]).collect::<Vec<_>>())
            };
            let upper_teeth = self.on_face(&row(&mouth.upper_inner, (0.7 * mouth.gap).min(0.075)));
            self.canvas.fill_within(&upper_teeth, &opening, tone(0.9, 0.95));
            let stretched = self.acted.lip_stretcher.max(0.8 * self.acted.upper_lip_raiser);
            let lower_teeth = self.on_face(&row(&mouth.lower_inner, -0.3 * mouth.gap.min(0.12)));
            self.canvas.fill_within(&lower_teeth, &opening, tone(0.8, 0.8 * stretched));
            let tongue = self.pose.surface([0.0, mouth.lower_inner[10][1]], 0.0);
            let s = self.pose.scale();
            self.canvas.fill_within(
                &ellipse(tongue, [0.13 * s, 0.3 * mouth.gap * s]),
                &opening,
                tone(skin * 0.45, 0.8),
            );
        }
        self.canvas.fill(&upper_lip, tone(p.lip_tone * 0.9, 0.95));
        self.canvas.fill(&lower_lip, tone(p.lip_tone, 0.95));
        if mouth.gap <= 0.03 {
            let line = mouth.upper_inner.clone();
            self.line(&line, 0.022, 0.08, 0.9);
        }
        for corner in [mouth.upper_outer[0], mouth.upper_outer[20]] {
            self.shade(corner, [0.06, 0.05], -0.4);
        }
    }

    /// Lines that appear only while muscles pull.
    fn wrinkles(&mut self) {
        let (p, a, dark) = (self.person, self.acted, self.person.skin * 0.5);
        let pull = (0.55 * a.lip_corner_puller).max(0.7 * a.nose_wrinkler).max(0.5 * a.upper_lip_raiser).max(0.0);
        for (fold, side) in self.features.folds.iter().zip(SIDES) {
            self.line(fold, 0.026, dark, 0.35 * p.folds + pull * a.on_side(side).min(1.0));
        }
        let bridge = p.eye_y + 0.02;
        for step in [0.0, 0.055, 0.11] {
            let across = [[-0.075, bridge + step + 0.02], [0.0, bridge + step], [0.075, bridge + step + 0.02]];
            self.line(&spline(&across, 4), 0.02, dark, 0.75 * a.nose_wrinkler);
        }
        let glabella = p.eye_y - p.brow_height + 0.06;
        for side in SIDES {
            let frown = [[side * 0.045, glabella - 0.09], [side * 0.035, glabella + 0.05]];
            self.line(&frown, 0.024, dark, 0.2 * p.folds + 0.7 * a.brow_lowerer);
        }
        let raised = (0.5 * (a.inner_brow_raiser + a.outer_brow_raiser)).max(0.0);
        for (i, height) in [-0.5_f32, -0.58].into_iter().enumerate() {
            let wide = if a.outer_brow_raiser > 0.5 * a.inner_brow_raiser { 0.4 } else { 0.2 };
            let across = [[-wide, height + 0.02], [0.0, height], [wide, height + 0.02]];
            self.line(&spline(&across, 5), 0.02, dark, 0.25 * p.folds + 0.5 * raised - 0.1 * i as f32);
        }
    }

    fn brows(&mut self) {
        let (width, s) = (self.person.brow_thickness, self.pose.scale());
        for brow in &self.features.brows {
            let line = self.on_face(brow);
            self.canvas.stroke(&line, |t| s * width * (1.0 - 0.65 * t * t), tone(self.person.brow_tone, 0.92));
        }
    }

    fn glasses(&mut self) {
        let (p, size) = (self.person, self.person.glasses);
        if size <= 0.0 {
            return;
        }
        let frame = tone(0.1, 0.85);
        let width = 0.03 * self.pose.scale();
        for side in SIDES {
            let mut ring = ellipse([side * p.eye_distance, p.eye_y + 0.02], [size, 0.8 * size]);
            ring.push(ring[0]);
            let ring: Vec<Point> = ring.iter().map(|&q| self.pose.surface(q, 0.08)).collect();
            self.canvas.stroke(&ring, |_| width, frame);
            let arm = [[side * (p.eye_distance + size), p.eye_y], [side * p.head_width, p.eye_y - 0.03]];
            let arm = self.on_face(&arm);
            self.canvas.stroke(&arm, |_| width, frame);
        }
        let reach = p.eye_distance - size;
        let bridge = [[-reach, p.eye_y], [0.0, p.eye_y - 0.03], [reach, p.eye_y]].map(|q| self.pose.surface(q, 0.1));
        self.canvas.stroke(&bridge, |_| width, frame);
    }

    fn hair(&mut self) {
        let (p, w) = (self.person, self.person.head_width);
        let (line, temple) = match p.hair {
            Hair::Bald => return,
            Hair::Short => (p.hairline, -0.35),
            Hair::Fringe => (p.hairline + 0.18, -0.2),
            Hair::Long => (p.hairline, 0.1),
        };
        let mut points = vec![[-1.06 * w, temple], [-1.1 * w, -0.6], [-0.62 * w, -1.12], [0.0, -1.24]];
        points.extend([[0.62 * w, -1.12], [1.1 * w, -0.6], [1.06 * w, temple], [0.9 * w, temple - 0.1]]);
        points.extend([[0.75 * w, line + 0.08], [0.3 * w, line - 0.02], [-0.2 * w, line + 0.02]]);
        points.extend([[-0.72 * w, line + 0.06], [-0.9 * w, temple - 0.1], [-1.06 * w, temple]]);
        let points = self.on_contour(&spline(&points, 5));
        self.canvas.fill(&points, tone(p.hair_tone, 1.0));
    }
}
