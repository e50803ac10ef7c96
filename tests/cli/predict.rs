//! `ferrofuse predict` end to end, on pictures of drawn faces.

use std::process::Stdio;

use ferrofuse::{Expression, dataset::face};
use image::{DynamicImage, GrayImage, ImageFormat, Luma, Rgb, RgbImage};
use serde_json::Value;

use crate::small;
use crate::support::Folder;

/// A folder with two small networks, trained on drawn faces and exported; `fused` reads dense SIFT as well.
pub fn folder() -> Folder {
    let folder = small::folder();
    for model in ["plain", "fused"] {
        folder.ok(&["train", model, "-d", "tiny", "--epochs", "1"]);
    }
    // The recipe says four epochs: what was trained must stay what it says.
    for model in ["plain", "fused"] {
        let path = folder.path(format!("models/{model}.toml"));
        let text = std::fs::read_to_string(&path).unwrap();
        folder.write(&format!("models/{model}.toml"), text.replace("epochs = 4", "epochs = 1"));
    }
    folder.ok(&["export", "plain", "fused", "-d", "tiny"]);
    folder
}

/// Two faces in colour on a picture of 640 x 400 pixels: at 60, 100 and at 360, 80.
pub fn scene() -> RgbImage {
    let mut picture = RgbImage::from_pixel(640, 400, Rgb([90, 100, 120]));
    for (seed, left, top) in [(5, 60, 100), (11, 360, 80)] {
        let drawn = face(Expression::Happy, seed, 0.1, [220, 220]);
        for ((y, x), &grey) in drawn.indexed_iter() {
            let tinted = [grey, (f32::from(grey) * 0.9) as u8, (f32::from(grey) * 0.8) as u8];
            picture.put_pixel(left + x as u32, top + y as u32, Rgb(tinted));
        }
    }
    picture
}

fn flat(side: u32) -> GrayImage {
    GrayImage::from_pixel(side, side, Luma([128]))
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|e| panic!("{e}: {text}"))
}

#[test]
fn faces_are_found_classified_and_drawn() {
    let folder = folder();
    scene().save(folder.path("scene.png")).unwrap();
    let text = folder.ok(&["predict", "scene.png", "--model", "plain", "--output", "seen"]);
    assert!(text.contains("faces: 2, pictures: 1,") && text.contains("faces drawn by ferrofuse only"), "{text}");

    let csv = std::fs::read_to_string(folder.path("seen/predictions.csv")).unwrap();
    let mut rows = csv::Reader::from_reader(csv.as_bytes());
    assert_eq!(rows.headers().unwrap().get(0), Some("source"));
    let rows: Vec<csv::StringRecord> = rows.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), 2);
    for (row, left, top) in [(&rows[0], 60.0, 100.0), (&rows[1], 360.0, 80.0)] {
        let number = |i: usize| row[i].parse::<f64>().unwrap();
        let middle = [number(2) + number(4) / 2.0, number(3) + number(5) / 2.0];
        assert!((middle[0] - left - 110.0).abs() < 30.0 && (middle[1] - top - 110.0).abs() < 30.0, "{row:?}");
        let sum: f64 = (9..16).map(number).sum();
        assert!((sum - 1.0).abs() < 1e-4, "{row:?}");
        let best = (9..16).map(number).fold(0.0, f64::max);
        assert_eq!(best, number(8));
    }
    let drawn = image::open(folder.path("seen/scene.png")).unwrap().into_rgb8();
    // One of the faces has a bar on end, whose colours are told below the picture.
    assert!(drawn.width() == 640 && (410..450).contains(&drawn.height()), "{:?}", drawn.dimensions());
    assert!(drawn != scene(), "boxes are drawn");
    assert_eq!(drawn.get_pixel(1, 398), scene().get_pixel(1, 398), "elsewhere the picture is as it was");
}

