//! Prediction without libtorch beside libtorch's.

use std::path::Path;

use ndarray::{Array2, Array3};
use tch::{Device as TchDevice, Kind, Tensor};

use super::tests::recipe;
use super::trained::TrainedNetwork;
use super::{Device, FEATURE_DEVIATION, FEATURE_MEAN, Network, one_at_a_time};
use crate::Silent;
use crate::models::NetworkDescription;
use crate::recipe::NetworkRecipe;

/// A network with weights and statistics such as training leaves.
fn trained(recipe: &NetworkRecipe, size: [usize; 2], feature: usize) -> TrainedNetwork {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("models/pretrained/compact");
    let mut description = NetworkDescription::load(&folder).unwrap();
    description.recipe = recipe.clone();
    description.size = size;
    description.feature_dimensions = feature;
    let network = Network::new(recipe, size, feature, 7, 3, TchDevice::Cpu).unwrap();
    for (i, (name, mut variable)) in network.named().into_iter().enumerate() {
        tch::manual_seed(i as i64);
        let drawn = Tensor::rand(variable.size(), (Kind::Float, TchDevice::Cpu));
        // Scales and variances above zero; biases and means that matter; an output layer that tells classes apart.
        let drawn = match name.as_str() {
            name if name.ends_with("running_var") || name.ends_with("norm.weight") => drawn + 0.5,
            name if name.ends_with("bias") || name.ends_with("running_mean") => (drawn - 0.5) * 0.4,
            "output.weight" => drawn - 0.5,
            _ => continue,
        };
        tch::no_grad(|| variable.copy_(&drawn));
    }
    let mut weights = network.weights().unwrap();
    weights.insert(FEATURE_MEAN.into(), ndarray::Array1::from_elem(feature, 0.3).into_dyn());
    weights.insert(FEATURE_DEVIATION.into(), ndarray::Array1::from_elem(feature, 1.7).into_dyn());
    let assemble = |weights| {
        TrainedNetwork::assemble(description.clone(), weights, Device::CPU, Path::new("drawn"))
            .unwrap()
            .without_native()
    };
    // Logits of the order of 1: probabilities near 0 and 1 would hide what is different.
    let rows = Array2::from_elem((2, feature), 0.5);
    let features = (feature > 0).then(|| rows.view());
    let embedding = assemble(&weights).embed(pictures(2, size).view(), features, &Silent).unwrap();
    let largest = embedding.outer_iter().map(|row| row.iter().map(|v| v * v).sum::<f32>().sqrt()).fold(0.0, f32::max);
    weights.get_mut("output.weight").unwrap().mapv_inplace(|v| 8.0 * v / largest);
    TrainedNetwork::assemble(description, &weights, Device::CPU, Path::new("drawn")).unwrap()
}

fn pictures(n: usize, [height, width]: [usize; 2]) -> Array3<u8> {
    Array3::from_shape_fn((n, height, width), |(i, y, x)| {
        let strength = [60.0, 20.0, 40.0][i % 3];
        let wave = strength * ((x as f64 / (3.0 + i as f64)).sin() + (y as f64 / 5.0 + i as f64).cos());
        (125.0 + wave + ((x * 7 + y * 13 + i * 5) % 11) as f64) as u8
    })
}

fn compare(name: &str, recipe: &NetworkRecipe, size: [usize; 2], feature: usize, n: usize) {
    let ours = trained(recipe, size, feature);
    let theirs = ours.without_native();
    assert!(ours.is_native() && !theirs.is_native(), "{name}");
    let images = pictures(n, size);
    let features = Array2::from_shape_fn((n, feature), |(i, j)| ((i * 31 + j * 17) % 23) as f32 / 23.0);
    let features = (feature > 0).then(|| features.view());
    type Asked = fn(&TrainedNetwork, ndarray::ArrayView3<u8>, Option<ndarray::ArrayView2<f32>>) -> Array2<f32>;
    let asked: [(&str, Asked, f32); 3] = [
        ("probabilities", |n, i, f| n.predict_proba(i, f, &Silent).unwrap(), 1e-4),
        ("of the middle", |n, i, f| n.predict_proba_of_middle(i, f, &Silent).unwrap(), 1e-4),
        ("embedding", |n, i, f| n.embed(i, f, &Silent).unwrap(), 1e-3),
    ];
    for (what, ask, tolerance) in asked {
        let (a, b) = (ask(&ours, images.view(), features), ask(&theirs, images.view(), features));
        assert_eq!(a.dim(), b.dim(), "{name}, {what}");
        let largest = b.iter().fold(0.0f32, |most, v| most.max(v.abs()));
        let apart = a.iter().zip(&b).fold(0.0f32, |most, (a, b)| most.max((a - b).abs()));
        assert!(apart <= tolerance * largest, "{name}, {what}: {apart} of {largest}");
        // And they say something: rows differ.
        let spread = b.row(0).iter().zip(b.row(n - 1)).fold(0.0f32, |most, (a, b)| most.max((a - b).abs()));
        assert!(n == 1 || spread > 5.0 * tolerance * largest, "{name}, {what}: {spread} of {largest}");
    }
}

