//! Every built-in network against the numbers of parameters that its reference has.

use tch::{Device, Kind, Tensor};

use super::{Network, one_at_a_time};
use crate::artifact::Workspace;
use crate::recipe::{Kind as RecipeKind, ModelRecipe, NetworkRecipe, load};

pub(super) fn recipe(name: &str) -> NetworkRecipe {
    match load::<ModelRecipe>(&Workspace::new("nowhere"), RecipeKind::Model, name).unwrap().value {
        ModelRecipe::Network(network) => *network,
        other => panic!("{name} is a {}", other.family()),
    }
}

#[test]
fn networks_have_the_parameters_of_their_references() {
    let _lock = one_at_a_time();
    // VGG: the convolutions of torchvision's vgg*_bn and 512 x 7 + 7. ResNet: the 11,173,962 and 21,282,122 of the usual
    // networks for CIFAR-10 with 7 classes in place of 10. The others: layer by layer from their papers.
    for (name, side, feature, parameters) in [
        ("vgg11", 48, 0, 9_225_984 + 3_591),
        ("vgg13", 48, 0, 9_410_880 + 3_591),
        ("vgg16", 48, 0, 14_723_136 + 3_591),
        ("vgg19", 48, 0, 20_035_392 + 3_591),
        ("resnet18", 48, 0, 11_173_962 - 5_130 + 3_591),
        ("resnet34", 48, 0, 21_282_122 - 5_130 + 3_591),
        ("cnn", 48, 0, 1_351_847),
        ("vgg", 48, 0, 26_543_175),
        ("sift-vgg", 48, 2048, 33_870_919),
        ("dsift-vgg", 48, 2048, 33_870_919),
        ("keras-cnn", 48, 0, 22_060_871),
        ("dexpression", 224, 0, 1_126_647),
        ("gudi", 48, 0, 56_883_015),
    ] {
        let network = Network::new(&recipe(name), [side, side], feature, 7, 1, Device::Cpu).unwrap();
        assert_eq!(network.parameters(), parameters, "{name}");
    }
}

#[test]
fn every_way_to_join_a_feature_sees_trunk_and_feature() {
    let _lock = one_at_a_time();
    for join in ["concatenate", "gated", "late"] {
        let text = format!(
            "title = 'x'\n[[block]]\nfilters = [3]\npadding = ['same']\n[fusion]\nfeature = 'f'\nhidden = 5\njoin = '{join}'\n[head]\nhidden = [4]\n[training]\nepochs = 1\nbatch = 2\noptimiser = 'sgd'\nlearning-rate = 0.1"
        );
        let recipe: NetworkRecipe = toml::from_str(&text).unwrap();
        let network = Network::new(&recipe, [8, 8], 6, 7, 1, Device::Cpu).unwrap();
        let images = Tensor::rand([2, 1, 8, 8], (Kind::Float, Device::Cpu));
        let features = Tensor::rand([2, 6], (Kind::Float, Device::Cpu));
        let logits = |x: &Tensor, f: &Tensor| network.forward(x, Some(f), false).unwrap();
        let before = logits(&images, &features);
        assert_eq!(before.size(), [2, 7]);
        assert_ne!(logits(&(&images + 1), &features), before, "{join}");
        assert_ne!(logits(&images, &(&features * 3)), before, "{join}");
        let units = network.embedding_dimensions() as i64;
        assert_eq!(units, if join == "late" { 9 } else { 4 });
        assert_eq!(network.embed(&images, Some(&features)).unwrap().size(), [2, units]);
    }
}

#[test]
fn mixed_precision_multiplies_in_bfloat16_until_the_network_is_ready_to_predict() {
    let _lock = one_at_a_time();
    // A residual trunk, a plain one with dense layers, layer normalisation, and two ways to fuse.
    for (name, side, feature) in
        [("compact", 44, 0), ("cnn", 48, 0), ("dexpression", 112, 0), ("dsift-cnn", 48, 30), ("gated", 48, 30)]
    {
        let mut single = recipe(if name == "gated" { "dsift-cnn" } else { name });
        if let (Some(fusion), true) = (&mut single.fusion, name == "gated") {
            fusion.join = crate::recipe::Join::Gated;
        }
        single.training.mixed_precision = false;
        let mut mixed = single.clone();
        mixed.training.mixed_precision = true;
        let [single, mut mixed] =
            [single, mixed].map(|r| Network::new(&r, [side, side], feature, 7, 1, Device::Cpu).unwrap());
        let size = side as i64;
        let images = Tensor::rand([3, 1, size, size], (Kind::Float, Device::Cpu));
        let features = (feature > 0).then(|| Tensor::rand([3, feature as i64], (Kind::Float, Device::Cpu)));
        let embed = |network: &Network| tch::no_grad(|| network.embed(&images, features.as_ref()).unwrap());
        let (exact, rough) = (embed(&single), embed(&mixed));
        assert_eq!(rough.kind(), Kind::Float);
        let largest = f64::try_from(exact.abs().max()).unwrap();
        let difference = f64::try_from((&exact - &rough).abs().max()).unwrap();
        assert!(difference > 1e-5 * largest && difference < 0.1 * largest, "{name}: {difference} of {largest}");

        mixed.prepare(Kind::Float).unwrap();
        let difference = f64::try_from((&exact - embed(&mixed)).abs().max()).unwrap();
        assert!(difference < 1e-4 * largest, "{name}: {difference} of {largest}");

        // And prepared for bfloat16 it says what it said while training, but for the normalisation that is inside now.
        mixed.prepare(Kind::BFloat16).unwrap();
        let difference = f64::try_from((&exact - embed(&mixed)).abs().max()).unwrap();
        assert!(difference > 1e-5 * largest && difference < 0.1 * largest, "{name}: {difference} of {largest}");
    }
}