#[test]
fn several_models_give_their_mean_and_each_its_own_opinion() {
    let folder = folder();
    scene().save(folder.path("scene.png")).unwrap();
    let args = ["predict", "scene.png", "--model", "plain,fused", "--format", "jsonl"];
    let lines = folder.ok(&args);
    let all: Vec<Value> = lines.lines().map(json).collect();
    assert_eq!(all.len(), 2);
    for face in &all {
        for class in ["angry", "happy", "neutral"] {
            let of = |v: &Value| v["probabilities"][class].as_f64().unwrap();
            let mean = (of(&face["models"]["plain"]) + of(&face["models"]["fused"])) / 2.0;
            assert!((of(face) - mean).abs() < 1e-5, "{face}");
        }
    }
    // The same models as they were trained, not exported: the weights of the others are rounded to 16 bits.
    let trained = folder.ok(&[&args[..], &["--dataset", "tiny"]].concat());
    for (a, b) in all.iter().zip(trained.lines().map(json)) {
        assert_eq!(a["box"], b["box"]);
        let [a, b] = [a, &b].map(|v| v["probabilities"]["sad"].as_f64().unwrap());
        assert!((a - b).abs() < 0.01, "{a} {b}");
    }
    let weighted = [&args[..], &["--aggregate", "weighted", "--weights", "1,0"]].concat();
    let first = json(folder.ok(&weighted).lines().next().unwrap());
    assert_eq!(first["probabilities"], first["models"]["plain"]["probabilities"]);
    let rough = folder.ok(&[&args[..], &["--precision", "bfloat16"]].concat());
    for (a, b) in all.iter().zip(rough.lines().map(json)) {
        let apart = |class: &str| {
            let [a, b] = [a, &b].map(|v| v["probabilities"][class].as_f64().unwrap());
            (a - b).abs()
        };
        let most = ["angry", "happy", "sad", "neutral"].map(apart).into_iter().fold(0.0, f64::max);
        assert!(most > 0.0 && most < 0.02, "{most}");
    }
    let error = folder.fails(1, &[&args[..], &["--aggregate", "weighted", "--weights", "1,2,3"]].concat());
    assert!(error.contains("one for each model"), "{error}");
}

#[test]
fn a_face_of_the_dataset_is_predicted_as_evaluate_does() {
    let folder = folder();
    folder.ok(&["evaluate", "plain", "-d", "tiny", "--split", "test", "--output", "p.npy"]);
    let expected = ferrofuse::artifact::read_npy2::<f32>(&folder.path("p.npy")).unwrap();
    let data = ferrofuse::dataset::Dataset::load(&folder.path("data/tiny")).unwrap();
    let rows = data.rows(ferrofuse::dataset::Split::Test);
    for (i, &row) in rows.iter().take(3).enumerate() {
        let grey = data.images.index_axis(ndarray::Axis(0), row);
        let picture = GrayImage::from_raw(24, 24, grey.iter().copied().collect()).unwrap();
        picture.save(folder.path(format!("face-{i}.png"))).unwrap();
    }
    let args = ["predict", "face-*.png", "--face-crop", "--model", "plain", "--dataset", "tiny", "--format", "csv"];
    let csv = folder.ok(&args);
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    for (i, row) in reader.records().map(Result::unwrap).enumerate() {
        assert_eq!((&row[1], &row[4], &row[6]), ("1", "24", ""), "the whole picture, and no detector's score");
        for class in 0..7 {
            let p: f32 = row[9 + class].parse().unwrap();
            assert!((p - expected[[i, class]]).abs() < 1e-5, "{row:?}");
        }
    }
}

/// The numbers beside a drawing of `--explain`.
fn reasons(folder: &Folder, path: &str) -> Value {
    json(&std::fs::read_to_string(folder.path(path)).unwrap())
}

#[test]
fn an_explanation_shows_what_counts_for_each_model_in_pixels_and_in_words() {
    let folder = folder();
    let words = "title = \"words\"\nextractor = \"dense-sift\"\nencoding = \"bag-of-words\"\nnormalisation = \"l1\"\n\
                 [grid]\nfirst = 4\nstep = 4\ncount = 5\nsizes = [2.0]\n\
                 [codebook]\nwords = 12\nalgorithm = \"full\"\niterations = 5\n";
    folder.write("features/words.toml", words);
    folder.write("models/bag.toml", small::SVM.replace("[\"dense\"]", "[\"words\"]").replace("Small SVM", "Bag"));
    folder.ok(&["train", "bag", "-d", "tiny"]);
    scene().save(folder.path("scene.png")).unwrap();
    let args = ["predict", "scene.png", "-m", "plain,fused,bag", "-d", "tiny", "-o", "seen", "--explain", "--json"];
    let said = json(&folder.ok(&args));
    for face in [1, 2] {
        let sheet = image::open(folder.path(format!("seen/explained/scene-face-{face}.png"))).unwrap().into_rgb8();
        assert!(sheet.width() > 1000 && sheet.height() > 1000, "three models below the head: {:?}", sheet.dimensions());
        let found = reasons(&folder, &format!("seen/explained/scene-face-{face}.json"));
        let file = format!("seen/explained/scene-face-{face}.json");
        assert!(said["files"].as_array().unwrap().iter().any(|f| f.as_str().unwrap().ends_with(&file)), "{said}");
        assert_eq!(found["class"], said["faces"][face - 1]["class"], "the class of all models together is explained");
        let models = found["models"].as_array().unwrap();
        assert_eq!(models.len(), 3);
        for (model, (kept, matches, words)) in models.iter().zip([(false, 0, 0), (true, 4, 0), (false, 25, 12)]) {
            let rows = model["occlusion"]["drops"].as_array().unwrap();
            assert!(rows.len() == 24 && rows.iter().all(|row| row.as_array().unwrap().len() == 24));
            assert_eq!(model["occlusion"]["features_kept"], kept, "{}", model["model"]);
            let features = model["features"].as_array().unwrap();
            assert_eq!(features.len(), usize::from(matches > 0));
            let Some(feature) = features.first() else { continue };
            let all = feature["matches"].as_array().unwrap();
            assert_eq!((all.len(), &feature["vocabulary"]), (matches, &Value::from(words)));
            assert!(all.iter().any(|m| m["weight"].as_f64().unwrap().abs() > 1e-6), "something counts: {feature}");
            for word in feature["words"].as_array().unwrap() {
                let of_word = all.iter().filter(|m| m["word"] == word["word"]);
                let sum: f64 = of_word.clone().map(|m| m["weight"].as_f64().unwrap()).sum();
                assert!((sum - word["weight"].as_f64().unwrap()).abs() < 1e-5, "{word}");
                assert_eq!(of_word.count(), word["count"].as_u64().unwrap() as usize);
            }
        }
    }
}