#[test]
fn every_built_in_network_predicts_the_same_without_libtorch() {
    let _lock = one_at_a_time();
    for (name, side, feature) in [
        ("cnn", 48, 0),
        ("cnn-long", 48, 0),
        ("compact", 48, 0),
        ("vgg11", 48, 0),
        ("vgg19", 48, 0),
        ("resnet18", 48, 0),
        ("keras-cnn", 48, 0),
        ("dexpression", 64, 0),
        ("gudi", 48, 0),
        ("dsift-cnn", 48, 70),
        ("cnn-ckplus", 48, 0),
    ] {
        compare(name, &recipe(name), [side, side], feature, 3);
    }
}

#[test]
fn every_layer_predicts_the_same_without_libtorch() {
    let _lock = one_at_a_time();
    for (name, text, feature) in [
        (
            "gated",
            "[[block]]\nfilters = [5]\npadding = ['same']\n[fusion]\nfeature = 'f'\nhidden = 6\njoin = 'gated'\n[head]\nhidden = [9]\nbatch-norm = true",
            11,
        ),
        (
            "late",
            "[[block]]\nfilters = [5]\npadding = ['valid']\n[fusion]\nfeature = 'f'\nhidden = 6\njoin = 'late'\n[head]\nhidden = []",
            11,
        ),
        (
            "even kernel",
            "[input]\nper-image = true\n[[block]]\nfilters = [33, 40]\nkernel = 4\npadding = ['same', 'valid']\n[head]\nhidden = [9]",
            0,
        ),
        (
            "pooling",
            "[input]\nthree-channels = true\n[[block]]\nfilters = [8]\npadding = ['same']\npool = 3\npool-stride = 2\npool-over-edge = true\nbatch-norm = 'after-dropout'\nlayer-norm = true\n[[block]]\nfilters = []\npool = 2\n[head]\nhidden = [4, 5]",
            0,
        ),
        (
            "residual",
            "[[block]]\nfilters = [8]\npadding = ['same']\npool = 1\n[[block]]\nkind = 'residual'\nfilters = [8, 70]\nstride = 2\nglobal-average = true\n[head]\nhidden = []",
            0,
        ),
        ("residual at once", "[[block]]\nkind = 'residual'\nfilters = [8]\n[head]\nhidden = []", 0),
        (
            "crops",
            "[input]\ncrop = 20\n[[block]]\nfilters = [8, 8]\npadding = ['same', 'same']\nstride = 2\nbatch-norm = 'each'\nbias = false\n[head]\nhidden = [4]",
            0,
        ),
    ] {
        let ten = if name == "crops" { "ten-crops = true" } else { "flip-at-prediction = true" };
        let text = format!(
            "title = 'x'\n{text}\n[training]\nepochs = 1\nbatch = 2\noptimiser = 'sgd'\nlearning-rate = 0.1\n{ten}"
        );
        let recipe: NetworkRecipe = toml::from_str(&text).unwrap();
        // Neither side even, and pictures for more than one part.
        for n in [1, 40] {
            compare(name, &recipe, [29, 25], feature, n);
        }
    }
}

#[test]
fn pictures_say_the_same_alone_and_among_others() {
    let _lock = one_at_a_time();
    // The dense layer of the second is done for many pictures in one go.
    let wide = "title = 'x'\n[[block]]\nfilters = [32]\npadding = ['same']\n[head]\nhidden = [256]\n[training]\nepochs = 1\nbatch = 2\noptimiser = 'sgd'\nlearning-rate = 0.1";
    for (recipe, side) in [(recipe("compact"), 48), (toml::from_str(wide).unwrap(), 24)] {
        let network = trained(&recipe, [side, side], 0);
        let images = pictures(70, [side, side]);
        let all = network.predict_proba(images.view(), None, &Silent).unwrap();
        for i in [0, 13, 65] {
            let one = network.predict_proba(images.slice(ndarray::s![i..=i, .., ..]), None, &Silent).unwrap();
            assert_eq!(one.row(0), all.row(i), "picture {i}");
        }
        let none = network.predict_proba(images.slice(ndarray::s![..0, .., ..]), None, &Silent).unwrap();
        assert_eq!(none.dim(), (0, 7));
    }
}
