//! Equally likely whole numbers, several from one random word.

use rand::RngCore;

/// Up to this product of their sides, dice are thrown together: at most one word in 256 is then thrown away.
const MOST: u64 = 1 << 56;

/// Fills `out` with numbers from 0 to `side` - 1, each exactly as likely as any other (batched ranged random integers,
/// Brackett-Rozinsky and Lemire 2024). A `side` of 0 counts as 1.
pub(super) fn throw(rng: &mut impl RngCore, side: u32, out: &mut [u32]) {
    let wide = u64::from(side.max(1));
    let (mut together, mut product) = (1, wide);
    while together < out.len() && product <= MOST / wide {
        together += 1;
        product *= wide;
    }
    let unfair = product.wrapping_neg() % product;
    let mut parts = out.chunks_exact_mut(together);
    for part in &mut parts {
        loop {
            let mut word = rng.next_u64();
            for die in part.iter_mut() {
                // The whole part is the number thrown, the fraction is as random as the word was.
                let thrown = u128::from(word) * u128::from(wide);
                *die = (thrown >> 64) as u32;
                word = thrown as u64;
            }
            if word >= unfair {
                break;
            }
        }
    }
    let rest = parts.into_remainder();
    if !rest.is_empty() {
        throw(rng, side, rest);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    #[test]
    fn every_number_and_every_pair_of_neighbours_is_equally_likely() {
        // Pairs tell whether dice of one word depend on each other. Five standard deviations: one in two million.
        for side in [2u32, 3, 7, 30] {
            let mut rng = ChaCha8Rng::seed_from_u64(u64::from(side));
            let mut dice = vec![0; 200_000];
            throw(&mut rng, side, &mut dice);
            let mut pairs = vec![0u32; (side * side) as usize];
            dice.windows(2).for_each(|pair| pairs[(pair[0] * side + pair[1]) as usize] += 1);
            let p = 1.0 / f64::from(side * side);
            let expected = (dice.len() - 1) as f64 * p;
            for (pair, &count) in pairs.iter().enumerate() {
                let off = (f64::from(count) - expected).abs();
                assert!(off < 5.0 * (expected * (1.0 - p)).sqrt(), "side {side}, pair {pair}: {count} for {expected}");
            }
        }
    }

    #[test]
    fn numbers_stay_below_the_side_and_fill_its_range() {
        for side in [1u32, 2, 1000, 70_000, 1 << 28, u32::MAX] {
            for length in [1, 2, 5, 4096] {
                let mut dice = vec![u32::MAX; length];
                throw(&mut ChaCha8Rng::seed_from_u64(3), side, &mut dice);
                assert!(dice.iter().all(|&die| die < side), "side {side}");
                if length == 4096 && side > 1 {
                    let mean = dice.iter().map(|&die| f64::from(die)).sum::<f64>() / 4096.0 / f64::from(side - 1);
                    assert!((mean - 0.5).abs() < 5.0 * 0.5 / 64.0, "side {side}: {mean}");
                }
            }
        }
        throw(&mut ChaCha8Rng::seed_from_u64(3), 0, &mut []);
    }

    /// Gives these words in turn.
    struct Words(Vec<u64>);

    impl RngCore for Words {
        fn next_u32(&mut self) -> u32 {
            self.next_u64() as u32
        }
        fn next_u64(&mut self) -> u64 {
            self.0.pop().unwrap()
        }
        fn fill_bytes(&mut self, bytes: &mut [u8]) {
            bytes.fill_with(|| self.next_u64() as u8);
        }
    }

    #[test]
    fn a_word_that_would_favour_a_number_is_thrown_away() {
        // One die of 3 sides from 2^64 = 3 k + 1 words: 0 is the one too many.
        let mut die = [9];
        throw(&mut Words(vec![u64::MAX, 0]), 3, &mut die);
        assert_eq!(die, [2]);
        // The smallest word that gives a 1, and the largest that gives a 0.
        throw(&mut Words(vec![u64::MAX / 3 + 1]), 3, &mut die);
        assert_eq!(die, [1]);
        throw(&mut Words(vec![u64::MAX / 3]), 3, &mut die);
        assert_eq!(die, [0]);
    }
}
