//! Temperature scaling: one number that makes probabilities sharper or flatter (Guo et al. 2017).
//!
//! Guo et al. divide logits by the temperature T. Probabilities are enough for that: with p = softmax(logits),
//! softmax(logits / T) is p^(1/T), each row divided by its sum.

use ndarray::Array2;

use crate::error::{Error, Result};
use crate::predictions::Predictions;

/// The lowest and the highest temperature that is fitted. Rows that are all right ask for ever lower temperatures, rows
/// that are worse than chance for ever higher ones: they get these ends.
pub const TEMPERATURES: [f64; 2] = [0.01, 100.0];

/// Probabilities below this count as this, as zero has no logarithm. Far below what a softmax of a sure network gives,
/// so that temperatures act on it as on its logits; and so high that a zero which another program rounded to does not
/// outweigh all other rows.
const FLOOR: f64 = 1e-12;
/// Newton's step, relative to where it starts, that ends the fit.
const SMALL: f64 = 1e-12;
/// Steps after which it ends in any case; seven are usual.
const STEPS: usize = 100;

/// The temperature of the highest likelihood on validation rows, within [`TEMPERATURES`]; 1 where none is better than
/// another. Deterministic.
///
/// # Errors
/// What [`Predictions::check`] finds.
pub fn fit_temperature(validation: &Predictions) -> Result<f64> {
    validation.check()?;
    let logits = logits(validation);
    // The negative log-likelihood is convex in 1/T, so that its slope has one root at the most.
    let derivatives = |inverse: f64| derivatives(&logits, &validation.labels, inverse);
    let (mut low, mut high) = (1.0 / TEMPERATURES[1], 1.0 / TEMPERATURES[0]);
    let (slope, _) = derivatives(1.0);
    if slope == 0.0 {
        return Ok(1.0);
    }
    let (end, temperature) = if slope > 0.0 { (low, TEMPERATURES[1]) } else { (high, TEMPERATURES[0]) };
    let (slope_there, _) = derivatives(end);
    if slope_there == 0.0 || (slope_there > 0.0) == (slope > 0.0) {
        return Ok(temperature);
    }
    let (mut at, mut length) = (1.0, f64::INFINITY);
    for _ in 0..STEPS {
        let (slope, curvature) = derivatives(at);
        let newton = at - slope / curvature;
        if slope == 0.0 || (newton - at).abs() <= SMALL * at {
            break;
        }
        if slope > 0.0 {
            high = at
        } else {
            low = at
        }
        // Newton's step as long as it stays between the two and steps get shorter by half, else the geometric middle.
        let safe = newton > low && newton < high && (newton - at).abs() < length / 2.0;
        let next = if safe { newton } else { (low * high).sqrt() };
        length = (next - at).abs();
        at = next;
    }
    Ok(1.0 / at)
}

/// The same predictions with probabilities that are proportional to p^(1/T), where p below 1e-12 counts as that:
/// flatter for a temperature T above 1, sharper below. [`Predictions::predicted`] stays the same, and with a
/// temperature of 1 every bit.
///
/// # Errors
/// What [`Predictions::check`] finds, and [`Error::Invalid`] for a temperature that is not a finite number above 0.
pub fn with_temperature(predictions: &Predictions, temperature: f64) -> Result<Predictions> {
    predictions.check()?;
    if !(temperature > 0.0 && temperature.is_finite()) {
        let what = format!("temperature of `{}`", predictions.model);
        return Err(Error::invalid(what, temperature, "a finite number above 0"));
    }
    let mut scaled = predictions.clone();
    if temperature == 1.0 {
        return Ok(scaled);
    }
    let mut powers = logits(predictions);
    powers.mapv_inplace(|z| (z / temperature).exp());
    let rows = scaled.probabilities.outer_iter_mut().zip(powers.outer_iter()).zip(predictions.predicted());
    for ((mut row, powers), best) in rows {
        let (total, best) = (powers.sum(), usize::from(best));
        row.zip_mut_with(&powers, |p, power| *p = (power / total) as f32);
        // Rounding to f32 makes neighbours equal, and of equal ones the first is predicted: the most probable class
        // must stay above those before it, and not below those behind it.
        let before = row.iter().take(best).copied().fold(0.0, f32::max);
        let behind = row.iter().skip(best + 1).copied().fold(0.0, f32::max);
        row[best] = row[best].max(before.next_up()).max(behind);
    }
    Ok(scaled)
}

/// n x c logarithms of probabilities; the largest of each row is 0.
fn logits(predictions: &Predictions) -> Array2<f64> {
    let mut logits = predictions.probabilities.mapv(|p| f64::from(p).max(FLOOR).ln());
    for mut row in logits.rows_mut() {
        let largest = row.fold(f64::NEG_INFINITY, |a, &b| a.max(b));
        row -= largest;
    }
    logits
}

/// First and second derivative by the inverse temperature of the negative log-likelihood of all rows.
fn derivatives(logits: &Array2<f64>, labels: &[u8], inverse: f64) -> (f64, f64) {
    let (mut slope, mut curvature) = (0.0, 0.0);
    for (row, &label) in logits.outer_iter().zip(labels) {
        let (mut total, mut first, mut second) = (0.0, 0.0, 0.0);
        for &z in row {
            let power = (inverse * z).exp();
            total += power;
            first += power * z;
            second += power * z * z;
        }
        // Mean and variance of the logits under the probabilities of this temperature.
        let mean = first / total;
        slope += mean - row[usize::from(label)];
        curvature += second / total - mean * mean;
    }
    (slope, curvature)
}
