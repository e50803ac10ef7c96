//! Results of other programs in a comparison, end to end: without OpenCV and libtorch, and mostly without a model.

use ferrofuse::artifact::{read_npy1, write_npy};
use ndarray::{Array1, Array2, Axis};
use serde_json::Value;

use crate::small;
use crate::support::Folder;

/// The classes of `tiny`.
const CLASSES: [&str; 7] = ["angry", "disgust", "fear", "happy", "sad", "surprise", "neutral"];

/// A working folder with the dataset `tiny`, and what another program made of it.
struct Theirs {
    folder: Folder,
    /// Row numbers, labels and probabilities of validation and test.
    splits: [(Vec<usize>, Vec<u8>, Array2<f32>); 2],
}

/// Four rows of five are right.
fn guess(row: usize, label: u8) -> [f32; 7] {
    let mut p = [0.03125; 7];
    p[(usize::from(label) + usize::from(row.is_multiple_of(5))) % 7] = 0.8125;
    p
}

impl Theirs {
    fn new() -> Self {
        let folder = Folder::new();
        folder.write("data/tiny.toml", small::DATA);
        folder.ok(&["import", "tiny"]);
        let labels = read_npy1::<u8>(&folder.path("data/tiny/labels.npy")).unwrap();
        let codes = read_npy1::<u8>(&folder.path("data/tiny/splits.npy")).unwrap();
        let splits = [1, 2].map(|code| {
            let rows: Vec<usize> = (0..labels.len()).filter(|&row| codes[row] == code).collect();
            let of: Vec<u8> = rows.iter().map(|&row| labels[row]).collect();
            let p = Array2::from_shape_fn((rows.len(), 7), |(i, j)| guess(rows[i], of[i])[j]);
            (rows, of, p)
        });
        Self { folder, splits }
    }

    /// Writes the arrays, with the columns of these classes.
    fn arrays(&self, inside: &str, order: &[usize]) {
        std::fs::create_dir_all(self.folder.path(inside)).unwrap();
        for ((_, _, p), split) in self.splits.iter().zip(["validation", "test"]) {
            let path = self.folder.path(inside).join(format!("{split}.npy"));
            write_npy(&path, p.select(Axis(1), order).view()).unwrap();
        }
    }

    /// Lines of a table, the test rows first and each split backwards, with a split before each.
    fn lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for ((rows, labels, p), split) in self.splits.iter().zip(["validation", "test"]) {
            for ((row, &label), p) in rows.iter().zip(labels).zip(p.outer_iter()) {
                let numbers: Vec<String> = p.iter().map(f32::to_string).collect();
                lines.push(format!("{split},{row},{},{}\n", CLASSES[usize::from(label)], numbers.join(",")));
            }
        }
        lines.reverse();
        lines
    }

    /// A table of both splits.
    fn table(&self) -> String {
        format!("split,id,label,{}\n{}", CLASSES.join(","), self.lines().concat())
    }

    /// Writes an experiment of external results alone: a name and its keys for each.
    fn experiment(&self, entries: &[(&str, &str)]) {
        let mut text = "title = \"Theirs\"\ndataset = \"tiny\"\n".to_string();
        for (name, keys) in entries {
            text.push_str(&format!("[[external]]\nname = \"{name}\"\n{keys}\n"));
        }
        self.folder.write("results/x.toml", text);
    }

    fn comparison(&self) -> Value {
        let value: Value = serde_json::from_str(&self.folder.ok(&["run", "x", "--json"])).unwrap();
        value["comparison"].clone()
    }

    fn refused(&self) -> String {
        self.folder.fails(1, &["run", "x"])
    }

    /// Whether a run finds nothing to do.
    fn fresh(&self) -> bool {
        serde_json::from_str::<Value>(&self.folder.ok(&["run", "x", "--json"])).unwrap()["fresh"] == true
    }
}

const SAME: [usize; 7] = [0, 1, 2, 3, 4, 5, 6];

