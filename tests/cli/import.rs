//! `ferrofuse import` end to end.

use std::io::{Cursor, Write};

use image::{DynamicImage, GrayImage, ImageFormat, Luma, Rgb, RgbImage};

use crate::support::Folder;

const CLASSES: &str = r#"classes = ["angry", "disgust", "fear", "happy", "sad", "surprise", "neutral"]"#;
const OFFICIAL: &str = r#"split = { rule = "official" }"#;

/// A folder with the recipe `small`: 8 x 8 pixels of this format.
fn folder(format: &str, split: &str) -> Folder {
    let folder = Folder::new();
    let text = format!("title = \"Small\"\nformat = \"{format}\"\n{CLASSES}\nsize = [8, 8]\n{split}\n");
    folder.write("data/small.toml", text);
    folder
}

fn pixels(n: usize, seed: usize) -> String {
    (0..n).map(|i| ((i * 37 + seed * 101) % 256).to_string()).collect::<Vec<_>>().join(" ")
}

/// Label, pixels and usage of six good rows, two for each split.
fn rows() -> Vec<(usize, String, &'static str)> {
    let usages = ["Training", "PublicTest", "PrivateTest", "Training", "PublicTest", "PrivateTest"];
    usages.into_iter().enumerate().map(|(i, usage)| (i, pixels(64, i), usage)).collect()
}

fn csv() -> String {
    let lines: String = rows().iter().map(|(label, pixels, usage)| format!("{label},{pixels},{usage}\n")).collect();
    format!("emotion,pixels,Usage\n{lines}")
}

fn json(folder: &Folder, args: &[&str]) -> serde_json::Value {
    serde_json::from_str(&folder.ok(&[args, &["--json"]].concat())).unwrap()
}

fn fingerprint(folder: &Folder, from: &str) -> String {
    json(folder, &["import", "small", "--from", from])["dataset"]["fingerprint"].as_str().unwrap().to_string()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn tar(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, bytes) in members {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        builder.append_data(&mut header, name, *bytes).unwrap();
    }
    builder.into_inner().unwrap()
}