#[test]
fn heat_is_the_mean_fall_over_the_windows_that_hide_a_pixel() {
    let folder = folder();
    let whole = face(Expression::Surprise, 3, 0.1, [24, 24]);
    let grey = (whole.iter().map(|&v| f64::from(v)).sum::<f64>() / 576.0).round() as u8;
    let save = |name: &str, picture: &ndarray::Array2<u8>| {
        let picture = GrayImage::from_raw(24, 24, picture.iter().copied().collect()).unwrap();
        picture.save(folder.path(name)).unwrap();
    };
    save("whole.png", &whole);
    // The four windows of 4 pixels, in steps of 2, that reach over the upper left corner.
    for (i, (bottom, right)) in [(2, 2), (2, 4), (4, 2), (4, 4)].into_iter().enumerate() {
        let mut hidden = whole.clone();
        hidden.slice_mut(ndarray::s![..bottom, ..right]).fill(grey);
        save(&format!("hidden-{i}.png"), &hidden);
    }
    folder.ok(&["predict", "whole.png", "--face-crop", "--model", "plain", "--output", "seen", "--explain"]);
    let found = reasons(&folder, "seen/explained/whole-face-1.json");
    let class = found["class"].as_str().unwrap();
    let lines = folder.ok(&["predict", "hidden-*.png", "--face-crop", "--model", "plain", "--format", "jsonl"]);
    let said: Vec<f64> = lines.lines().map(|line| json(line)["probabilities"][class].as_f64().unwrap()).collect();
    let expected = found["probability"].as_f64().unwrap() - said.iter().sum::<f64>() / 4.0;
    let corner = found["models"][0]["occlusion"]["drops"][0][0].as_f64().unwrap();
    assert_eq!(said.len(), 4);
    assert!((corner - expected).abs() < 1e-5, "{corner} {expected}");
    assert_eq!(found["models"][0]["occlusion"]["window"], 4);
}

