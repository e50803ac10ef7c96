//! Bag of visual words (Csurka et al. 2004): how often each word of the codebook occurs in a picture.

use ndarray::Array1;

/// Counts the words of one picture: `words` numbers whose sum is the number of labels below `words`.
///
/// A picture without descriptors gives zeros.
pub fn histogram(labels: &[u32], words: usize) -> Array1<f32> {
    let mut counts = Array1::zeros(words);
    for &label in labels {
        if let Some(count) = counts.get_mut(label as usize) {
            *count += 1.0;
        }
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::normalise;
    use crate::recipe::Normalisation;
    use ndarray::array;
    use proptest::prelude::*;

    #[test]
    fn words_are_counted() {
        assert_eq!(histogram(&[2, 0, 2, 3], 4), array![1.0, 0.0, 2.0, 1.0]);
        assert_eq!(histogram(&[], 3), array![0.0, 0.0, 0.0]);
    }

    proptest! {
        #[test]
        fn l1_is_division_by_the_number_of_descriptors(labels in proptest::collection::vec(0u32..20, 1..100)) {
            let counts = histogram(&labels, 20);
            prop_assert_eq!(counts.sum() as usize, labels.len());
            let mut shares = counts.clone();
            normalise(shares.as_slice_mut().unwrap(), Normalisation::L1);
            for (share, count) in shares.iter().zip(&counts) {
                prop_assert!((share - count / labels.len() as f32).abs() < 1e-6);
            }
        }
    }
}
