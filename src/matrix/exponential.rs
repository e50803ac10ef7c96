//! The exponential function for loops that the compiler turns into vector instructions.

/// Below this, e^x is smaller than the smallest number that f32 holds in full precision.
const LOWEST: f32 = -87.3;
/// Above this, e^x is larger than any f32.
const HIGHEST: f32 = 88.7;
/// Adding it leaves the nearest whole number in the lowest bits: 1.5 x 2^23.
const ROUND: f32 = 12_582_912.0;
/// ln 2 in two parts, of which whole multiples of the first are exact.
const LN_2: [f32; 2] = [0.693_359_4, -2.121_944_4e-4];

/// e^x within two units in the last place, without a branch. Arguments are taken as no lower than -87.3 (a result of
/// 1.2e-38 in place of less) and no higher than 88.7; NaN stays NaN.
#[inline(always)]
pub(crate) fn exp(x: f32) -> f32 {
    let x = x.clamp(LOWEST, HIGHEST);
    // e^x = 2^n e^r with |r| <= ln 2 / 2. The power of two comes in two halves: 2^128 has no f32 of its own.
    let shifted = x * std::f32::consts::LOG2_E + ROUND;
    let n = shifted - ROUND;
    let r = (x - n * LN_2[0]) - n * LN_2[1];
    // Taylor's series up to r^7: what is left out is below 6e-9 of the result.
    let series = 1.0 / 5040.0;
    let series = series * r + 1.0 / 720.0;
    let series = series * r + 1.0 / 120.0;
    let series = series * r + 1.0 / 24.0;
    let series = series * r + 1.0 / 6.0;
    let series = series * r + 0.5;
    let series = series * r * r + r + 1.0;
    let n = (shifted.to_bits() as i32).wrapping_sub(ROUND.to_bits() as i32);
    let half = n >> 1;
    series * power_of_two(half) * power_of_two(n.wrapping_sub(half))
}

/// 2^n for n from -126 to 127.
#[inline(always)]
fn power_of_two(n: i32) -> f32 {
    f32::from_bits((n.wrapping_add(127) as u32) << 23)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_within_two_units_in_the_last_place() {
        let mut worst = 0.0f64;
        for step in 0..=1_760_000 {
            let x = -87.3 + step as f32 * 1e-4;
            let expected = f64::from(x).exp();
            worst = worst.max((f64::from(exp(x)) - expected).abs() / (expected * f64::from(f32::EPSILON)));
        }
        assert!(worst < 2.0, "{worst}");
        assert_eq!(exp(0.0), 1.0);
    }

    #[test]
    fn arguments_out_of_range_stay_finite_and_no_number_stays_none() {
        assert!(exp(f32::NEG_INFINITY) > 0.0 && exp(-1e30) < 1.3e-38);
        assert!(exp(f32::INFINITY).is_finite() && exp(1e30) > 3e38);
        assert!(exp(f32::NAN).is_nan());
    }
}
