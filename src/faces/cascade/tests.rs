//! Beside OpenCV, which finds faces by the same files.

use ndarray::Array2;

use super::*;
use crate::dataset::face;
use crate::expression::Expression;
use crate::faces::opencv_cascade::OpencvCascade;

const FOLDER: &str = "/usr/share/opencv4/haarcascades";

/// A picture with drawn faces of several sizes on a rough ground.
fn picture([width, height]: [usize; 2], faces: &[[usize; 3]], seed: u64) -> Array2<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut picture = Array2::from_shape_fn((height, width), |(y, x)| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let waves = 40.0 * ((x as f64 / 9.0).sin() + (y as f64 / 13.0 + x as f64 / 50.0).cos());
        (110.0 + waves + (state >> 59) as f64) as u8
    });
    for (i, &[x, y, side]) in faces.iter().enumerate() {
        let expression = Expression::fer2013()[i % 7];
        let drawn = face(expression, seed + i as u64, 0.2, [side; 2]);
        picture.slice_mut(ndarray::s![y..y + side, x..x + side]).assign(&drawn);
    }
    picture
}

fn sorted(mut faces: Vec<FoundFace>) -> Vec<FoundFace> {
    faces.sort_by(|a, b| {
        let key = |f: &FoundFace| (f.face.x, f.face.y, f.face.width, f.face.height);
        key(a).cmp(&key(b)).then(a.score.total_cmp(&b.score))
    });
    faces
}

/// What both find; their number.
fn compare(file: &str, picture: &Array2<u8>, recipe: &FaceRecipe) -> usize {
    let path = std::path::Path::new(FOLDER).join(file);
    let theirs = sorted(OpencvCascade::new(&path, recipe).unwrap().detect(picture.view()).unwrap());
    let cascade = Cascade::read(&std::fs::read_to_string(&path).unwrap(), &path).unwrap().unwrap();
    let ours = sorted(cascade.detect(picture.view(), recipe));
    let apart = ours.iter().zip(&theirs).find(|(a, b)| a != b);
    assert_eq!(apart, None, "{file} {:?} {recipe:?}", picture.dim());
    assert_eq!(ours.len(), theirs.len(), "{file} {:?} {recipe:?}", picture.dim());
    ours.len()
}

#[test]
fn faces_are_those_of_opencv() {
    let picture = picture([610, 433], &[[20, 30, 120], [200, 40, 60], [300, 150, 250], [40, 250, 150]], 1);
    let mut found = 0;
    for file in [
        "haarcascade_frontalface_default.xml",
        "haarcascade_frontalface_alt.xml",
        "haarcascade_frontalface_alt2.xml",
        "haarcascade_frontalface_alt_tree.xml",
        "haarcascade_profileface.xml",
        "haarcascade_eye.xml",
    ] {
        found += compare(file, &picture, &FaceRecipe::default());
    }
    assert!(found > 8, "{found}");
}

#[test]
fn single_windows_are_those_of_opencv_at_any_size_and_step() {
    let mut found = 0;
    for (i, size) in
        [[150, 151], [233, 120], [64, 200], [25, 24], [24, 24], [23, 90], [400, 333]].into_iter().enumerate()
    {
        let room = size[0].min(size[1]);
        let faces: &[[usize; 3]] = if room > 60 { &[[1, 2, 60]] } else { &[] };
        for scale_factor in [1.05, 1.2, 1.5] {
            for min_size in [1, 24, 47, 300] {
                let recipe = FaceRecipe { scale_factor, min_size, min_neighbors: 0, ..Default::default() };
                found += compare("haarcascade_frontalface_default.xml", &picture(size, faces, i as u64), &recipe);
            }
        }
    }
    assert!(found > 300, "{found}");
}

#[test]
fn what_a_flat_or_a_white_picture_holds_is_what_opencv_says() {
    for value in [0, 128, 255] {
        assert_eq!(
            compare(
                "haarcascade_frontalface_default.xml",
                &Array2::from_elem((200, 300), value),
                &FaceRecipe::default()
            ),
            0
        );
    }
}