#[test]
fn pictures_smaller_than_the_crop_or_the_trunk_are_refused() {
    let _lock = one_at_a_time();
    let small = Network::new(&recipe("vgg19"), [40, 48], 0, 7, 1, Device::Cpu).map(|_| ()).unwrap_err();
    assert!(small.to_string().contains("44 x 44"), "{small}");
    let small = Network::new(&recipe("cnn"), [12, 12], 0, 7, 1, Device::Cpu).map(|_| ()).unwrap_err();
    assert!(small.to_string().contains("block"), "{small}");
}

#[test]
fn folding_the_normalisation_leaves_predictions_as_they_were() {
    let _lock = one_at_a_time();
    // The CNN normalises behind its pooling, where there is nothing to fold.
    for (name, folds) in [("compact", true), ("vgg11", true), ("cnn", false)] {
        let mut single = recipe(name);
        single.training.mixed_precision = false;
        let mut network = Network::new(&single, [48, 48], 0, 7, 1, Device::Cpu).unwrap();
        // Statistics and scales as after a training, not those at its start, which change nothing.
        for (i, (name, mut variable)) in network.named().into_iter().enumerate() {
            if name.contains("norm") {
                tch::manual_seed(i as i64);
                let drawn = Tensor::rand(variable.size(), (Kind::Float, Device::Cpu)) + 0.5;
                tch::no_grad(|| variable.copy_(&drawn));
            }
        }
        let channels = if recipe(name).input.three_channels { 3 } else { 1 };
        let images = Tensor::rand([3, channels, 48, 48], (Kind::Float, Device::Cpu));
        let predict = |network: &Network| tch::no_grad(|| network.embed(&images, None).unwrap());
        let before = predict(&network);
        network.prepare(Kind::Float).unwrap();
        let after = predict(&network);
        let largest = f64::try_from(before.abs().max()).unwrap();
        let difference = f64::try_from((&after - &before).abs().max()).unwrap();
        assert!(largest > 0.0 && difference < 1e-4 * largest, "{name}: {difference} of {largest}");
        assert_eq!(difference > 0.0, folds, "{name}");
    }
}

#[test]
fn views_of_few_pictures_go_together_and_say_the_same() {
    let _lock = one_at_a_time();
    let text = "title = 'x'\n[[block]]\nfilters = [3]\npadding = ['same']\n[fusion]\nfeature = 'f'\nhidden = 5\n\
                [head]\nhidden = [4]\n[training]\nepochs = 1\nbatch = 2\noptimiser = 'sgd'\nlearning-rate = 0.1";
    let recipe: NetworkRecipe = toml::from_str(text).unwrap();
    let network = Network::new(&recipe, [8, 8], 6, 7, 1, Device::Cpu).unwrap();
    let drawn = |shape: &[i64]| Tensor::rand(shape, (Kind::Float, Device::Cpu)) * 9;
    // 3 views of 2 pictures go together, of 40 pictures one after the other; features of all views, then of each.
    for shared in [true, false] {
        let views: Vec<Tensor> = (0..3).map(|_| drawn(&[40, 1, 8, 8])).collect();
        let features: Vec<Tensor> = (0..if shared { 1 } else { 3 }).map(|_| drawn(&[40, 6])).collect();
        let first = |all: &[Tensor]| all.iter().map(|t| t.narrow(0, 0, 2)).collect::<Vec<_>>();
        let (many, few) = tch::no_grad(|| {
            let few = network.probabilities(&first(&views), &first(&features)).unwrap();
            (network.probabilities(&views, &features).unwrap(), few)
        });
        assert_eq!((many.size(), few.size()), (vec![40, 7], vec![2, 7]));
        let difference = f64::try_from((many.narrow(0, 0, 2) - &few).abs().max()).unwrap();
        let apart = f64::try_from((few.get(0) - few.get(1)).abs().max()).unwrap();
        assert!(difference < 1e-6 && apart > 1e-3, "{difference} {apart}");
    }
}
