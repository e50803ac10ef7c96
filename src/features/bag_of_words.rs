//! Bag of visual words (Csurka et al. 2004): how often each word of the codebook occurs in a picture.

/// Counts the words of one picture into as many numbers as there are words; their sum is the number of labels below
/// that. A picture without descriptors gives zeros.
pub fn histogram(labels: &[u32], counts: &mut [f32]) {
    counts.fill(0.0);
    for &label in labels {
        if let Some(count) = counts.get_mut(label as usize) {
            *count += 1.0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::normalise;
    use crate::recipe::Normalisation;
    use proptest::prelude::*;

    #[test]
    fn words_are_counted() {
        let counted = |labels: &[u32], words: usize| {
            let mut counts = vec![9.0; words];
            histogram(labels, &mut counts);
            counts
        };
        assert_eq!(counted(&[2, 0, 2, 3], 4), [1.0, 0.0, 2.0, 1.0]);
        assert_eq!(counted(&[], 3), [0.0, 0.0, 0.0]);
    }

    proptest! {
        #[test]
        fn l1_is_division_by_the_number_of_descriptors(labels in proptest::collection::vec(0u32..20, 1..100)) {
            let mut counts = [0.0; 20];
            histogram(&labels, &mut counts);
            prop_assert_eq!(counts.iter().sum::<f32>() as usize, labels.len());
            let mut shares = counts;
            normalise(&mut shares, Normalisation::L1);
            for (share, count) in shares.iter().zip(&counts) {
                prop_assert!((share - count / labels.len() as f32).abs() < 1e-6);
            }
        }
    }
}
