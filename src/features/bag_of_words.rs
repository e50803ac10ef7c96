//! Bag of visual words (Csurka et al. 2004): how often each word of the codebook occurs in a picture.

use super::codebook::{Assignment, Codebook, Points};
use crate::error::Result;
use crate::recipe::SoftRecipe;

/// The words that some descriptors count for.
pub(super) struct Words {
    /// Words of each descriptor.
    each: usize,
    words: Vec<u32>,
    /// Shares of the words of a descriptor, which sum to 1.
    shares: Vec<f32>,
}

impl Words {
    /// The nearest word of each point or, with `soft`, its nearest ones.
    pub(super) fn of(points: &impl Points, codebook: &Codebook, soft: Option<&SoftRecipe>) -> Result<Self> {
        let Some(soft) = soft else {
            let words = codebook.assign(points)?.words;
            return Ok(Self { each: 1, shares: vec![1.0; words.len()], words });
        };
        let Assignment { words, distances: mut shares } = codebook.assign_several(points, soft.nearest)?;
        for shares in shares.chunks_exact_mut(soft.nearest) {
            // Against the nearest distance, so that a descriptor far from every word keeps shares above 0.
            let nearest = shares[0];
            let scale = -0.5 / (soft.sigma * soft.sigma);
            shares.iter_mut().for_each(|d| *d = (f64::from(*d - nearest) * scale).exp() as f32);
            let sum: f32 = shares.iter().sum();
            shares.iter_mut().for_each(|share| *share /= sum);
        }
        Ok(Self { each: soft.nearest, words, shares })
    }

    /// Adds up the words of the descriptors with these numbers; with `presence`, only which words there are.
    pub(super) fn count(&self, descriptors: impl Iterator<Item = usize>, presence: bool, counts: &mut [f32]) {
        counts.fill(0.0);
        for descriptor in descriptors {
            let range = descriptor * self.each..(descriptor + 1) * self.each;
            for (&word, share) in self.words[range.clone()].iter().zip(&self.shares[range]) {
                counts[word as usize] += share;
            }
        }
        if presence {
            counts.iter_mut().filter(|count| **count > 0.0).for_each(|count| *count = 1.0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::normalise;
    use crate::recipe::Normalisation;
    use ndarray::array;
    use proptest::prelude::*;

    #[test]
    fn descriptors_count_for_one_word_or_for_several() {
        let codebook = Codebook::new(array![[0.0], [1.0], [3.0], [50.0]]).unwrap();
        let points = array![[0.25f32], [1.0], [0.0], [400.0]];
        let count = |soft: Option<&SoftRecipe>, presence| {
            let mut counts = [9.0f32; 4];
            Words::of(&points.view(), &codebook, soft).unwrap().count(0..4, presence, &mut counts);
            counts
        };
        assert_eq!(count(None, false), [2.0, 1.0, 0.0, 1.0]);
        assert_eq!(count(None, true), [1.0, 1.0, 0.0, 1.0]);
        let soft = SoftRecipe { nearest: 2, sigma: 0.5 };
        // Squared distances / 0.5: 0.125 and 1.125; 0 and 2; 0 and 2; far beyond any share for the second.
        let share = |near: f64, far: f64| (-near).exp() / ((-near).exp() + (-far).exp());
        let (first, other) = (share(0.125, 1.125), share(0.0, 2.0));
        let expected = [first + (1.0 - other) + other, (1.0 - first) + other + (1.0 - other), 0.0, 1.0];
        for (found, expected) in count(Some(&soft), false).iter().zip(expected) {
            assert!((f64::from(*found) - expected).abs() < 1e-6, "{found} {expected}");
        }
        assert_eq!(count(Some(&SoftRecipe { nearest: 3, sigma: 9.0 }), true), [1.0; 4]);
        assert!(codebook.assign_several(&points.view(), 5).is_err());
    }

    proptest! {
        #[test]
        fn l1_is_division_by_the_number_of_descriptors(words in proptest::collection::vec(0u32..20, 1..100)) {
            let mut counts = [9.0; 20];
            let n = words.len();
            Words { each: 1, shares: vec![1.0; n], words }.count(0..n, false, &mut counts);
            prop_assert_eq!(counts.iter().sum::<f32>() as usize, n);
            let mut shares = counts;
            normalise(&mut shares, Normalisation::L1);
            for (share, count) in shares.iter().zip(&counts) {
                prop_assert!((share - count / n as f32).abs() < 1e-6);
            }
        }
    }
}