#[test]
fn mirrored_inputs_inner_words_and_faces_without_keypoints_are_explained_as_far_as_they_can_be() {
    let folder = folder();
    let codebook = "encoding = \"bag-of-words\"\nnormalisation = \"l1\"\n[codebook]\nwords = 8\nalgorithm = \"full\"\n\
                    iterations = 5\n";
    let dense = "title = \"words\"\nextractor = \"dense-sift\"\n";
    folder
        .write("features/words.toml", format!("{dense}{codebook}[grid]\nbins = [1]\nfirst = 3\nstep = 4\ncount = 5\n"));
    folder.write("features/sift.toml", format!("title = \"SIFT\"\nextractor = \"sift\"\n{codebook}"));
    let of = |feature: &str| small::SVM.replace("[\"dense\"]", &format!("[\"{feature}\"]"));
    folder.write("models/mirrored.toml", of("words") + "mirrored = true\n");
    folder.write("models/sift-svm.toml", of("sift"));
    let fusion = "[fusion]\nfeature = \"words\"\nhidden = 8\nmode = \"consistent\"\n[head]";
    folder.write("models/inside.toml", small::NETWORK.replace("[head]", fusion).replace("epochs = 4", "epochs = 1"));
    for model in ["mirrored", "sift-svm", "inside"] {
        folder.ok(&["train", model, "-d", "tiny"]);
    }
    let drawn = face(Expression::Happy, 5, 0.1, [24, 24]);
    GrayImage::from_raw(24, 24, drawn.iter().copied().collect()).unwrap().save(folder.path("face.png")).unwrap();
    flat(24).save(folder.path("flat.png")).unwrap();
    let models = ["-m", "mirrored,sift-svm,inside", "-d", "tiny"];
    let args = ["predict", "face.png", "flat.png", "--face-crop", "-o", "seen", "--explain"];
    folder.ok(&[&args[..], &models].concat());
    for (name, keypoints) in [("face", true), ("flat", false)] {
        let found = reasons(&folder, &format!("seen/explained/{name}-face-1.json"));
        let [mirrored, sift, inside] = [0, 1, 2].map(|i| &found["models"][i]);
        let matches = |model: &Value| model["features"][0]["matches"].as_array().unwrap().clone();
        let counts = |m: &Value| m["weight"].as_f64().unwrap().abs() > 1e-7;
        assert_eq!(matches(mirrored).len(), 25);
        assert!(!keypoints || matches(mirrored).iter().any(counts), "{mirrored}");
        assert_eq!(!matches(sift).is_empty(), keypoints, "{name}: {sift}");
        assert_eq!((&inside["features"], &inside["computes_descriptors"]), (&json("[]"), &Value::from(true)));
        assert_eq!(mirrored["computes_descriptors"], false);
    }
}

#[test]
fn what_cannot_be_explained_is_said() {
    let folder = folder();
    flat(40).save(folder.path("face.png")).unwrap();
    let error = folder.fails(2, &["predict", "face.png", "--model", "plain", "--explain"]);
    assert!(error.contains("--output"), "{error}");
    folder.write("film.mp4", "no video");
    let error = folder.fails(1, &["predict", "film.mp4", "--model", "plain", "--output", "seen", "--explain"]);
    assert!(error.contains("--explain takes one at a time") && !folder.path("seen").exists(), "{error}");
    let args = ["predict", "face.png", "--model", "plain", "--output", "seen", "--explain", "--precision", "bfloat16"];
    let error = folder.fails(1, &args);
    assert!(error.contains("rounding of bfloat16"), "{error}");
    // A picture without a face has nothing to explain.
    folder.ok(&["predict", "face.png", "--model", "plain", "--output", "seen", "--explain"]);
    assert!(!folder.path("seen/explained").exists());
}

#[test]
fn crops_at_import_and_at_prediction_are_the_same_pixels() {
    use ferrofuse::faces::{FaceCrop, FaceDetector, Picture};
    use ferrofuse::recipe::{FaceRecipe, ResizeFilter};

    let folder = Folder::new();
    let recipe = "title = \"Faces\"\nformat = \"pictures\"\nclasses = [\"happy\", \"sad\"]\nsize = [40, 40]\n\
                  split = { rule = \"stratified\", validation = 0.2, test = 0.2, seed = 1 }\n";
    folder.write("data/whole.toml", recipe);
    folder.write("data/wide.toml", format!("{recipe}[faces]\nmargin = 0.2\n"));
    for (class, expression) in [("happy", Expression::Happy), ("sad", Expression::Sad)] {
        std::fs::create_dir_all(folder.path(format!("pictures/{class}"))).unwrap();
        for seed in 0..6u32 {
            let drawn = face(expression, u64::from(seed), 0.1, [200, 200]);
            let mut picture = GrayImage::from_pixel(320, 260, Luma([100]));
            drawn
                .indexed_iter()
                .for_each(|((y, x), &v)| picture.put_pixel(x as u32 + 50 + seed, y as u32 + 30, Luma([v])));
            DynamicImage::from(picture).into_rgb8().save(folder.path(format!("pictures/{class}/{seed}.png"))).unwrap();
        }
        flat(200).save(folder.path(format!("pictures/{class}/flat.png"))).unwrap();
    }
    for (name, flag, margin) in [("whole", &["--detect-faces"][..], 0.0), ("wide", &[][..], 0.2)] {
        let imported = folder.ok(&[&["import", name, "--from", "pictures", "--json"][..], flag].concat());
        let imported = json(&imported);
        let skipped: Vec<&str> =
            imported["skipped"].as_array().unwrap().iter().map(|s| s["found"].as_str().unwrap()).collect();
        assert!(skipped.len() >= 2 && skipped.iter().all(|found| *found == "no face"), "{skipped:?}");
        let data = ferrofuse::dataset::Dataset::load(&folder.path(format!("data/{name}"))).unwrap();
        assert_eq!(data.info.prepared.faces.as_ref().unwrap().margin, margin);

        let mut detector = FaceDetector::new(&FaceRecipe { margin, ..FaceRecipe::default() }).unwrap();
        let crop = FaceCrop { margin, size: [40, 40], filter: ResizeFilter::default() };
        let mut row = 0;
        for class in ["happy", "sad"] {
            for seed in 0..6 {
                let bytes = std::fs::read(folder.path(format!("pictures/{class}/{seed}.png"))).unwrap();
                let picture = Picture::decode(&bytes).unwrap();
                let faces = detector.detect(&picture).unwrap();
                let Some(found) = FaceCrop::largest(&faces) else { continue };
                let cut = crop.cut(picture.grey.view(), found.face);
                assert_eq!(cut, data.images.index_axis(ndarray::Axis(0), row), "{name} {class} {seed}");
                row += 1;
            }
        }
        assert_eq!(row, data.info.rows);
        assert!(row >= 8, "the cascade finds most of the drawn faces: {row}");
    }
}

