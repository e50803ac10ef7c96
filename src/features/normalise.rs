//! Normalisation of descriptors and of finished feature vectors.

use crate::recipe::Normalisation;

/// Turns a SIFT descriptor (values from 0) into its RootSIFT: L1-normalised, then square roots, so that Euclidean
/// distances compare descriptors by the Hellinger kernel (Arandjelovic and Zisserman 2012). Zeros stay zeros.
pub fn root_sift(descriptor: &mut [f32]) {
    let sum: f32 = descriptor.iter().sum();
    if sum > 0.0 {
        let scale = 1.0 / sum;
        descriptor.iter_mut().for_each(|v| *v = (*v * scale).sqrt());
    }
}

/// Normalises a feature vector in place; a vector of zeros stays one.
pub fn normalise(vector: &mut [f32], how: Normalisation) {
    // Sums in f64: a long vector must not depend on the order of its parts.
    let divide = |vector: &mut [f32], by: f64| {
        if by > 0.0 {
            vector.iter_mut().for_each(|v| *v = (f64::from(*v) / by) as f32);
        }
    };
    match how {
        Normalisation::None => {}
        Normalisation::L1 | Normalisation::Hellinger => {
            let sum = vector.iter().map(|&v| f64::from(v).abs()).sum();
            divide(vector, sum);
            if how == Normalisation::Hellinger {
                vector.iter_mut().for_each(|v| *v = v.signum() * v.abs().sqrt());
            }
        }
        Normalisation::L2 => {
            let norm = vector.iter().map(|&v| f64::from(v).powi(2)).sum::<f64>().sqrt();
            divide(vector, norm);
        }
    }
}

/// Makes `vector` the mean of itself and `other`, both normalised; of length 1 again where they were.
pub(super) fn mean_with(vector: &mut [f32], other: &[f32], how: Normalisation) {
    vector.iter_mut().zip(other).for_each(|(sum, v)| *sum += v);
    match how {
        Normalisation::None | Normalisation::L1 => vector.iter_mut().for_each(|v| *v *= 0.5),
        Normalisation::L2 | Normalisation::Hellinger => normalise(vector, Normalisation::L2),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn known_vectors() {
        let with = |how| {
            let mut v = [3.0, 0.0, -1.0];
            normalise(&mut v, how);
            v
        };
        assert_eq!(with(Normalisation::None), [3.0, 0.0, -1.0]);
        assert_eq!(with(Normalisation::L1), [0.75, 0.0, -0.25]);
        let root = 10f32.sqrt();
        for (found, expected) in with(Normalisation::L2).into_iter().zip([3.0 / root, 0.0, -1.0 / root]) {
            assert!((found - expected).abs() < 1e-6);
        }
        let hellinger = with(Normalisation::Hellinger);
        assert_eq!(hellinger, [0.75f32.sqrt(), 0.0, -0.5]);
    }

    proptest! {
        #[test]
        fn norms_are_one_and_zeros_stay_zeros(v in proptest::collection::vec(0u8..=255, 1..200)) {
            let floats: Vec<f32> = v.iter().map(|&b| f32::from(b)).collect();
            let all_zero = v.iter().all(|&b| b == 0);
            for how in [Normalisation::L1, Normalisation::L2, Normalisation::Hellinger] {
                let mut x = floats.clone();
                normalise(&mut x, how);
                let norm: f64 = match how {
                    Normalisation::L1 => x.iter().map(|&v| f64::from(v)).sum(),
                    _ => x.iter().map(|&v| f64::from(v).powi(2)).sum(),
                };
                prop_assert!((norm - if all_zero { 0.0 } else { 1.0 }).abs() < 1e-5, "{how:?}: {norm}");
            }
            let mut root = floats.clone();
            root_sift(&mut root);
            let mut hellinger = floats;
            normalise(&mut hellinger, Normalisation::Hellinger);
            for (a, b) in root.iter().zip(&hellinger) {
                prop_assert!((a - b).abs() < 1e-5);
            }
        }
    }
}