#[test]
fn the_same_results_score_the_same_however_they_are_written() {
    let theirs = Theirs::new();
    theirs.arrays("arrays", &SAME);
    theirs.arrays("turned", &[6, 5, 4, 3, 2, 1, 0]);
    theirs.folder.write("turned/classes.txt", "Neutral\nsurprised\nsadness\nHappiness\nfearful\ndisgusted\nanger\n");
    theirs.folder.write("both.csv", theirs.table());
    for (file, split) in [("val.csv", "validation,"), ("test.csv", "test,")] {
        let lines = theirs.lines().into_iter().filter(|line| line.starts_with(split)).map(|l| l.replace(split, ""));
        theirs.folder.write(file, format!("id,label,p_{}\n{}", CLASSES.join(",p_"), lines.collect::<String>()));
    }
    theirs.experiment(&[
        ("two arrays", "validation = \"arrays/validation.npy\"\ntest = \"arrays/test.npy\""),
        ("a folder", "folder = \"turned\""),
        ("a table", "csv = \"both.csv\""),
        ("two tables", "validation = \"val.csv\"\ntest = \"test.csv\""),
        ("one of each", "validation = \"both.csv\"\ntest = \"arrays/test.npy\""),
    ]);
    let outcome = theirs.folder.run(&["run", "x"]);
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    for said in [
        "a folder: classes of ./turned/classes.txt: angry <- anger; disgust <- disgusted; fear <- fearful; happy <- \
         Happiness; sad <- sadness; surprise <- surprised; neutral <- Neutral; in the order neutral, surprise",
        "a folder: no labels to compare; the order of the 42 test rows of tiny is taken on trust",
        "a table: classes of ./both.csv: the same classes in the same order",
        "a table: the labels of all 42 validation rows of tiny agree",
        "one of each: 42 rows of other splits are left out",
    ] {
        assert!(outcome.stderr.contains(said), "`{said}` is missing in:\n{}", outcome.stderr);
    }
    let value: Value = serde_json::from_str(&theirs.folder.ok(&["run", "x", "--json"])).unwrap();
    assert_eq!(value["fresh"], true);
    let entries = value["comparison"]["entries"].as_array().unwrap();
    assert_eq!(entries.len(), 5);
    let right = theirs.splits[1].0.iter().filter(|row| !row.is_multiple_of(5)).count();
    for entry in entries {
        assert_eq!(entry["kind"], "external");
        assert_eq!(entry["test"]["metrics"]["correct"], right);
        assert_eq!((&entry["test"], &entry["validation"]), (&entries[0]["test"], &entries[0]["validation"]));
    }
}

#[test]
fn a_file_that_changed_or_was_added_is_noticed() {
    let theirs = Theirs::new();
    theirs.arrays("theirs", &SAME);
    theirs.experiment(&[("theirs", "folder = \"theirs\"")]);
    theirs.comparison();
    assert!(theirs.fresh());
    for (split, (_, labels, _)) in ["validation", "test"].iter().zip(&theirs.splits) {
        let path = theirs.folder.path(format!("theirs/{split}.labels.npy"));
        write_npy(&path, Array1::from(labels.clone()).view()).unwrap();
        assert!(!theirs.fresh() && theirs.fresh(), "{split}");
    }
    theirs.folder.write("theirs/classes.txt", CLASSES.join("\n"));
    assert!(!theirs.fresh() && theirs.fresh());
    // With the names one place further the labels no longer agree.
    let mut turned = CLASSES;
    turned.rotate_left(1);
    theirs.folder.write("theirs/classes.txt", turned.join("\n"));
    let error = theirs.refused();
    assert!(error.contains("validation.labels.npy: row 0") && error.contains("classes in another order"), "{error}");

    theirs.folder.write("theirs.csv", theirs.table());
    theirs.experiment(&[("theirs", "csv = \"theirs.csv\"")]);
    assert!(!theirs.fresh() && theirs.fresh());
    theirs.folder.write("theirs.csv", theirs.table().replace("split,id", "id,split").replace("validation", "val"));
    let error = theirs.refused();
    assert!(error.contains("theirs.csv: line 2: found split"), "{error}");
}