#[test]
fn what_cannot_be_read_is_named_and_the_rest_is_done() {
    let folder = folder();
    let png = |picture: &DynamicImage, format| {
        let mut bytes = std::io::Cursor::new(Vec::new());
        picture.write_to(&mut bytes, format).unwrap();
        bytes.into_inner()
    };
    let scene = DynamicImage::from(scene());
    let jpeg = png(&scene, ImageFormat::Jpeg);
    folder.write("in/good.jpg", &jpeg);
    folder.write("in/cut.jpg", &jpeg[..jpeg.len() / 2]);
    folder.write("in/text.jpg", "no picture at all");
    folder.write("in/empty.png", "");
    folder.write("in/deep/alpha.png", png(&scene.to_rgba8().into(), ImageFormat::Png));
    folder.write("in/deep/sixteen.png", png(&scene.to_luma16().into(), ImageFormat::Png));
    folder.write("in/one.png", png(&flat(1).into(), ImageFormat::Png));
    folder.write("in/anim.gif", png(&scene.to_rgba8().into(), ImageFormat::Gif));
    // A picture of 20,000 x 20,000 pixels by its header.
    let mut huge = png(&flat(4).into(), ImageFormat::Bmp);
    huge[18..22].copy_from_slice(&20_000i32.to_le_bytes());
    huge[22..26].copy_from_slice(&20_000i32.to_le_bytes());
    folder.write("in/huge.bmp", huge);

    let outcome = folder.run(&["predict", "in", "--model", "plain", "--format", "jsonl", "--output", "out"]);
    assert_eq!(outcome.code, 1, "{}", outcome.stderr);
    assert!(outcome.stderr.contains("4 of 9 pictures could not be read"), "{}", outcome.stderr);
    let of = |name: &str| -> Vec<Value> {
        outcome.stdout.lines().map(json).filter(|v| v["source"].as_str().unwrap().ends_with(name)).collect()
    };
    for (name, said) in [("cut.jpg", "cut short"), ("text.jpg", "format"), ("empty.png", "empty"), ("huge.bmp", "")] {
        let found = of(name);
        assert!(found[0]["error"].as_str().unwrap().contains(said), "{name}: {found:?}");
    }
    assert_eq!(of("one.png")[0]["faces"], 0);
    for name in ["good.jpg", "alpha.png", "sixteen.png", "anim.gif"] {
        assert_eq!(of(name).len(), 2, "{name}");
    }
    let drawn = |name: &str| folder.path(format!("out/{name}")).exists();
    assert!(drawn("good.jpg") && drawn("deep/alpha.png") && drawn("anim.png") && !drawn("cut.jpg"));
}

#[test]
fn copies_replace_no_input_and_are_none_themselves() {
    let folder = folder();
    std::fs::create_dir(folder.path("own")).unwrap();
    scene().save(folder.path("own/scene.png")).unwrap();
    let before = std::fs::read(folder.path("own/scene.png")).unwrap();
    for input in ["own/scene.png", "own"] {
        let error = folder.fails(1, &["predict", input, "--model", "plain", "--output", "own"]);
        assert!(error.contains("--output") && error.contains("scene.png"), "{error}");
    }
    assert_eq!(std::fs::read(folder.path("own/scene.png")).unwrap(), before);
    for _ in 0..2 {
        let text = folder.ok(&["predict", "own", "--model", "plain", "--output", "own/seen"]);
        assert!(text.contains("pictures: 1,") && text.contains("model: plain"), "{text}");
    }
    // Beside a picture of the same name with another ending, and the records say where.
    scene().save(folder.path("own/scene.bmp")).unwrap();
    let whole = json(&folder.ok(&["predict", "own", "--model", "plain", "--output", "own/seen", "--json"]));
    let copies: Vec<&str> = whole["faces"].as_array().unwrap().iter().map(|f| f["copy"].as_str().unwrap()).collect();
    assert_eq!(
        copies,
        ["own/seen/scene.bmp.png", "own/seen/scene.bmp.png", "own/seen/scene.png", "own/seen/scene.png"]
    );
    assert_eq!(whole["models"], serde_json::json!(["plain"]));
}

