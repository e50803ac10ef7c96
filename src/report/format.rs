//! Numbers as readers see them: percent with two decimals, intervals, p values, and a dash for what is undefined.

/// Stands for an undefined statistic.
pub const DASH: &str = "–";

/// A share as percent without the sign: 0.6255 is `62.55`.
pub fn percent(share: f64, decimals: usize) -> String {
    format!("{:.decimals$}", share * 100.0)
}

/// A share as percent with two decimals, or a dash.
pub fn percent_or_dash(share: Option<f64>) -> String {
    share.map_or_else(|| DASH.to_string(), |s| percent(s, 2))
}

/// Both ends in percent: `[60.95, 64.12]`.
pub fn interval([low, high]: [f64; 2]) -> String {
    format!("[{}, {}]", percent(low, 2), percent(high, 2))
}

/// A p value with four decimals; smaller ones as a bound, since their digits mean nothing to a reader.
pub fn p_value(p: f64) -> String {
    if p < 0.0001 { "< 0.0001".to_string() } else { format!("{p:.4}") }
}

/// A p value in a sentence: `p = 0.0312` or `p < 0.0001`.
pub fn p_words(p: f64) -> String {
    if p < 0.0001 { "p < 0.0001".to_string() } else { format!("p = {p:.4}") }
}

/// A difference of two shares in percentage points with its sign: `+2.31`, `−0.40`.
pub fn points(difference: f64) -> String {
    let text = format!("{:.2}", difference.abs() * 100.0);
    let sign = match text.bytes().any(|b| (b'1'..=b'9').contains(&b)) {
        false => "±",
        true if difference < 0.0 => "−",
        true => "+",
    };
    format!("{sign}{text}")
}

/// A count with commas between thousands: `28,709`.
pub fn count(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// Seconds as a reader says them: `42 s`, `12 min 5 s`, `3 h 20 min`; a dash when they are no time.
pub fn duration(seconds: f64) -> String {
    if !seconds.is_finite() || seconds < 0.0 {
        return DASH.to_string();
    }
    if seconds < 10.0 {
        return format!("{seconds:.1} s");
    }
    let s = seconds.round() as u64;
    match s {
        0..60 => format!("{s} s"),
        60..3600 => format!("{} min {} s", s / 60, s % 60),
        _ => format!("{} h {} min", s / 3600, s % 3600 / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_as_promised() {
        assert_eq!(percent_or_dash(Some(0.625_512)), "62.55");
        assert_eq!(percent_or_dash(None), "–");
        assert_eq!(interval([0.6095, 0.64123]), "[60.95, 64.12]");
        assert_eq!(
            (p_value(0.03125), p_value(3e-7), p_words(1.0)),
            ("0.0312".into(), "< 0.0001".into(), "p = 1.0000".into())
        );
        assert_eq!(
            (points(0.0231), points(-0.004), points(-0.000_01)),
            ("+2.31".into(), "−0.40".into(), "±0.00".into())
        );
        assert_eq!(
            (count(0), count(999), count(28_709), count(1_234_567)),
            ("0".into(), "999".into(), "28,709".into(), "1,234,567".into())
        );
        assert_eq!(
            (duration(3.21), duration(725.0), duration(12_000.0), duration(f64::NAN)),
            ("3.2 s".into(), "12 min 5 s".into(), "3 h 20 min".into(), "–".into())
        );
    }
}
