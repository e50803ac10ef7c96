//! The colours of charts, by what they mean, in a light and a dark scheme.

/// A colour by its meaning.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Paint {
    /// The background.
    Paper,
    /// Main text.
    Ink,
    /// Secondary text.
    Muted,
    /// Grid lines and axes.
    Grid,
    /// The n-th series; the colours keep apart for colour-blind readers (Okabe and Ito 2008).
    Series(usize),
    /// A share from 0 (background) to 1 (full).
    Shade(f64),
    /// Text on the shade of that share, light or dark, whichever reads better.
    OnShade(f64),
    /// As [`Paint::Shade`], in the colour that stands against it: what is lost instead of won.
    Against(f64),
    /// Text on [`Paint::Against`].
    OnAgainst(f64),
}

type Rgb = [u8; 3];

struct Scheme {
    paper: Rgb,
    ink: Rgb,
    muted: Rgb,
    grid: Rgb,
    full: Rgb,
    against: Rgb,
    series: [Rgb; 5],
}

const LIGHT: Scheme = Scheme {
    paper: [255, 255, 255],
    ink: [26, 28, 33],
    muted: [92, 98, 110],
    grid: [221, 224, 230],
    full: [8, 69, 139],
    against: [166, 58, 0],
    series: [[0, 114, 178], [213, 94, 0], [0, 138, 100], [160, 80, 140], [128, 118, 0]],
};

const DARK: Scheme = Scheme {
    paper: [23, 26, 32],
    ink: [232, 234, 238],
    muted: [163, 170, 183],
    grid: [56, 61, 71],
    full: [130, 196, 255],
    against: [255, 176, 90],
    series: [[86, 180, 233], [240, 160, 40], [60, 200, 150], [222, 150, 205], [225, 215, 80]],
};

impl Paint {
    /// The colour in the light scheme, as `#rrggbb`.
    pub fn light(self) -> String {
        hex(self.of(&LIGHT))
    }

    /// The colour in the dark scheme, as `#rrggbb`.
    pub fn dark(self) -> String {
        hex(self.of(&DARK))
    }

    /// The colour in the light scheme.
    pub fn light_rgb(self) -> Rgb {
        self.of(&LIGHT)
    }

    fn of(self, scheme: &Scheme) -> Rgb {
        match self {
            Self::Paper => scheme.paper,
            Self::Ink => scheme.ink,
            Self::Muted => scheme.muted,
            Self::Grid => scheme.grid,
            Self::Series(n) => scheme.series[n % scheme.series.len()],
            Self::Shade(share) => mix(scheme.paper, scheme.full, share),
            Self::OnShade(share) => readable(mix(scheme.paper, scheme.full, share)),
            Self::Against(share) => mix(scheme.paper, scheme.against, share),
            Self::OnAgainst(share) => readable(mix(scheme.paper, scheme.against, share)),
        }
    }
}

/// Black or white, whichever reads better on `ground`; on a middle shade softer colours fall below the 4.5 that WCAG
/// asks for.
fn readable(ground: Rgb) -> Rgb {
    match contrast([0; 3], ground) >= contrast([255; 3], ground) {
        true => [0; 3],
        false => [255; 3],
    }
}

fn hex([r, g, b]: Rgb) -> String {
    format!("#{r:02x}{g:02x}{b:02x}")
}

fn mix(from: Rgb, to: Rgb, share: f64) -> Rgb {
    let share = if share.is_finite() { share.clamp(0.0, 1.0) } else { 0.0 };
    std::array::from_fn(|i| (f64::from(from[i]) + share * (f64::from(to[i]) - f64::from(from[i]))).round() as u8)
}

/// The contrast ratio of WCAG 2, from 1 to 21.
fn contrast(a: Rgb, b: Rgb) -> f64 {
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

fn luminance(colour: Rgb) -> f64 {
    let [r, g, b] = colour.map(|channel| {
        let c = f64::from(channel) / 255.0;
        if c <= 0.04045 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
    });
    0.2126 * r + 0.7152 * g + 0.0722 * b
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_on_every_shade_can_be_read_in_both_schemes() {
        for scheme in [&LIGHT, &DARK] {
            for percent in 0..=100 {
                let share = f64::from(percent) / 100.0;
                for (text, ground) in
                    [(Paint::OnShade(share), Paint::Shade(share)), (Paint::OnAgainst(share), Paint::Against(share))]
                {
                    let ratio = contrast(text.of(scheme), ground.of(scheme));
                    assert!(ratio >= 4.5, "{ratio:.2} at {percent} %, {ground:?}");
                }
            }
            for paint in [Paint::Ink, Paint::Muted] {
                assert!(contrast(paint.of(scheme), scheme.paper) >= 4.5, "{paint:?}");
            }
        }
    }

    #[test]
    fn contrast_of_black_on_white_is_21() {
        assert!((contrast([0; 3], [255; 3]) - 21.0).abs() < 1e-9);
        assert_eq!(Paint::Shade(f64::NAN).light(), "#ffffff");
    }
}