#[test]
fn one_of_several_that_is_missing_keeps_nothing_from_the_others() {
    let folder = folder();
    scene().save(folder.path("scene.png")).unwrap();
    let error = folder.fails(1, &["predict", "scene.png", "gone.png", "--model", "plain", "--output", "seen"]);
    assert!(error.contains("1 of 2 pictures could not be read: gone.png"), "{error}");
    let csv = std::fs::read_to_string(folder.path("seen/predictions.csv")).unwrap();
    assert!(csv.contains("scene.png,2,") && csv.contains("it is not there"), "{csv}");
}

#[test]
fn a_picture_on_its_side_is_turned_as_its_camera_says() {
    let folder = folder();
    // Orientation 6: the camera was turned; readers turn the picture by 90 degrees clockwise.
    let turned = image::imageops::rotate270(&scene());
    let mut jpeg = std::io::Cursor::new(Vec::new());
    DynamicImage::from(turned).write_to(&mut jpeg, ImageFormat::Jpeg).unwrap();
    let jpeg = jpeg.into_inner();
    let exif = b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0";
    let length = (exif.len() + 2) as u16;
    let bytes = [&jpeg[..2], b"\xff\xe1", &length.to_be_bytes(), exif, &jpeg[2..]].concat();
    folder.write("turned.jpg", bytes);
    let lines = folder.ok(&["predict", "turned.jpg", "--model", "plain", "--format", "jsonl"]);
    let x = json(lines.lines().next().unwrap())["box"]["x"].as_i64().unwrap();
    assert!((30..120).contains(&x) && lines.lines().count() == 2, "{lines}");
}

#[test]
fn pictures_without_a_face_are_reported_and_fail_only_when_asked() {
    let folder = folder();
    flat(200).save(folder.path("flat.png")).unwrap();
    let text = folder.ok(&["predict", "flat.png", "--model", "plain"]);
    assert!(text.contains("no face found"), "{text}");
    let error = folder.fails(1, &["predict", "flat.png", "--model", "plain", "--fail-on-no-face"]);
    assert!(error.contains("no face was found in 1 of 1"), "{error}");
    let whole = json(&folder.ok(&["predict", "flat.png", "--model", "plain", "--json"]));
    assert_eq!((&whole["without_face"], &whole["pictures"]), (&Value::from(1), &Value::from(1)));
}

#[test]
fn a_picture_on_standard_input_is_a_picture() {
    let folder = folder();
    scene().save(folder.path("scene.png")).unwrap();
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_ferrofuse"));
    command.current_dir(folder.path("")).args(["predict", "-", "--model", "plain", "--format", "jsonl", "--quiet"]);
    command.stdin(std::fs::File::open(folder.path("scene.png")).unwrap()).stdout(Stdio::piped());
    let output = command.output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(text.lines().count(), 2, "{text}");
    assert_eq!(json(text.lines().next().unwrap())["source"], "standard input");
}

#[test]
fn what_is_missing_is_said_with_what_to_do() {
    let folder = Folder::new();
    folder.write("a.png", "x");
    let error = folder.fails(1, &["predict", "a.png"]);
    assert!(error.contains("ferrofuse train compact") && error.contains("ferrofuse export compact"), "{error}");
    let error = folder.fails(1, &["predict", "b.png"]);
    assert!(error.contains("b.png"), "{error}");
    let folder = self::folder();
    folder.write("a.png", "x");
    for (args, said) in [
        (&["--detector", "yunet"][..], "ONNX"),
        (&["--detector", "yunet", "--detector-model", "none.onnx"], "none.onnx"),
        (&["--detector-model", "a.png"], "a cascade of OpenCV"),
        (&["--scale-factor", "1.0"], "scale-factor"),
        (&["--margin", "-1"], "margin"),
        (&["--min-score", "0.5"], "--detector yunet"),
        (&["--detector", "yunet", "--min-neighbors", "3"], "--detector haar"),
        (&["--every", "2"], "--camera"),
        (&["--smooth", "1"], "--camera"),
        (&["--model", "plain,plain"], "each model once"),
        (&["--model", "none"], "--dataset NAME"),
    ] {
        let error = folder.fails(1, &[&["predict", "a.png"][..], args].concat());
        assert!(error.contains(said), "{args:?}: {error}");
    }
}