#[test]
fn other_classes_than_the_dataset_has_are_left_out_and_lacking_ones_get_nothing() {
    let theirs = Theirs::new();
    let [(validation, _, _), (test, _, _)] = &theirs.splits;
    let table = |header: &str, row: &dyn Fn(usize) -> String| -> String {
        let rows: String = validation.iter().chain(test).map(|&id| format!("{id},{}\n", row(id))).collect();
        format!("id,{header}\n{rows}")
    };
    // Eight classes: one row in ten is contempt and nothing else.
    let wide = table("contempt,angry,disgust,fear,happy,sad,surprise,neutral", &|id| match id % 10 {
        0 => "1,0,0,0,0,0,0,0".into(),
        _ => "0.5,0,0,0,0.25,0,0,0.25".into(),
    });
    theirs.folder.write("wide.csv", wide);
    theirs.folder.write("narrow.csv", table("sadness,happiness", &|_| "0.25,0.75".into()));
    theirs.experiment(&[("eight", "csv = \"wide.csv\""), ("two", "csv = \"narrow.csv\"")]);
    let outcome = theirs.folder.run(&["run", "x"]);
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    let undecided = test.iter().filter(|id| id.is_multiple_of(10)).count();
    for said in [
        "contempt has no counterpart".to_string(),
        format!("eight: {undecided} of 42 test rows of tiny have no probability on the dataset's classes"),
        "happy <- happiness; sad <- sadness; in the order sad, happy; angry <- nothing".to_string(),
        "(probability 0)".to_string(),
        "two: no column `label` to compare".to_string(),
    ] {
        assert!(outcome.stderr.contains(&said), "`{said}` is missing in:\n{}", outcome.stderr);
    }
    let predictions = theirs.folder.path("results/x/predictions");
    let eight =
        ferrofuse::predictions::load_predictions(&predictions, "eight", ferrofuse::dataset::Split::Test).unwrap();
    for (row, id) in eight.probabilities.outer_iter().zip(test) {
        match id % 10 {
            0 => assert!(row.iter().all(|&p| p == 1.0 / 7.0), "{row}"),
            _ => assert_eq!(row.to_vec(), [0.0, 0.0, 0.0, 0.5, 0.0, 0.0, 0.5]),
        }
    }
}

#[test]
fn a_bad_folder_is_named() {
    let theirs = Theirs::new();
    theirs.experiment(&[("theirs", "folder = \"theirs\"")]);
    assert!(theirs.refused().contains("theirs is missing: a folder of results holds validation.npy and test.npy"));
    theirs.arrays("theirs", &SAME);
    let [(_, validation, p), (_, test, _)] = &theirs.splits;
    let labels = |file: &str, labels: &[u8]| {
        write_npy(&theirs.folder.path("theirs").join(file), Array1::from(labels.to_vec()).view()).unwrap();
    };
    let mut swapped = test.clone();
    let other = (1..42).find(|&i| test[i] != test[0]).unwrap();
    swapped.swap(0, other);
    labels("test.labels.npy", &swapped);
    let error = theirs.refused();
    assert!(error.contains("test.labels.npy: row 0: found") && error.contains("2 of 42 labels differ"), "{error}");
    assert!(error.contains("the label of row 126 of tiny; these look like the right rows in another order"), "{error}");
    labels("test.labels.npy", &test[..41]);
    assert!(theirs.refused().contains("41 labels, expected 42: one for each of the 42 test rows of tiny"));
    labels("test.labels.npy", test);

    labels("labels.npy", &[&test[..], validation].concat());
    assert!(theirs.refused().contains("labels.npy: row "));
    labels("labels.npy", &[&validation[..], test].concat());
    theirs.comparison();

    theirs.folder.write("theirs/classes.txt", CLASSES.join("\n").replace("sad", "sda"));
    let error = theirs.refused();
    assert!(
        error.contains("classes.txt: found nothing for sad, but sda, expected the classes by name: angry"),
        "{error}"
    );
    theirs.folder.write("theirs/classes.txt", CLASSES[1..].join("\n"));
    assert!(theirs.refused().contains("6 classes, as in ./theirs/classes.txt"));
    std::fs::remove_file(theirs.folder.path("theirs/classes.txt")).unwrap();

    write_npy(&theirs.folder.path("theirs/val.npy"), p.view()).unwrap();
    assert!(theirs.refused().contains("validation.npy and val.npy, expected one of them"));
    std::fs::remove_file(theirs.folder.path("theirs/validation.npy")).unwrap();
    theirs.comparison();
    write_npy(&theirs.folder.path("theirs/val.npy"), (p * 2.0).view()).unwrap();
    assert!(theirs.refused().contains("val.npy: row 0, column"));
    std::fs::remove_file(theirs.folder.path("theirs/test.npy")).unwrap();
    assert!(theirs.refused().contains("test.npy is missing"));
}

