//! `ferrofuse inspect` end to end.

use crate::support::Folder;

/// Eight rows of 8 x 8: (pattern, label, usage); pattern 0 is constant, equal patterns are equal pictures.
const ROWS: [(usize, usize, &str); 8] = [
    (1, 0, "Training"),
    (1, 0, "Training"),
    (1, 1, "PrivateTest"),
    (2, 1, "PublicTest"),
    (2, 1, "PrivateTest"),
    (3, 1, "PrivateTest"),
    (0, 0, "Training"),
    (4, 0, "PublicTest"),
];

fn imported() -> Folder {
    let folder = Folder::new();
    let recipe = "title = \"Small\"\nformat = \"fer2013-csv\"\npath = \"small.csv\"\n\
        classes = [\"happy\", \"sad\"]\nsize = [8, 8]\nsplit = { rule = \"official\" }\n";
    folder.write("data/small.toml", recipe);
    let mut text = String::from("emotion,pixels,Usage\n");
    for (pattern, label, usage) in ROWS {
        let pixels: Vec<String> = (0..64).map(|i| (pattern * i % 256).to_string()).collect();
        text.push_str(&format!("{label},{},{usage}\n", pixels.join(" ")));
    }
    folder.write("small.csv", text);
    folder.ok(&["import", "small"]);
    folder
}

#[test]
fn counts_duplicates_contradictions_and_constant_rows_are_found() {
    let folder = imported();
    let found: serde_json::Value = serde_json::from_str(&folder.ok(&["inspect", "small", "--json"])).unwrap();
    assert_eq!(found["counts"]["happy"], serde_json::json!({ "train": 3, "validation": 1, "test": 0 }));
    assert_eq!(found["counts"]["sad"], serde_json::json!({ "train": 0, "validation": 1, "test": 3 }));
    let duplicates = &found["duplicates"];
    assert_eq!((&duplicates["groups"], &duplicates["rows"]), (&2.into(), &5.into()));
    assert_eq!(duplicates["contradictions"], serde_json::json!([[0, 1, 2]]));
    assert_eq!(duplicates["twins"]["train"], serde_json::json!({ "train": 2, "validation": 0, "test": 2 }));
    assert_eq!(duplicates["twins"]["validation"], serde_json::json!({ "train": 0, "validation": 0, "test": 1 }));
    assert_eq!(duplicates["twins"]["test"], serde_json::json!({ "train": 1, "validation": 1, "test": 0 }));
    assert_eq!(found["constant"], serde_json::json!([6]));
    let shown = folder.ok(&["inspect", "small"]);
    for words in ["2 groups, 5 rows", "0 (train happy), 1 (train happy), 2 (test sad)", "6 (train happy), all pixels 0"]
    {
        assert!(shown.contains(words), "`{words}` is missing in:\n{shown}");
    }
}

#[test]
fn the_chart_the_sheet_and_the_list_are_written_where_asked() {
    let folder = imported();
    folder.ok(&["inspect", "small", "--output", "seen", "--samples", "3"]);
    for name in ["counts.png", "samples.png"] {
        let picture = image::open(folder.path(format!("seen/{name}"))).unwrap().into_luma8();
        assert!(picture.pixels().any(|p| p.0[0] < 100), "{name} is empty");
    }
    let svg = std::fs::read_to_string(folder.path("seen/counts.svg")).unwrap();
    for words in ["<svg", "Small: rows per class and split", "happy", "validation"] {
        assert!(svg.contains(words), "{words}");
    }
    let list = std::fs::read_to_string(folder.path("seen/duplicates.csv")).unwrap();
    assert_eq!(
        list,
        "group,row,split,class\n0,0,train,happy\n0,1,train,happy\n0,2,test,sad\n1,3,validation,sad\n1,4,test,sad\n"
    );
    assert!(!folder.path("data/small/inspect").exists());
    folder.ok(&["inspect", "small"]);
    assert!(folder.path("data/small/inspect/samples.png").exists());
}

#[test]
fn a_dataset_that_was_not_imported_names_the_command() {
    let shown = Folder::new().fails(1, &["inspect", "fer2013"]);
    assert!(shown.contains("ferrofuse import fer2013"), "{shown}");
}