/// A video of `frames` frames, 25 a second: a face that goes to the right, and from the middle on a second one.
fn film(path: &std::path::Path, frames: u32) {
    let faces = [5, 11].map(|seed| face(Expression::Happy, seed, 0.1, [150, 150]));
    let mut writer = ferrofuse::predict::VideoWriter::new(path, [240, 480], 25.0).unwrap();
    for frame in 0..frames {
        let mut picture = ndarray::Array3::from_elem((240, 480, 3), 100u8);
        let places = [(20 + (40 * frame / frames) as usize, 40, true), (300, 50, frame >= frames / 2)];
        for (drawn, (left, top, shown)) in faces.iter().zip(places) {
            for ((y, x), &v) in drawn.indexed_iter().filter(|_| shown) {
                (0..3).for_each(|c| picture[[top + y, left + x, c]] = v);
            }
        }
        writer.write(&picture).unwrap();
    }
    writer.finish().unwrap();
}

fn frames_of(path: &std::path::Path) -> usize {
    use ferrofuse::predict::{FrameSource, VideoSource};

    let mut source = VideoSource::file(path).unwrap();
    std::iter::from_fn(|| source.next().unwrap()).count()
}

#[test]
fn faces_of_a_video_keep_their_number_and_files_are_complete() {
    let folder = folder();
    film(&folder.path("film.mp4"), 40);
    let text = folder.ok(&["predict", "film.mp4", "--model", "plain", "--output", "seen"]);
    assert!(text.contains("frames: 40, looked at: 40"), "{text}");
    assert_eq!(frames_of(&folder.path("seen/film.mp4")), 40);
    let csv = std::fs::read_to_string(folder.path("seen/film.csv")).unwrap();
    let rows: Vec<csv::StringRecord> = csv::Reader::from_reader(csv.as_bytes()).records().map(Result::unwrap).collect();
    let of = |track: &str| rows.iter().filter(|row| &row[3] == track).collect::<Vec<_>>();
    let (first, second) = (of("1"), of("2"));
    assert!(first.len() > 30 && second.len() > 12, "{} {}", first.len(), second.len());
    assert!(second.iter().all(|row| row[1].parse::<u32>().unwrap() >= 20), "the second comes in the middle");
    let x = |row: &csv::StringRecord| row[4].parse::<f64>().unwrap();
    assert!(x(first[first.len() - 1]) > x(first[0]) + 15.0, "the first goes to the right");
    // Smoothed probabilities move less than those of the frames alone.
    let steps = |column: usize| -> f64 {
        let p = |row: &csv::StringRecord| row[column].parse::<f64>().unwrap();
        first.windows(2).map(|pair| (p(pair[1]) - p(pair[0])).abs()).sum()
    };
    assert!(steps(11) < steps(18), "{} {}", steps(11), steps(18));
    for file in ["film.jsonl", "film-timeline.png", "film-timeline.svg"] {
        assert!(folder.path(format!("seen/{file}")).exists(), "{file}");
    }
    assert!(!folder.path("seen/film.partial.mp4").exists());

    let every = folder.ok(&["predict", "film.mp4", "--model", "plain", "--every", "10", "--format", "jsonl"]);
    let frames: Vec<u64> = every.lines().map(|line| json(line)["frame"].as_u64().unwrap()).collect();
    assert!(frames.iter().all(|frame| frame % 10 == 0) && frames.contains(&30), "{frames:?}");
    let error = folder.fails(2, &["predict", "film.mp4", "--model", "plain", "--every", "0"]);
    assert!(error.contains("--every"), "{error}");
}

#[test]
fn a_video_that_is_none_or_cut_short_is_named() {
    let folder = folder();
    film(&folder.path("whole.avi"), 40);
    film(&folder.path("whole.mp4"), 40);
    let half = |name: &str| {
        let bytes = std::fs::read(folder.path(name)).unwrap();
        bytes[..bytes.len() / 2].to_vec()
    };
    folder.write("cut.avi", half("whole.avi"));
    folder.write("cut.mp4", half("whole.mp4"));
    folder.write("text.mp4", "no video at all");
    let args = ["predict", "text.mp4", "cut.mp4", "cut.avi", "whole.avi", "--model", "plain"];
    let outcome = folder.run(&args);
    assert_eq!(outcome.code, 1, "{}", outcome.stderr);
    for said in ["text.mp4: found nothing that opens as a video", "cut.mp4: found", "cut.avi: it ends after"] {
        assert!(outcome.stderr.contains(said), "{said}: {}", outcome.stderr);
    }
    assert!(outcome.stdout.contains("whole.avi: frames: 40"), "{}", outcome.stdout);
    folder.write("a.png", "x");
    let error = folder.fails(1, &["predict", "whole.avi", "a.png", "--model", "plain"]);
    assert!(error.contains("in a run of their own"), "{error}");
}

