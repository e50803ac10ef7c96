//! Gaussian smoothing of a whole picture, its border repeated.

/// The picture's own blur, in pixels: half a pixel, as SIFT assumes of every camera (Lowe 2004).
const CAMERA: f64 = 0.5;

/// The standard deviation, in pixels, that brings a picture to the scale of bins of `size` pixels; 0 where it is
/// blurred enough as it is.
pub(super) fn deviation(size: usize, magnification: f64) -> f64 {
    if magnification <= 0.0 {
        return 0.0;
    }
    ((size as f64 / magnification).powi(2) - CAMERA * CAMERA).max(0.0).sqrt()
}

/// Weights of a Gaussian out to four standard deviations, summing to one; a single one for no smoothing.
pub(super) fn kernel(deviation: f64) -> Vec<f32> {
    if deviation < 0.01 {
        return vec![1.0];
    }
    let reach = (4.0 * deviation).ceil() as i64;
    let raw: Vec<f64> = (-reach..=reach).map(|d| (-0.5 * (d as f64 / deviation).powi(2)).exp()).collect();
    let sum: f64 = raw.iter().sum();
    raw.iter().map(|v| (v / sum) as f32).collect()
}

/// Smooths `picture`, rows of `width` pixels, into `out` of the same length; `between` (likewise) is overwritten.
#[inline(always)]
pub(super) fn smooth(kernel: &[f32], width: usize, picture: &[f32], between: &mut [f32], out: &mut [f32]) {
    let height = picture.len() / width;
    let reach = kernel.len() / 2;
    for (y, sums) in between.chunks_exact_mut(width).enumerate() {
        sums.fill(0.0);
        for (k, &weight) in kernel.iter().enumerate() {
            let from = (y + k).saturating_sub(reach).min(height - 1);
            add(sums, weight, &picture[from * width..][..width]);
        }
    }
    for (row, sums) in between.chunks_exact(width).zip(out.chunks_exact_mut(width)) {
        sums.fill(0.0);
        // Where the kernel lies inside the row, it runs over neighbours without a look at the border.
        let inside = width.saturating_sub(2 * reach);
        for (k, &weight) in kernel.iter().enumerate().filter(|_| inside > 0) {
            add(&mut sums[reach..][..inside], weight, &row[k..][..inside]);
        }
        let left = if inside > 0 { reach } else { width };
        for x in (0..left).chain(left + inside..width) {
            for (k, &weight) in kernel.iter().enumerate() {
                sums[x] += weight * row[(x + k).saturating_sub(reach).min(width - 1)];
            }
        }
    }
}

#[inline(always)]
fn add(sums: &mut [f32], weight: f32, values: &[f32]) {
    for (sum, value) in sums.iter_mut().zip(values) {
        *sum += weight * value;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn smoothed(deviation: f64, width: usize, picture: &[f32]) -> Vec<f32> {
        let (mut between, mut out) = (vec![0.0; picture.len()], vec![0.0; picture.len()]);
        smooth(&kernel(deviation), width, picture, &mut between, &mut out);
        out
    }

    #[test]
    fn a_flat_picture_stays_flat_however_small() {
        for (height, width) in [(1, 1), (1, 9), (7, 2), (20, 30)] {
            let out = smoothed(1.3, width, &vec![42.0; height * width]);
            assert!(out.iter().all(|v| (v - 42.0).abs() < 1e-4), "{height} x {width}");
        }
    }

    #[test]
    fn a_point_becomes_the_kernel_in_both_directions() {
        let mut picture = vec![0.0; 21 * 31];
        picture[10 * 31 + 15] = 1.0;
        let (out, kernel) = (smoothed(1.0, 31, &picture), kernel(1.0));
        for y in 0..9 {
            for x in 0..9 {
                assert!((out[(y + 6) * 31 + x + 11] - kernel[y] * kernel[x]).abs() < 1e-7);
            }
        }
        assert!((out.iter().sum::<f32>() - 1.0).abs() < 1e-5);
    }

    #[test]
    fn small_bins_need_no_smoothing() {
        assert_eq!(deviation(3, 6.0), 0.0);
        assert_eq!(deviation(8, 0.0), 0.0);
        assert!((deviation(6, 6.0) - 0.75f64.sqrt()).abs() < 1e-12);
        assert_eq!(kernel(0.0), [1.0]);
    }
}
