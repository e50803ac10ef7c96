//! Faces drawn by the tool itself, so that everything can be tried without a dataset.
//!
//! A face is a person (shape, tones, hair, glasses, beard), an expression as facial action units with an intensity
//! and a blend towards the expressions it is confused with in reality, a head pose, and what a camera adds: uneven
//! light, something in front of the face, blur and noise. They are drawings: a score on them compares methods and
//! says nothing about people.

mod action_units;
mod canvas;
mod draw;
mod geometry;
mod identity;
mod nuisance;
mod pose;
mod random;
mod render;

use ndarray::Array2;

use crate::expression::Expression;
use action_units::ActionUnits;
use canvas::Canvas;
use identity::Identity;
use nuisance::Camera;
use pose::Pose;

pub use draw::draw;

/// What difficulty 1 is to the parts below, which spread linearly: set so that on 2,800 faces a linear model on pixels
/// stays weak and a small network is good without being perfect.
const HARDNESS: f32 = 0.55;

/// Draws one face: `size` is height and width in pixels, the result has that shape, 0 black to 255 white.
///
/// `seed` chooses the person, how the expression is acted, the pose and the disturbances. `difficulty` scales pose,
/// light, occlusion, blur, noise and ambiguity: 0 is clean and clear, 1 is what the built-in dataset uses, values
/// above 10 (and what is not a number) are taken as the nearest end of that range.
///
/// ```
/// use ferrofuse::{Expression, dataset::face};
///
/// let picture = face(Expression::Happy, 7, 0.3, [256, 256]);
/// assert_eq!(picture.dim(), (256, 256));
/// ```
pub fn face(expression: Expression, seed: u64, difficulty: f64, size: [usize; 2]) -> Array2<u8> {
    picture(expression, seed, seed, 0, difficulty, size)
}

/// The face of person `subject` in `row`; `seed` is the dataset's.
fn picture(expression: Expression, seed: u64, subject: u64, row: u64, difficulty: f64, size: [usize; 2]) -> Array2<u8> {
    let difficulty = if difficulty.is_nan() { 0.0 } else { HARDNESS * difficulty.clamp(0.0, 10.0) as f32 };
    let person = Identity::draw(&mut random::generator(seed, random::Purpose::Person, subject), difficulty);
    let mut rng = random::generator(seed, random::Purpose::Row, row);
    let acted = ActionUnits::act(expression, difficulty, &mut rng);
    let pose = Pose::draw(difficulty, &mut rng);
    let camera = Camera::draw(difficulty, &mut rng);
    let mut canvas = Canvas::new(size, camera.background);
    render::paint(&mut canvas, &person, &geometry::Features::new(&person, &acted), &acted, &pose, &camera);
    camera.occlude(&mut canvas, &person, &pose, &mut rng);
    camera.develop(canvas.reduce(), &pose, &mut rng)
}

#[cfg(test)]
mod tests;