#[cfg(unix)]
#[test]
fn ctrl_c_leaves_complete_files_of_what_was_seen() {
    use nix::sys::signal::{Signal, kill};
    use nix::unistd::Pid;

    let folder = folder();
    film(&folder.path("film.avi"), 600);
    let args = ["predict", "film.avi", "--model", "plain", "--output", "seen"];
    let child = folder.command(&args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    while !folder.path("seen/film.partial.avi").exists() {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    kill(Pid::from_raw(child.id() as i32), Signal::SIGINT).unwrap();
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(130), "{said}");
    assert!(said.contains("is written"), "{said}");
    let frames = frames_of(&folder.path("seen/film.avi"));
    assert!((1..600).contains(&frames), "{frames}");
    let lines = std::fs::read_to_string(folder.path("seen/film.jsonl")).unwrap();
    let last = json(lines.lines().last().unwrap())["frame"].as_u64().unwrap();
    assert_eq!(last as usize + 1, frames, "every frame of the video is in the table");
}

/// A camera that shows the same scene for ever.
struct Camera(ndarray::Array3<u8>, u64);

impl ferrofuse::predict::FrameSource for Camera {
    fn next(&mut self) -> ferrofuse::Result<Option<ferrofuse::predict::Frame>> {
        self.1 += 1;
        let (index, time) = (self.1 - 1, (self.1 - 1) as f64 / 25.0);
        Ok(Some(ferrofuse::predict::Frame { index, time, colour: self.0.clone() }))
    }
}

/// Counts frames, and asks to stop after some.
#[derive(Default)]
struct Counted(std::sync::atomic::AtomicU64);

impl ferrofuse::Progress for Counted {
    fn start(&self, _: &str, _: u64, _: &str) {}
    fn advance(&self, n: u64) {
        self.0.fetch_add(n, std::sync::atomic::Ordering::SeqCst);
    }
    fn note(&self, _: &str) {}
    fn finish(&self, _: &str) {}
    fn say(&self, _: &str) {}
    fn stop_requested(&self) -> bool {
        self.0.load(std::sync::atomic::Ordering::SeqCst) >= 20
    }
}

struct Numbers(Vec<Vec<u32>>);

impl ferrofuse::predict::FrameSink for Numbers {
    fn take(
        &mut self,
        _: &ferrofuse::predict::Frame,
        faces: Option<&[ferrofuse::predict::TrackedFace]>,
    ) -> ferrofuse::Result<()> {
        self.0.push(faces.unwrap_or_default().iter().map(|face| face.track).collect());
        Ok(())
    }
}

#[test]
fn a_camera_is_watched_until_it_is_stopped() {
    use ferrofuse::ensemble::Combination;
    use ferrofuse::experiment::{Options, Runner};
    use ferrofuse::faces::FaceDetectors;
    use ferrofuse::predict::{Committee, Expressions, Faces, WatchOptions, watch};

    let folder = folder();
    let workspace = ferrofuse::artifact::Workspace::new(folder.path(""));
    let options = Options {
        threads: 1,
        device: "cpu".into(),
        memory: 1 << 30,
        kernel_memory: 1 << 30,
        from: None,
        allow_test_selection: false,
    };
    let runner = Runner::new(&workspace, options, &ferrofuse::Silent);
    let plain = runner.exported_predictor(&folder.path("models/pretrained/plain")).unwrap();
    let committee = Committee::new(vec![plain], Combination::Mean).unwrap();
    let faces = Faces::Found(FaceDetectors::new(&Default::default()).unwrap(), None);
    let scene = scene();
    let picture = ndarray::Array3::from_shape_vec((400, 640, 3), scene.into_raw()).unwrap();
    let (mut camera, mut seen, progress) = (Camera(picture, 0), Numbers(Vec::new()), Counted::default());
    let expressions = Expressions::new(committee, faces);
    let watched =
        watch(&expressions, &mut camera, WatchOptions { every: 1, window: 0.2 }, &mut seen, &progress).unwrap();
    assert!(watched.stopped && (20..40).contains(&watched.frames), "{watched:?}");
    assert_eq!(seen.0.len() as u64, watched.frames);
    assert!(seen.0.iter().all(|tracks| tracks == &[1, 2]), "{:?}", seen.0);
}
