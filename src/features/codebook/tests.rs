//! k-means against a naive reference, and its promises.

use ndarray::{Array2, ArrayView2, array};
use proptest::prelude::*;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::*;
use crate::progress::Silent;

/// Clouds around `k` well separated places, in a shuffled order.
fn clouds(n: usize, k: usize, d: usize, seed: u64) -> Array2<f32> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let places = Array2::from_shape_fn((k, d), |_| rng.random_range(0..200) as f32);
    let mut points = Array2::zeros((n, d));
    for mut point in points.outer_iter_mut() {
        let place = rng.random_range(0..k);
        for (value, centre) in point.iter_mut().zip(places.row(place)) {
            *value = centre + rng.random_range(-20.0..20.0f32);
        }
    }
    points
}

fn recipe(words: usize, algorithm: CodebookAlgorithm, iterations: usize) -> CodebookRecipe {
    CodebookRecipe { words, algorithm, batch: 200, iterations, sample: 0, seed: 5 }
}

/// The definition, in f64: no product, no blocks. All words of each point, nearest first, earlier ones first of equals.
fn naive_order(points: ArrayView2<'_, f32>, centres: ArrayView2<'_, f32>) -> Vec<Vec<(u32, f64)>> {
    let distance = |p: ndarray::ArrayView1<'_, f32>, c: ndarray::ArrayView1<'_, f32>| -> f64 {
        p.iter().zip(c).map(|(a, b)| (f64::from(*a) - f64::from(*b)).powi(2)).sum()
    };
    let ordered = |p| {
        let mut all: Vec<_> = centres.outer_iter().enumerate().map(|(i, c)| (i as u32, distance(p, c))).collect();
        all.sort_by(|a, b| a.1.total_cmp(&b.1));
        all
    };
    points.outer_iter().map(ordered).collect()
}

fn naive_assign(points: ArrayView2<'_, f32>, centres: ArrayView2<'_, f32>) -> Vec<(u32, f64)> {
    naive_order(points, centres).into_iter().map(|words| words[0]).collect()
}

#[test]
fn the_nearest_words_are_those_of_a_full_sort() {
    for (n, k, d, each) in [(1, 1, 1, 1), (257, 70, 128, 5), (300, 1100, 40, 9)] {
        let points = clouds(n, k.min(40), d, 1);
        let centres = clouds(k, k.min(40), d, 2);
        let codebook = Codebook::new(centres.clone()).unwrap();
        let found = codebook.assign_several(&points.view(), each).unwrap();
        assert_eq!(found.words.len(), n * each);
        for (i, order) in naive_order(points.view(), centres.view()).into_iter().enumerate() {
            for (j, (word, distance)) in order.into_iter().take(each).enumerate() {
                let place = i * each + j;
                assert!((f64::from(found.distances[place]) - distance).abs() < 2.0, "point {i}, word {j}: {distance}");
                // Two words nearly as near as each other may change places in f32.
                let own = points.row(i).into_iter().zip(centres.row(found.words[place] as usize));
                let own: f64 = own.map(|(a, b)| (f64::from(*a) - f64::from(*b)).powi(2)).sum();
                assert!(found.words[place] == word || (own - distance).abs() < 2.0, "point {i}, word {j}");
            }
        }
    }
    let equal = Codebook::new(array![[5.0, 0.0], [1.0, 1.0], [1.0, 1.0]]).unwrap();
    assert_eq!(equal.assign_several(&array![[1.0f32, 1.0]].view(), 3).unwrap().words, [1, 2, 0]);
}

#[test]
fn assignment_equals_the_definition() {
    // Sizes around the edges of blocks, tiles and runs.
    for (n, k, d) in [(1, 1, 1), (255, 63, 5), (257, 65, 128), (600, 513, 33), (300, 1100, 128)] {
        let points = clouds(n, k.min(40), d, 1);
        let centres = clouds(k, k.min(40), d, 2);
        let found = Codebook::new(centres.clone()).unwrap().assign(&points.view()).unwrap();
        for (i, (word, distance)) in naive_assign(points.view(), centres.view()).into_iter().enumerate() {
            assert_eq!(found.words[i], word, "point {i} of {n} x {d}, {k} words");
            // f32 rounds sums of squares up to 128 * 220^2 to about 1e-7 of their size.
            assert!((f64::from(found.distances[i]) - distance).abs() < 2.0, "point {i}: {distance}");
        }
    }
}

