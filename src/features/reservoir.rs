//! A random sample of descriptors that arrive one picture after the other (Vitter 1985, algorithm R).

use std::ops::Range;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::codebook::Points;
use super::descriptors::DescriptorSet;

/// Keeps `capacity` of the descriptors it is shown, each with equal chance; which ones depends only on the seed and
/// the order of arrival.
pub(super) struct Reservoir {
    kept: DescriptorSet,
    capacity: usize,
    seen: u64,
    rng: ChaCha8Rng,
}

impl Reservoir {
    pub(super) fn new(capacity: usize, seed: u64, root_sift: bool) -> Self {
        let rng = ChaCha8Rng::seed_from_u64(seed);
        Self { kept: DescriptorSet::new(root_sift), capacity, seen: 0, rng }
    }

    /// Shows it some of the descriptors of `set`.
    pub(super) fn show(&mut self, set: &DescriptorSet, rows: Range<usize>) {
        for row in rows {
            self.seen += 1;
            if self.kept.len() < self.capacity {
                self.kept.append_from(set, row..row + 1);
            } else {
                let place = self.rng.random_range(0..self.seen);
                if place < self.capacity as u64 {
                    self.kept.replace(place as usize, set, row);
                }
            }
        }
    }

    /// How many descriptors were shown.
    pub(super) fn seen(&self) -> u64 {
        self.seen
    }

    pub(super) fn into_sample(self) -> DescriptorSet {
        self.kept
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::DESCRIPTOR_LENGTH;

    fn draw(capacity: usize, shown: usize, seed: u64) -> Vec<u8> {
        let mut reservoir = Reservoir::new(capacity, seed, false);
        let mut set = DescriptorSet::new(false);
        for i in 0..shown {
            set.append([i as u8; DESCRIPTOR_LENGTH], [[i as f32, 0.0]]).unwrap();
            reservoir.show(&set, i..i + 1);
        }
        assert_eq!(reservoir.seen(), shown as u64);
        let sample = reservoir.into_sample();
        let mut row = [0.0; DESCRIPTOR_LENGTH];
        let mut read = |i| {
            sample.read(i, &mut row);
            assert_eq!(sample.places()[i], [row[0], 0.0]);
            row[0] as u8
        };
        (0..sample.len()).map(&mut read).collect()
    }

    #[test]
    fn everything_is_kept_when_it_fits() {
        assert_eq!(draw(10, 7, 1), [0, 1, 2, 3, 4, 5, 6]);
    }

    #[test]
    fn each_descriptor_has_the_same_chance() {
        let mut hits = [0u32; 40];
        for seed in 0..4000 {
            let sample = draw(10, 40, seed);
            assert_eq!(sample.len(), 10);
            sample.iter().for_each(|&i| hits[usize::from(i)] += 1);
        }
        // Binomial with mean 1000 and standard deviation 27: five of them either way.
        assert!(hits.iter().all(|&h| (863..=1137).contains(&h)), "{hits:?}");
        assert_eq!(draw(10, 40, 3), draw(10, 40, 3));
        assert_ne!(draw(10, 40, 3), draw(10, 40, 4));
    }
}