fn zip(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in members {
        writer.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

fn png(picture: impl Into<DynamicImage>) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    picture.into().write_to(&mut bytes, ImageFormat::Png).unwrap();
    bytes.into_inner()
}

fn face(seed: u8) -> Vec<u8> {
    png(GrayImage::from_fn(8, 8, |x, y| Luma([seed.wrapping_mul(31).wrapping_add((y * 8 + x) as u8)])))
}

/// The import fails with exit code 1, names all of `words`, and leaves nothing behind.
fn refused(folder: &Folder, from: &str, words: &[&str]) {
    let shown = folder.fails(1, &["import", "small", "--from", from]);
    for word in words {
        assert!(shown.contains(word), "`{word}` is missing in: {shown}");
    }
    assert!(!folder.path("data/small").exists(), "something was left behind after: {shown}");
    let left: Vec<_> = std::fs::read_dir(folder.path("data")).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(left, ["small.toml"], "{shown}");
}

#[test]
fn the_csv_is_the_same_in_every_container_whatever_its_name() {
    let folder = folder("fer2013-csv", OFFICIAL);
    let text = csv();
    let text = text.as_bytes();
    let members: [(&str, &[u8]); 4] = [
        ("fer2013/README", b"about"),
        ("fer2013/other.csv", b"emotion\n1\n"),
        ("fer2013/fer2013.csv", text),
        ("fer2013/fer2013.bib", b"@x"),
    ];
    folder.write("fer2013.csv", text);
    let expected = fingerprint(&folder, "fer2013.csv");
    for (name, bytes) in [
        ("fer2013.csv.gz", gzip(text)),
        ("fer2013.tar", tar(&members)),
        ("fer2013.tar.gz", gzip(&tar(&members))),
        ("fer2013.zip", zip(&members)),
        ("only.zip", zip(&[("faces.csv", text)])),
        ("packed.csv", gzip(text)),
    ] {
        folder.write(name, bytes);
        assert_eq!(fingerprint(&folder, name), expected, "{name}");
    }
    folder.write("inside/icml_face_data.csv", text);
    assert_eq!(fingerprint(&folder, "inside"), expected);
    let shown = folder.ok(&["import", "small", "--from", "fer2013.tar.gz"]);
    for word in ["fer2013/fer2013.csv in fer2013.tar.gz", "6 rows", "surprise", &expected] {
        assert!(shown.contains(word), "{shown}");
    }
}

#[test]
fn variants_of_the_csv_give_the_same_dataset() {
    let folder = folder("fer2013-csv", OFFICIAL);
    folder.write("plain.csv", csv());
    let expected = fingerprint(&folder, "plain.csv");
    let icml: String = rows().iter().map(|(label, pixels, usage)| format!("{label},{usage},{pixels}\n")).collect();
    let last: String = rows().iter().map(|(label, pixels, usage)| format!("{pixels}, {label}, {usage}\n")).collect();
    let quoted: String =
        rows().iter().map(|(label, pixels, usage)| format!("{label},\"{pixels}\",{usage}\n")).collect();
    for (name, text) in [
        ("icml.csv", format!("emotion, Usage, pixels\n{icml}")),
        ("last.csv", format!("pixels, emotion, Usage\n{last}")),
        ("quoted.csv", format!("\"emotion\",\"pixels\",\"Usage\"\n{quoted}")),
        ("windows.csv", format!("\u{feff}{}", csv().replace('\n', "\r\n"))),
        ("open.csv", csv().trim_end().to_string()),
        ("blank.csv", csv().replace('\n', "\n\n")),
    ] {
        folder.write(name, text);
        assert_eq!(fingerprint(&folder, name), expected, "{name}");
    }
}

#[test]
fn a_file_of_many_blocks_is_the_same_on_one_and_on_four_threads() {
    let folder = Folder::new();
    let mut text = String::from("emotion,pixels,Usage\n");
    for i in 0..900 {
        let usage = ["Training", "Training", "PublicTest", "PrivateTest"][i % 4];
        text.push_str(&format!("{},{},{usage}\n", i % 7, pixels(48 * 48, i)));
    }
    assert!(text.len() > 3 * (2 << 20));
    folder.write("fer2013.csv", text.as_bytes());
    let one = json(&folder, &["import", "fer2013", "--threads", "1"]);
    let four = json(&folder, &["import", "fer2013", "--threads", "4"]);
    assert_eq!(one["dataset"], four["dataset"]);
    assert_eq!(four["dataset"]["rows"], 900);
    // A fault far inside is named by its own row.
    let line = text.lines().nth(801).unwrap();
    let bad = text.replacen(line, &format!("9{}", &line[1..]), 1);
    folder.write("bad.csv", bad);
    let shown = folder.fails(1, &["import", "fer2013", "--from", "bad.csv", "--threads", "2"]);
    assert!(shown.contains("row 801 (line 802)") && shown.contains("emotion `9`"), "{shown}");
}

#[test]
fn a_full_size_row_with_one_pixel_too_few_is_named() {
    let folder = Folder::new();
    let text = format!("emotion,pixels,Usage\n0,{},Training\n1,{},Training\n", pixels(2304, 1), pixels(2303, 2));
    folder.write("fer2013.csv", text);
    let shown = folder.fails(1, &["import", "fer2013"]);
    for word in ["fer2013.csv", "row 2 (line 3)", "2303 pixels", "2304 (48 x 48"] {
        assert!(shown.contains(word), "{shown}");
    }
    assert!(!folder.path("data/fer2013").exists());
}

#[test]
fn every_bad_row_is_refused_by_its_place() {
    let good = pixels(64, 1);
    let without_last = good.rsplit_once(' ').unwrap().0.to_string();
    for (row, words) in [
        (format!("1,{without_last},Training"), ["63 pixels", "64 (8 x 8"]),
        (format!("1,{good} 7,Training"), ["65 pixels", "64 (8 x 8"]),
        (format!("1,{without_last} 256,Training"), ["`256` as pixel 64", "0 to 255"]),
        (format!("1,abc {without_last},Training"), ["`abc` as pixel 1", "0 to 255"]),
        (format!("9,{good},Training"), ["emotion `9`", "0 to 6"]),
        (format!("1,{good},Sometimes"), ["usage `Sometimes`", "PublicTest"]),
        (format!("1,{good}"), ["2 fields", "3 fields"]),
        ("1,,Training".to_string(), ["0 pixels", "64 (8 x 8"]),
        ("\u{0}\u{1}garbage".to_string(), ["1 field", "3 fields"]),
    ] {
        let folder = folder("fer2013-csv", OFFICIAL);
        folder.write("bad.csv", format!("{}{row}\n{row}\n", csv()));
        refused(&folder, "bad.csv", &[&["bad.csv", "row 7 (line 8)"], words.as_slice()].concat());
        let result = json(&folder, &["import", "small", "--from", "bad.csv", "--skip-bad-rows"]);
        assert_eq!(result["dataset"]["rows"], 6);
        assert_eq!(result["dataset"]["skipped"], 2);
        assert_eq!(result["skipped"][0]["place"], "row 7 (line 8)");
        assert_eq!(result["skipped"][1]["place"], "row 8 (line 9)");
        assert!(result["skipped"][0]["found"].as_str().unwrap().contains(words[0]));
    }
}

#[test]
fn skipped_rows_are_capped_on_the_terminal_and_complete_as_json() {
    let folder = folder("fer2013-csv", OFFICIAL);
    let bad: String = (0..25).map(|_| "1,2 3,Training\n").collect();
    folder.write("bad.csv", format!("{}{bad}", csv()));
    let shown = folder.ok(&["import", "small", "--from", "bad.csv", "--skip-bad-rows"]);
    assert!(shown.contains("25 bad rows") && shown.contains("and 15 more"), "{shown}");
    let all = json(&folder, &["import", "small", "--from", "bad.csv", "--skip-bad-rows"]);
    assert_eq!(all["skipped"].as_array().unwrap().len(), 25);
    // Nothing good at all is no dataset.
    folder.write("worse.csv", format!("emotion,pixels,Usage\n{bad}"));
    let shown = folder.fails(1, &["import", "small", "--from", "worse.csv", "--skip-bad-rows"]);
    assert!(shown.contains("25 bad ones") && shown.contains("row 1 (line 2)"), "{shown}");
}

#[test]
fn bad_files_are_refused_and_leave_nothing() {
    let text = csv();
    let packed = gzip(text.as_bytes());
    let archive = tar(&[("fer2013/fer2013.csv", text.as_bytes())]);
    let zipped = zip(&[("fer2013.csv", text.as_bytes())]);
    let huge = [b"emotion,pixels,Usage\n1,".to_vec(), vec![b'7'; 5 << 20], b",Training\n".to_vec()].concat();
    let mut flipped = packed.clone();
    let middle = flipped.len() / 2;
    flipped[middle] ^= 0x55;
    for (name, bytes, words) in [
        ("empty.csv", Vec::new(), &["empty file", "emotion, pixels and Usage"][..]),
        ("header.csv", b"emotion,pixels,Usage\n".to_vec(), &["no rows"]),
        ("headless.csv", text.lines().nth(1).unwrap().as_bytes().to_vec(), &["line 1", "emotion, pixels and Usage"]),
        ("column.csv", text.replacen("emotion", "mood", 1).into_bytes(), &["mood", "emotion, pixels and Usage"]),
        ("usage.csv", b"emotion,pixels\n".to_vec(), &["no rows"]),
        ("cut.csv.gz", packed[..packed.len() / 2].to_vec(), &["cut.csv.gz", "complete, undamaged"]),
        ("cut8.csv.gz", packed[..packed.len() - 8].to_vec(), &["complete, undamaged"]),
        ("flipped.csv.gz", flipped, &["flipped.csv.gz"]),
        ("cut.tar", archive[..900].to_vec(), &["cut.tar", "complete, undamaged"]),
        ("cut.tar.gz", gzip(&archive)[..150].to_vec(), &["cut.tar.gz", "complete, undamaged"]),
        ("none.tar", tar(&[("a/readme", b"x")]), &["no .csv file", "fer2013.csv"]),
        ("two.zip", zip(&[("a.csv", b"x"), ("b.csv", b"y")]), &["a.csv, b.csv", "fer2013.csv"]),
        ("cut.zip", zipped[..zipped.len() / 2].to_vec(), &["cut.zip"]),
        ("huge.csv", huge, &["line 2", "one row of text for each picture"]),
        ("binary.csv", vec![0; 300_000], &["binary.csv", "line 1"]),
    ] {
        let folder = folder("fer2013-csv", OFFICIAL);
        folder.write(name, bytes);
        refused(&folder, name, words);
        // What is wrong with the file as a whole is no bad row.
        folder.fails(1, &["import", "small", "--from", name, "--skip-bad-rows"]);
    }
}

#[test]
fn a_file_without_usage_needs_a_rule_that_draws_the_splits() {
    let rows: String = (0..40).map(|i| format!("{},{}\n", i % 2, pixels(64, i))).collect();
    let text = format!("emotion,pixels\n{rows}");
    let official = folder("fer2013-csv", OFFICIAL);
    official.write("train.csv", &text);
    refused(&official, "train.csv", &["no official splits", "stratified"]);
    let drawn = folder("fer2013-csv", r#"split = { rule = "stratified", validation = 0.25, test = 0.25, seed = 3 }"#);
    drawn.write("train.csv", &text);
    let result = json(&drawn, &["import", "small", "--from", "train.csv"]);
    for class in ["angry", "disgust"] {
        let expected = serde_json::json!({ "train": 10, "validation": 5, "test": 5 });
        assert_eq!(result["counts"][class], expected);
    }
}

#[test]
fn a_former_import_stays_when_the_next_one_fails() {
    let folder = folder("fer2013-csv", OFFICIAL);
    folder.write("good.csv", csv());
    let before = fingerprint(&folder, "good.csv");
    folder.write("bad.csv", format!("{}1,2 3,Training\n", csv()));
    folder.fails(1, &["import", "small", "--from", "bad.csv"]);
    assert_eq!(json(&folder, &["inspect", "small"])["dataset"]["fingerprint"], before.as_str());
}

#[test]
fn a_missing_source_and_an_unknown_recipe_say_what_to_do() {
    let folder = Folder::new();
    let shown = folder.fails(1, &["import", "fer2013"]);
    assert!(shown.contains("fer2013.csv is missing") && shown.contains("--from"), "{shown}");
    let shown = folder.fails(1, &["import", "fer2014"]);
    assert!(shown.contains("fer2013") && shown.contains("ckplus"), "{shown}");
}

#[test]
fn the_picture_layout_of_fer2013_is_read_by_the_names_of_its_files() {
    let folder = folder("pictures", OFFICIAL);
    let mut members = Vec::new();
    for (i, class) in ["angry", "Happiness"].into_iter().enumerate() {
        for n in 0..3u8 {
            let seed = n + 10 * i as u8;
            members.push((format!("archive/train/{class}/Training_{n}.jpg"), face(seed)));
            members.push((format!("archive/test/{class}/PublicTest_{n}.jpg"), face(seed + 100)));
            members.push((format!("archive/test/{class}/PrivateTest_{n}.jpg"), face(seed + 200)));
        }
    }
    members.push(("archive/notes.txt".to_string(), b"no picture".to_vec()));
    for (path, bytes) in &members {
        folder.write(path, bytes);
    }
    let result = json(&folder, &["import", "small", "--from", "archive"]);
    for class in ["angry", "happy"] {
        assert_eq!(result["counts"][class], serde_json::json!({ "train": 3, "validation": 3, "test": 3 }));
    }
    assert_eq!(result["dataset"]["resize"], "none");
    let expected = result["dataset"]["fingerprint"].as_str().unwrap();
    let members: Vec<(&str, &[u8])> = members.iter().map(|(p, b)| (p.as_str(), b.as_slice())).collect();
    folder.write("a.zip", zip(&members));
    folder.write("a.tar.gz", gzip(&tar(&members)));
    assert_eq!(fingerprint(&folder, "a.zip"), expected);
    assert_eq!(fingerprint(&folder, "a.tar.gz"), expected);
    // A cut archive is no smaller dataset.
    let whole = tar(&members);
    for cut in [whole.len() / 2 / 512 * 512, whole.len() / 2 + 100] {
        for (name, bytes) in [("cut.tar", whole[..cut].to_vec()), ("cut.tar.gz", gzip(&whole[..cut]))] {
            folder.write(name, bytes);
            let shown = folder.fails(1, &["import", "small", "--from", name]);
            assert!(shown.contains("undamaged"), "{shown}");
        }
    }
}

#[test]
fn any_size_and_colour_becomes_grey_of_the_recipes_size() {
    let folder = folder(
        "pictures",
        "filter = \"nearest\"\nsplit = { rule = \"stratified\", validation = 0.0, test = 0.0, seed = 1 }",
    );
    let red = RgbImage::from_pixel(30, 20, Rgb([255, 0, 0]));
    folder.write("faces/sad/red.png", png(red));
    let grey = GrayImage::from_pixel(8, 8, Luma([77]));
    folder.write("faces/fear/grey.png", png(grey));
    let result = json(&folder, &["import", "small", "--from", "faces"]);
    assert_eq!(result["dataset"]["resize"], "nearest (1 of 2 pictures)");
    let images = ferrofuse::artifact::read_npy3::<u8>(&folder.path("data/small/images.npy")).unwrap();
    assert_eq!(images.dim(), (2, 8, 8));
    // In the order of their paths: fear before sad. 0.2126 * 255 = 54.2.
    assert!(images.iter().take(64).all(|&p| p == 77));
    assert!(images.iter().skip(64).all(|&p| p == 54));
    let labels = ferrofuse::artifact::read_npy1::<u8>(&folder.path("data/small/labels.npy")).unwrap();
    assert_eq!(labels.to_vec(), [2, 4]);
}

#[test]
fn folders_without_validation_or_without_splits_name_the_rule_that_helps() {
    let write = |folder: &Folder, above: &[&str]| {
        for (n, above) in above.iter().cycle().take(40).enumerate() {
            folder.write(&format!("faces/{above}{}/{n}.png", ["sad", "fear"][n / 20]), face(n as u8));
        }
    };
    let official = folder("pictures", OFFICIAL);
    write(&official, &["train/", "test/"]);
    refused(&official, "faces", &["no validation rows", "official-test"]);
    let drawn = folder("pictures", r#"split = { rule = "official-test", validation = 0.2, seed = 1 }"#);
    write(&drawn, &["train/", "test/"]);
    let result = json(&drawn, &["import", "small", "--from", "faces"]);
    assert_eq!(result["counts"]["sad"], serde_json::json!({ "train": 8, "validation": 2, "test": 10 }));
    let flat = folder("pictures", OFFICIAL);
    write(&flat, &[""]);
    refused(&flat, "faces", &["no official splits", "stratified"]);
    let mixed = folder("pictures", OFFICIAL);
    write(&mixed, &["train/", ""]);
    refused(&mixed, "faces", &["without a split"]);
}

#[test]
fn bad_pictures_and_folders_are_refused_or_listed() {
    let fresh = || {
        let folder = folder("pictures", r#"split = { rule = "stratified", validation = 0.2, test = 0.2, seed = 1 }"#);
        for n in 0..10 {
            folder.write(&format!("faces/happy/{n}.png"), face(n));
        }
        folder
    };
    let whole = face(1);
    for (path, bytes, words) in [
        ("faces/happy/bad.png", whole[..whole.len() / 2].to_vec(), ["happy/bad.png", "can be read"]),
        ("faces/happy/empty.jpg", Vec::new(), ["happy/empty.jpg", "an empty file"]),
        ("faces/happy/text.jpg", b"hello".to_vec(), ["happy/text.jpg", "can be read"]),
        ("faces/bored/1.png", whole.clone(), ["folder bored", "angry, disgust"]),
        ("faces/1.png", whole.clone(), ["outside any folder", "angry, disgust"]),
    ] {
        let folder = fresh();
        folder.write(path, bytes);
        refused(&folder, "faces", &words);
        let result = json(&folder, &["import", "small", "--from", "faces", "--skip-bad-rows"]);
        assert_eq!((&result["dataset"]["rows"], &result["dataset"]["skipped"]), (&10.into(), &1.into()), "{path}");
    }
    let folder = fresh();
    std::fs::create_dir_all(folder.path("nothing/happy")).unwrap();
    refused(&folder, "nothing", &["no pictures", "<class>/<picture>"]);
    folder.write("file.bin", b"neither");
    refused(&folder, "file.bin", &["a folder of pictures"]);
}

#[test]
fn no_subject_of_ck_plus_is_in_two_splits() {
    let folder = folder("ck-plus", r#"split = { rule = "by-subject", validation = 0.2, test = 0.2, seed = 1 }"#);
    for subject in 0..20 {
        for frame in 0..3 {
            let class = ["anger", "sadness"][subject % 2];
            let path = format!("CK+48/{class}/S{subject:03}_001_{frame:08}.png");
            folder.write(&path, face((subject * 3 + frame) as u8));
        }
    }
    folder.ok(&["import", "small", "--from", "CK+48"]);
    let dataset = ferrofuse::dataset::Dataset::load(&folder.path("data/small")).unwrap();
    let subjects = dataset.subjects.clone().unwrap();
    assert_eq!(dataset.split_sizes(), [36, 12, 12]);
    for row in 0..60 {
        let twin = subjects.iter().position(|s| *s == subjects[row]).unwrap();
        assert_eq!(dataset.splits[row], dataset.splits[twin]);
        assert_eq!(dataset.labels[row], [0, 4][subjects[row] as usize % 2]);
    }
    folder.write("CK+48/anger/portrait.png", face(0));
    let shown = folder.fails(1, &["import", "small", "--from", "CK+48"]);
    assert!(shown.contains("portrait.png") && shown.contains("S<subject>_<sequence>_<frame>"), "{shown}");
}

const VOTES: &str = "Usage,Image name,neutral,happiness,surprise,sadness,anger,disgust,fear,contempt,unknown,NF
Training,a,0,9,0,0,0,0,0,0,0,1
PublicTest,b,0,0,0,0,0,0,0,8,2,0
PrivateTest,c,0,0,0,0,10,0,0,0,0,0
Training,d,0,0,0,0,0,0,0,0,0,10
PublicTest,e,6,0,0,4,0,0,0,0,0,0
PrivateTest,f,5,5,0,0,0,0,0,0,0,0
";

#[test]
fn votes_replace_the_labels_and_leave_out_what_nobody_knows() {
    let folder = folder("fer2013-csv", OFFICIAL);
    folder.write("small.csv", csv());
    folder.write("votes.csv", VOTES);
    let recipe = |labels: &str| {
        let classes = CLASSES.replace("\"neutral\"", "\"neutral\", \"contempt\"");
        let votes = format!("[votes]\npath = \"votes.csv\"\nlabels = \"{labels}\"\n");
        let text =
            format!("title = \"Votes\"\nformat = \"fer2013-csv\"\n{classes}\nsize = [8, 8]\n{OFFICIAL}\n{votes}");
        folder.write("data/votes.toml", text);
    };
    recipe("majority");
    let majority = json(&folder, &["import", "votes", "--from", "small.csv"]);
    // Happy, contempt, angry, neutral; no face and a tie are left out.
    assert_eq!(majority["dataset"]["rows"], 4);
    assert!(majority["dataset"]["source"].as_str().unwrap().contains("4 of 6 rows"), "{majority}");
    recipe("shares");
    let shares = json(&folder, &["import", "votes", "--from", "small.csv"]);
    assert_eq!(shares["dataset"]["rows"], 5);
    assert!(folder.path("data/votes/shares.npy").exists());
    assert_ne!(shares["dataset"]["fingerprint"], majority["dataset"]["fingerprint"]);
    let facts = folder.ok(&["inspect", "votes"]);
    assert!(facts.contains("contempt"), "{facts}");

    // Another place of the votes does not make another dataset.
    std::fs::rename(folder.path("votes.csv"), folder.path("moved.csv")).unwrap();
    let moved = json(&folder, &["import", "votes", "--from", "small.csv", "--votes", "moved.csv"]);
    assert_eq!(moved["dataset"]["recipe"], shares["dataset"]["recipe"]);
    folder.write(
        "features/patterns.toml",
        "title = \"LBP\"\nextractor = \"lbp\"\nencoding = \"concatenate\"\n[lbp]\ncell = 8\n",
    );
    let said = folder.run(&["extract", "patterns", "--dataset", "votes"]);
    assert!(said.code == 0 && !said.stderr.contains("again"), "{}", said.stderr);

    let said = folder.fails(1, &["import", "votes", "--from", "small.csv", "--votes", "nowhere.csv"]);
    assert!(said.contains("nowhere.csv") && said.contains("--votes"), "{said}");
    folder.write("votes.csv", VOTES.replace("PublicTest,b", "Training,b"));
    let said = folder.fails(1, &["import", "votes", "--from", "small.csv"]);
    assert!(said.contains("row 1 (line 3)") && said.contains("Usage"), "{said}");
    let said = folder.fails(1, &["import", "small", "--from", "small.csv", "--votes", "votes.csv"]);
    assert!(said.contains("[votes]"), "{said}");
}