#[test]
fn of_equal_words_the_first_wins() {
    let codebook = Codebook::new(array![[5.0, 0.0], [1.0, 1.0], [1.0, 1.0]]).unwrap();
    assert_eq!(codebook.assign(&array![[1.0f32, 1.0], [3.0, 0.5]].view()).unwrap().words, [1, 0]);
    let many = Array2::from_elem((1500, 3), 2.0);
    assert_eq!(Codebook::new(many).unwrap().assign(&array![[2.0f32, 1.0, 0.0]].view()).unwrap().words, [0]);
}

#[test]
fn full_k_means_equals_lloyd_by_definition() {
    let points = clouds(900, 12, 16, 3);
    let first = points.select(ndarray::Axis(0), &[0, 75, 150, 300, 420, 500, 610, 700, 810, 899]);
    let (codebook, fit) = full::fit(&points.view(), first.clone(), 8, &Silent).unwrap();
    let mut centres = first;
    let mut mean = 0.0;
    for _ in 0..fit.iterations {
        let nearest = naive_assign(points.view(), centres.view());
        mean = nearest.iter().map(|(_, d)| d).sum::<f64>() / 900.0;
        for (word, mut centre) in centres.outer_iter_mut().enumerate() {
            let members: Vec<usize> = (0..900).filter(|&i| nearest[i].0 as usize == word).collect();
            assert!(!members.is_empty());
            for (j, value) in centre.iter_mut().enumerate() {
                let sum: f64 = members.iter().map(|&i| f64::from(points[[i, j]])).sum();
                *value = (sum / members.len() as f64) as f32;
            }
        }
    }
    assert_eq!(codebook.centres(), centres);
    assert!((fit.mean_squared_distance / mean - 1.0).abs() < 1e-4);
}

#[test]
fn mini_batch_equals_one_step_after_the_other() {
    let points = clouds(500, 6, 8, 4);
    let first = points.select(ndarray::Axis(0), &[1, 90, 170, 260, 350, 440]);
    let draw = || ChaCha8Rng::seed_from_u64(9);
    let (codebook, _) = mini_batch::fit(&points.view(), first.clone(), 50, 20, &mut draw(), &Silent).unwrap();
    // Sculley's algorithm as printed: v counts, eta = 1 / v, c = (1 - eta) c + eta x.
    let (mut centres, mut v, mut rng) = (first.mapv(f64::from), [0.0f64; 6], draw());
    for _ in 0..20 {
        let rows: Vec<usize> = (0..50).map(|_| rng.random_range(0..500)).collect();
        let nearest = naive_assign(points.select(ndarray::Axis(0), &rows).view(), centres.mapv(|v| v as f32).view());
        for (row, (word, _)) in rows.into_iter().zip(nearest) {
            let word = word as usize;
            v[word] += 1.0;
            let eta = 1.0 / v[word];
            for (c, x) in centres.row_mut(word).iter_mut().zip(points.row(row)) {
                *c = (1.0 - eta) * *c + eta * f64::from(*x);
            }
        }
    }
    for (ours, theirs) in codebook.centres().iter().zip(&centres) {
        assert!((f64::from(*ours) - theirs).abs() < 1e-3, "{ours} {theirs}");
    }
}

#[test]
fn the_same_bytes_on_any_number_of_threads() {
    let points = clouds(3000, 30, 24, 6);
    for algorithm in [CodebookAlgorithm::Full, CodebookAlgorithm::MiniBatch] {
        let on = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| Codebook::fit(&points.view(), &recipe(40, algorithm, 12), &Silent).unwrap())
        };
        let (one, fit) = on(1);
        for threads in [2, 5] {
            let (many, other) = on(threads);
            assert_eq!(one.centres(), many.centres());
            assert_eq!(fit, other);
        }
    }
}