#[test]
fn a_bad_table_is_named_with_its_line() {
    let theirs = Theirs::new();
    theirs.experiment(&[("theirs", "csv = \"theirs.csv\"")]);
    assert!(theirs.refused().contains("theirs.csv"));
    let (header, lines) = (format!("split,id,label,{}\n", CLASSES.join(",")), theirs.lines());
    let changed = |line: usize, change: &dyn Fn(&str) -> String| {
        let mut lines = lines.clone();
        lines[line - 2] = change(&lines[line - 2]);
        format!("{header}{}", lines.concat())
    };
    let field = |line: &str, place: usize, new: &str| {
        let mut fields: Vec<&str> = line.trim_end().split(',').collect();
        fields[place] = new;
        format!("{}\n", fields.join(","))
    };
    let wrong_label = |line: &str| {
        let right = line.split(',').nth(2).unwrap();
        field(line, 2, CLASSES.iter().find(|class| **class != right).unwrap())
    };
    // Line 2 is the last test row: the table stands backwards.
    for (text, words) in [
        (changed(5, &|_| String::new()), ["no row with id 164; 1 are missing", "42 test rows of tiny (126 to 167)"]),
        (changed(5, &|line| field(line, 1, "163")), ["line 6: found id 163 again", "it stands in line 5 too"]),
        (
            changed(5, &|line| field(line, 1, "38")),
            ["line 5: found id `38`", "one of the 42 test rows of tiny (126 to 167)"],
        ),
        (
            changed(5, &|line| field(line, 0, "val")),
            ["line 5: found id `164`", "42 validation rows of tiny (84 to 125)"],
        ),
        (changed(5, &|line| field(line, 1, "3.5")), ["line 5: found id `3.5`", "the number of one"]),
        (changed(5, &|line| field(line, 5, "0,1")), ["line 5: found 11 fields", "10, as many as in the first line"]),
        (changed(5, &|line| field(line, 5, "a lot")), ["line 5, column fear: found `a lot`", "from 0 to 1"]),
        (changed(5, &|line| field(line, 5, "-4.5")), ["line 5, column fear: found -4.5", "softmax first"]),
        (changed(5, &|line| field(line, 5, "0.5")), ["line 5: found a sum of 1.", "a sum of 1 within"]),
        (changed(5, &|line| field(line, 2, "bored")), ["line 5: found label `bored`", "or its number from 0 to 6"]),
        (changed(5, &wrong_label), ["line 5 (id 164): found", "1 of 42 labels differ"]),
        (changed(5, &|line| field(line, 0, "holiday")), ["line 5: found split `holiday`", "PublicTest"]),
        (theirs.table().replace("split,id", "split,row"), ["line 1: found no column `id`", "there are angry"]),
        (
            theirs.table().replace(",fear,", ",faer,"),
            ["line 1: found nothing for fear, but faer", "the classes by name"],
        ),
        (theirs.table().replace("label,", ""), ["line 2: found 10 fields", "9, as many"]),
        (String::new(), ["line 1: found no column `id`", "expected the columns id"]),
    ] {
        theirs.folder.write("theirs.csv", text);
        let error = theirs.refused();
        assert!(words.iter().all(|word| error.contains(word)), "{words:?}:\n{error}");
        assert!(error.contains("theirs.csv"), "{error}");
    }
    theirs.folder.write("theirs.csv", theirs.table());
    theirs.comparison();
}

#[test]
fn a_recipe_that_names_no_file_or_too_many_is_refused_before_any_work() {
    let folder = Folder::new();
    folder.write("data/tiny.toml", small::DATA);
    for (keys, words) in [
        ("", ["external `theirs`: found no place of its files", "either validation and test, or folder, or csv"]),
        ("test = \"t.npy\"", ["found test", "either validation and test"]),
        ("folder = \"f\"\ncsv = \"c.csv\"", ["found folder and csv", "either validation and test"]),
        ("table = \"c.csv\"", ["table", "folder"]),
    ] {
        let recipe = format!("title = \"x\"\ndataset = \"tiny\"\n[[external]]\nname = \"theirs\"\n{keys}\n");
        folder.write("results/x.toml", recipe);
        let error = folder.fails(1, &["run", "x"]);
        assert!(words.iter().all(|word| error.contains(word)) && error.contains("x.toml"), "{words:?}:\n{error}");
    }
    folder.write("results/x.toml", "title = \"x\"\ndataset = \"tiny\"\n");
    assert!(folder.fails(1, &["run", "x"]).contains("at least one model or [[external]]"));
    assert!(!folder.path("data/tiny").exists());
}

