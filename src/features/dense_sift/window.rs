//! Weights that gather the gradients around the centre of a spatial bin.

use crate::recipe::Window;

use super::BINS;

/// Weights of the pixels `first..first + weights.len()` along one side of the picture.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Taps {
    pub first: usize,
    pub weights: Vec<f32>,
}

/// The window of a bin of `size` pixels around the pixel `centre`, along a side of `length` pixels. What lies outside
/// of the picture is taken to be as at its border.
pub(super) fn taps(window: Window, size: usize, centre: usize, length: usize) -> Taps {
    let size_in_pixels = size as f64;
    let reach = size.max(1) as i64;
    let weight = |distance: i64| match window {
        Window::Triangular => 1.0 - distance.abs() as f64 / size_in_pixels,
        // An even width covers half of the pixel at each end.
        Window::Flat => (0.5 * size_in_pixels + 0.5 - distance.abs() as f64).clamp(0.0, 1.0),
    };
    let weights_by_distance: Vec<(i64, f64)> =
        (-reach..=reach).map(|d| (d, weight(d))).filter(|&(_, weight)| weight > 0.0).collect();
    let at = |distance: i64| (centre as i64 + distance).clamp(0, length as i64 - 1) as usize;
    let ends = weights_by_distance.iter().map(|&(d, _)| at(d));
    let (first, last) = (ends.clone().min().unwrap_or(centre), ends.max().unwrap_or(centre));
    let mut weights = vec![0.0; last - first + 1];
    for (distance, weight) in weights_by_distance {
        weights[at(distance) - first] += weight as f32;
    }
    Taps { first, weights }
}

/// What a Gaussian window over the descriptor comes to on average over each of the bins along a side: bins away from
/// the centre count less. Its standard deviation is two bins, half of the descriptor's width (Lowe 2004); one mean for
/// a bin instead of a weight for each pixel is the approximation that VLFeat calls a flat window.
pub(super) fn gaussian_means(size: usize) -> [f32; BINS] {
    let size_in_pixels = size as f64;
    let reach = size as i64 - 1;
    std::array::from_fn(|bin| {
        let from_middle = size_in_pixels * (bin as f64 - (BINS as f64 - 1.0) / 2.0);
        let sigma = 2.0 * size_in_pixels;
        let sum: f64 = (-reach..=reach).map(|x| (-0.5 * ((x as f64 + from_middle) / sigma).powi(2)).exp()).sum();
        (sum / (2 * reach + 1) as f64) as f32
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_triangle_reaches_to_the_next_centres_and_borders_repeat() {
        let inside = taps(Window::Triangular, 3, 5, 20);
        assert_eq!(inside, Taps { first: 3, weights: [1.0, 2.0, 3.0, 2.0, 1.0].map(|w: f32| w / 3.0).to_vec() });
        let corner = taps(Window::Triangular, 3, 0, 20);
        assert_eq!((corner.first, corner.weights.len()), (0, 3));
        assert!((corner.weights[0] - 2.0).abs() < 1e-6);
        assert_eq!(taps(Window::Triangular, 1, 4, 9), Taps { first: 4, weights: vec![1.0] });
    }

    #[test]
    fn a_flat_window_is_as_wide_as_the_bin() {
        assert_eq!(taps(Window::Flat, 3, 5, 20), Taps { first: 4, weights: vec![1.0; 3] });
        assert_eq!(taps(Window::Flat, 4, 5, 20), Taps { first: 3, weights: vec![0.5, 1.0, 1.0, 1.0, 0.5] });
        for window in [Window::Flat, Window::Triangular] {
            for centre in 0..9 {
                let sum: f32 = taps(window, 4, centre, 9).weights.iter().sum();
                assert!((sum - 4.0).abs() < 1e-6, "{window:?} at {centre}: {sum}");
            }
        }
    }

    #[test]
    fn bins_in_the_middle_count_more() {
        let [a, b, c, d] = gaussian_means(4);
        assert!(a < b && (a - d).abs() < 1e-7 && (b - c).abs() < 1e-7, "{a} {b} {c} {d}");
    }
}