#[test]
fn the_fit_finds_well_separated_clouds() {
    let points = clouds(2000, 8, 16, 7);
    for (algorithm, iterations) in [(CodebookAlgorithm::Full, 20), (CodebookAlgorithm::MiniBatch, 60)] {
        let (codebook, fit) = Codebook::fit(&points.view(), &recipe(24, algorithm, iterations), &Silent).unwrap();
        // Uniform noise of +-20 has variance 133 in each of 16 dimensions; a cloud without a word of its own would add
        // its distance to the next one, about 6,700 times 16.
        let mean = codebook.assign(&points.view()).unwrap().mean();
        assert!(mean < 133.3 * 16.0, "{algorithm:?}: {mean}");
        assert!((fit.mean_squared_distance / mean - 1.0).abs() < 0.1);
    }
}

#[test]
fn empty_words_are_moved_to_far_points() {
    // All points go to the first word, whose mean is 13.5; the other two move to 31 and 30, the farthest from 5. The
    // four low points then pull the first word to their mean.
    let points = array![[0.0f32], [0.0], [10.0], [10.0], [30.0], [31.0]];
    let first = array![[5.0f32], [900.0], [-900.0]];
    let (codebook, _) = full::fit(&points.view(), first.clone(), 10, &Silent).unwrap();
    let mut centres: Vec<f32> = codebook.centres().iter().copied().collect();
    centres.sort_by(f32::total_cmp);
    assert_eq!(centres, [5.0, 30.0, 31.0]);
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let (codebook, _) = mini_batch::fit(&points.view(), first, 40, 60, &mut rng, &Silent).unwrap();
    assert!(codebook.centres().iter().all(|c| (0.0..=31.0).contains(c)), "{:?}", codebook.centres());
}

#[test]
fn copies_of_one_point_are_no_trouble() {
    let points = Array2::from_elem((300, 4), 7.0f32);
    for algorithm in [CodebookAlgorithm::Full, CodebookAlgorithm::MiniBatch] {
        let (codebook, fit) = Codebook::fit(&points.view(), &recipe(20, algorithm, 5), &Silent).unwrap();
        assert!(codebook.centres().iter().all(|&c| c == 7.0));
        assert_eq!(fit.mean_squared_distance, 0.0);
    }
}

#[test]
fn bad_input_is_refused() {
    let fit = |points: Array2<f32>, words| {
        let outcome = Codebook::fit(&points.view(), &recipe(words, CodebookAlgorithm::Full, 3), &Silent);
        outcome.map(|_| ()).unwrap_err().to_string()
    };
    let few = fit(Array2::zeros((9, 4)), 10);
    assert!(few.contains("found 9, expected at least 10") && few.contains("words"), "{few}");
    let mut points = Array2::zeros((50, 4));
    points[[33, 2]] = f32::NAN;
    assert!(fit(points.clone(), 10).contains("descriptor 33: found NaN"));
    assert!(Codebook::new(points.clone()).unwrap_err().to_string().contains("word 33"));
    let codebook = Codebook::new(Array2::zeros((3, 4))).unwrap();
    assert!(codebook.assign(&points.view()).is_err());
    assert!(codebook.assign(&Array2::<f32>::zeros((3, 5)).view()).is_err());
    assert!(codebook.assign(&Array2::<f32>::zeros((0, 4)).view()).unwrap().words.is_empty());
    assert!(Codebook::new(Array2::zeros((0, 4))).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]
    #[test]
    fn every_point_goes_to_a_nearest_word(n in 1usize..120, k in 1usize..90, d in 1usize..20, seed in 0u64..1000) {
        let points = clouds(n, 5, d, seed);
        let centres = clouds(k, 5, d, seed + 1);
        let found = Codebook::new(centres.clone()).unwrap().assign(&points.view()).unwrap();
        for (i, (_, least)) in naive_assign(points.view(), centres.view()).into_iter().enumerate() {
            let centre = centres.row(found.words[i] as usize);
            let own: f64 = points.row(i).iter().zip(centre).map(|(a, b)| f64::from(a - b).powi(2)).sum();
            prop_assert!(own - least < 1.0, "{own} {least}");
        }
    }

    #[test]
    fn more_passes_never_fit_worse(seed in 0u64..1000) {
        let points = clouds(300, 10, 6, seed);
        let mut least = f64::INFINITY;
        for iterations in 1..6 {
            let (_, fit) = Codebook::fit(&points.view(), &recipe(9, CodebookAlgorithm::Full, iterations), &Silent).unwrap();
            prop_assert!(fit.mean_squared_distance <= least * (1.0 + 1e-5));
            least = fit.mean_squared_distance;
        }
    }
}