#[test]
fn theirs_are_read_before_ours_are_trained_and_then_compared_with_them() {
    let theirs = Theirs::new();
    let hog = "title = \"hog\"\nextractor = \"hog\"\nencoding = \"concatenate\"\n[hog]\ncell = 6\n";
    theirs.folder.write("features/hog.toml", hog);
    theirs.folder.write("models/linear.toml", "kind = \"linear\"\ntitle = \"Linear\"\nfeatures = [\"hog\"]\n");
    let recipe = "title = \"x\"\ndataset = \"tiny\"\nmodels = [\"linear\"]\n[[external]]\nname = \"theirs\"\n\
                  csv = \"theirs.csv\"\n[[aggregate]]\nname = \"both\"\nmembers = [\"linear\", \"theirs\"]\n";
    theirs.folder.write("results/x.toml", recipe);
    theirs.folder.write("theirs.csv", theirs.table().replace("happy", "hapy"));
    assert!(theirs.refused().contains("hapy"));
    assert!(!theirs.folder.path("models/tiny").exists() && !theirs.folder.path("features/tiny").exists());

    theirs.folder.write("theirs.csv", theirs.table());
    let comparison = theirs.comparison();
    let names: Vec<&str> =
        comparison["entries"].as_array().unwrap().iter().map(|e| e["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["linear", "theirs", "both"]);
}

#[test]
fn nothing_is_chosen_on_test_rows_unless_that_is_allowed_and_then_said_in_red() {
    let theirs = Theirs::new();
    theirs.arrays("one", &[0, 1, 2, 3, 4, 5, 6]);
    theirs.arrays("two", &[0, 1, 2, 3, 4, 5, 6]);
    let [(_, _, one), (_, _, two)] = &theirs.splits;
    let blurred = |p: &Array2<f32>| p.mapv(|p| 0.5 * p + 0.5 / 7.0);
    for (p, split) in [(one, "validation"), (two, "test")] {
        write_npy(&theirs.folder.path(format!("two/{split}.npy")), blurred(p).view()).unwrap();
    }
    let recipe = |head: &str| {
        format!(
            "title = \"t\"\ndataset = \"tiny\"\n{head}\n[[external]]\nname = \"one\"\nfolder = \"one\"\n\
             [[external]]\nname = \"two\"\nfolder = \"two\"\n\
             [[aggregate]]\nname = \"both\"\nmembers = [\"one\", \"two\"]\nmethod = \"greedy\"\n"
        )
    };
    let folder = &theirs.folder;
    let titles = "[titles]\none = \"The first of theirs\"\nboth = \"The two\"\n";
    folder.write("results/titles.toml", recipe("") + &titles.replace("one =", "nobody ="));
    assert!(folder.fails(1, &["run", "titles"]).contains("titles: found `nobody`"));
    folder.write("results/chosen.toml", recipe("choose-on = \"test\"") + titles);
    let said = folder.fails(1, &["run", "chosen"]);
    assert!(said.contains("choose-on") && said.contains("--allow-test-selection"), "{said}");
    assert!(!folder.path("results/chosen").exists());
    let warning = "chosen on the very test rows";
    assert!(folder.ok(&["run", "chosen", "--allow-test-selection"]).contains(warning));
    let read = |file: &str| std::fs::read_to_string(folder.path("results/chosen").join(file)).unwrap();
    assert!(read("report.html").contains("banner alarm"));
    assert!(read("metrics.json").contains("\"chosen_on\": \"test\""));
    assert!(read("tables/scores.csv").starts_with("synthetic_faces,chosen_on_test,"));
    assert!(read("tables/scores.csv").contains(",The first of theirs,") && read("report.md").contains("| The two |"));
    // What is scored again stays what it was; that it is there is no way around the refusal.
    assert!(folder.ok(&["report", "chosen"]).contains(warning));
    assert!(read("report.md").contains("| The two |"));
    assert!(read("report.md").contains(warning));
    let page = folder.path("results/chosen/report.html");
    std::fs::remove_file(&page).unwrap();
    let said = folder.ok(&["report", "chosen", "--only", "html", "tables"]);
    assert!(page.exists() && said.contains("tables.tex") && !said.contains(".png"), "{said}");
    folder.fails(1, &["run", "chosen"]);
    folder.write("results/train.toml", recipe("choose-on = \"train\""));
    assert!(folder.fails(1, &["run", "train"]).contains("choose-on"));
    folder.write("results/folds.toml", format!("{}[folds]\nrule = \"stratified\"\ncount = 3\nseed = 5\n", recipe("")));
    assert!(folder.fails(1, &["crossval", "folds"]).contains("every row is a test row"));
}

#[test]
fn validation_rows_that_are_the_test_rows_are_noticed() {
    let theirs = Theirs::new();
    theirs.arrays("one", &[0, 1, 2, 3, 4, 5, 6]);
    let (validation, test) = (theirs.folder.path("one/validation.npy"), theirs.folder.path("one/test.npy"));
    std::fs::copy(&test, &validation).unwrap();
    theirs.folder.write(
        "results/same.toml",
        "title = \"t\"\ndataset = \"tiny\"\n[[external]]\nname = \"one\"\nfolder = \"one\"\n",
    );
    let said = theirs.folder.fails(1, &["run", "same"]);
    assert!(said.contains("validation and test") || said.contains("rows"), "{said}");
}

#[test]
fn tables_are_members_of_an_aggregate() {
    let theirs = Theirs::new();
    theirs.arrays("theirs", &SAME);
    theirs.folder.write("theirs.csv", theirs.table());
    theirs.experiment(&[("stored", "folder = \"theirs\"")]);
    theirs.comparison();
    // Of an experiment: by the row numbers of the dataset.
    let args = ["aggregate", "x", "--members", "stored", "theirs.csv", "theirs/test.npy", "--json"];
    let value: Value = serde_json::from_str(&theirs.folder.ok(&args)).unwrap();
    let metrics = |member: usize| &value["members"][member]["metrics"];
    assert_eq!((metrics(0), metrics(0)), (metrics(1), metrics(2)));
    let shown = theirs.folder.run(&["aggregate", "x", "--members", "stored", "theirs.csv", "--split", "validation"]);
    assert_eq!(shown.code, 0, "{}", shown.stderr);
    assert!(
        shown.stderr.contains("theirs.csv: the labels of all 42 validation rows of tiny agree"),
        "{}",
        shown.stderr
    );

    // Of files alone: by their place in the labels.
    let (_, labels, p) = &theirs.splits[1];
    write_npy(&theirs.folder.path("labels.npy"), Array1::from(labels.clone()).view()).unwrap();
    let rows: String = p
        .outer_iter()
        .enumerate()
        .map(|(i, p)| format!("{},{},{},{},{},{},{},{i}\n", p[6], p[5], p[4], p[3], p[2], p[1], p[0]))
        .collect();
    let mut backwards = CLASSES;
    backwards.reverse();
    theirs.folder.write("turned.csv", format!("{},id\n{rows}", backwards.join(",")));
    let classes = CLASSES.join(",");
    let files = |members: &[&str], more: &[&str]| {
        [&["aggregate", "--members"], members, &["--labels", "labels.npy", "--json"], more]
            .concat()
            .into_iter()
            .map(str::to_string)
            .collect::<Vec<_>>()
    };
    let run = |args: Vec<String>| theirs.folder.run(&args.iter().map(String::as_str).collect::<Vec<_>>());
    theirs.folder.write("again.csv", format!("{},id\n{rows}", backwards.join(",")));
    for members in [["turned.csv", "theirs/test.npy"], ["theirs/test.npy", "turned.csv"], ["turned.csv", "again.csv"]] {
        let outcome = run(files(&members, &["--classes", &classes]));
        assert_eq!(outcome.code, 0, "{}", outcome.stderr);
        let of_files: Value = serde_json::from_str(&outcome.stdout).unwrap();
        for member in 0..2 {
            assert_eq!(of_files["members"][member]["metrics"]["correct"], metrics(0)["correct"]);
        }
    }
    let error = run(files(&["turned.csv", "again.csv"], &[])).stderr;
    assert!(error.contains("--classes: found nothing") && error.contains("turned.csv"), "{error}");
    let error = run(files(&["turned.csv", "theirs/test.npy"], &["--classes", "a,b"])).stderr;
    assert!(error.contains("2 names, expected 7, one for each column of theirs/test.npy"), "{error}");
    let error = run(files(&["theirs/test.npy", "theirs.csv"], &["--classes", &classes])).stderr;
    assert!(error.contains("theirs.csv: line 2: found id `167`") && error.contains("(0 to 41)"), "{error}");
}
