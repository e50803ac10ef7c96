//! PCA, mixtures and Fisher vectors against scikit-learn; `scripts/golden/encodings.py` made `golden/encodings.json`.

use ndarray::{Array1, Array2, s};
use serde::Deserialize;

use super::mixture::Scratch;
use super::{Mixture, Projection, fisher};
use crate::progress::Silent;

#[derive(Deserialize)]
struct Golden {
    points: Vec<Vec<f32>>,
    start: Gaussians,
    mixture: Gaussians,
    fisher: Vec<f32>,
    projected: Vec<Vec<f32>>,
    whitened: Vec<Vec<f32>>,
}

#[derive(Deserialize)]
struct Gaussians {
    weights: Vec<f32>,
    means: Vec<Vec<f32>>,
    variances: Vec<Vec<f32>>,
}

impl Gaussians {
    fn mixture(&self) -> Mixture {
        Mixture::new(Array1::from(self.weights.clone()), matrix(&self.means), matrix(&self.variances)).unwrap()
    }
}

fn golden() -> Golden {
    serde_json::from_str(include_str!("golden/encodings.json")).unwrap()
}

fn matrix(rows: &[Vec<f32>]) -> Array2<f32> {
    Array2::from_shape_fn((rows.len(), rows[0].len()), |(i, j)| rows[i][j])
}

fn assert_close<'a>(ours: impl IntoIterator<Item = &'a f32>, theirs: impl IntoIterator<Item = &'a f32>, by: f32) {
    for (i, (a, b)) in ours.into_iter().zip(theirs).enumerate() {
        assert!((a - b).abs() <= by * (1.0 + b.abs()), "number {i}: {a}, not {b}");
    }
}

#[test]
fn components_are_scikit_learns() {
    let golden = golden();
    let points = matrix(&golden.points);
    for (whiten, theirs) in [(false, golden.projected), (true, golden.whitened)] {
        let mut out = Array2::zeros((40, 2));
        let mut few = points.slice(s![..40, ..]).to_owned();
        Projection::fit(points.view(), 2, whiten).unwrap().apply(few.view_mut(), out.view_mut()).unwrap();
        assert_close(&out, &matrix(&theirs), 1e-4);
    }
}

#[test]
fn expectation_maximisation_takes_scikit_learns_steps() {
    let golden = golden();
    let ours = golden.start.mixture().maximise(matrix(&golden.points).view(), 7, 0.0, &Silent).unwrap();
    assert_close(ours.weights(), &golden.mixture.weights, 1e-4);
    assert_close(ours.means(), &matrix(&golden.mixture.means), 1e-3);
    assert_close(ours.variances(), &matrix(&golden.mixture.variances), 1e-3);
    assert_eq!(Mixture::from_array(ours.to_array().view()).unwrap(), ours);
}

#[test]
fn a_fisher_vector_is_its_formula() {
    let golden = golden();
    let points = matrix(&golden.points);
    let mut vector = vec![0.0; golden.fisher.len()];
    let mixture = golden.mixture.mixture();
    fisher::encode(&mixture, points.slice(s![..40, ..]), &mut Scratch::default(), &mut vector).unwrap();
    assert_close(&vector, &golden.fisher, 1e-3);
    fisher::encode(&mixture, points.slice(s![..0, ..]), &mut Scratch::default(), &mut vector).unwrap();
    assert!(vector.iter().all(|&v| v == 0.0));
}
