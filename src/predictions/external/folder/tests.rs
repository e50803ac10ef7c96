//! Folders as another program may leave them, good and bad.

use ndarray::{Array1, Array2, Axis, array};

use super::*;
use crate::Silent;
use crate::artifact::write_npy;
use crate::dataset::Split;
use crate::evaluation::example::example;
use crate::progress::Said;

/// The dataset's rows of both splits.
fn templates() -> (Predictions, Predictions) {
    let test = Predictions { model: "theirs".into(), probabilities: Array2::zeros((60, 6)), ..example(0) };
    (Predictions { split: Split::Validation, rows: (100..160).collect(), ..test.clone() }, test)
}

fn put_labels(folder: &Path, file: &str, labels: &[u8]) {
    write_npy(&folder.join(file), Array1::from(labels.to_vec()).mapv(i64::from).view()).unwrap();
}

/// A folder with both arrays.
fn filled() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    write_npy(&folder.path().join("validation.npy"), example(2).probabilities.view()).unwrap();
    write_npy(&folder.path().join("test.npy"), example(1).probabilities.view()).unwrap();
    folder
}

fn load(folder: &Path) -> Result<(Predictions, Predictions)> {
    let (validation, test) = templates();
    ExternalFolder::find(folder)?.load(&validation, &test, &Silent)
}

fn refused(folder: &Path) -> String {
    load(folder).unwrap_err().to_string()
}

#[test]
fn two_arrays_are_enough_and_what_is_not_known_is_said() {
    let folder = filled();
    let (validation, test) = templates();
    let said = Said::default();
    let found = ExternalFolder::find(folder.path()).unwrap();
    let read = found.load(&validation, &test, &said).unwrap();
    assert_eq!(read.0, Predictions { probabilities: example(2).probabilities, ..validation });
    assert_eq!(read.1, Predictions { probabilities: example(1).probabilities, ..test });
    assert_eq!(found.files(), [folder.path().join("validation.npy"), folder.path().join("test.npy")]);
    assert_eq!(
        said.lines(),
        [
            "theirs: no labels to compare; the order of the 60 validation rows of golden is taken on trust",
            "theirs: no labels to compare; the order of the 60 test rows of golden is taken on trust"
        ]
    );
    // Other files are not looked at.
    std::fs::write(folder.path().join("README"), "x").unwrap();
    std::fs::rename(folder.path().join("validation.npy"), folder.path().join("val.npy")).unwrap();
    load(folder.path()).unwrap();
}

#[test]
fn labels_are_compared_whichever_way_they_are_given() {
    let labels = example(0).labels;
    let mut swapped = labels.clone();
    swapped.swap(3, 4);
    let twice = [&labels[..], &labels].concat();
    for (file, good, bad, word) in [
        ("validation.labels.npy", labels.clone(), swapped.clone(), "row 3: found c4 (4); 2 of 60 labels differ"),
        ("val.labels.npy", labels.clone(), swapped.clone(), "the label of row 103 of golden"),
        (
            "test.labels.npy",
            labels.clone(),
            swapped.clone(),
            "the label of row 3 of golden; these look like the right rows",
        ),
        ("labels.npy", twice.clone(), [&labels[..], &swapped].concat(), "row 63: found c4 (4); 2 of 60"),
    ] {
        let folder = filled();
        put_labels(folder.path(), file, &good);
        load(folder.path()).unwrap();
        put_labels(folder.path(), file, &bad);
        let message = refused(folder.path());
        assert!(message.contains(file) && message.contains(word), "{message}");
        put_labels(folder.path(), file, &good[1..]);
        let message = refused(folder.path());
        assert!(message.contains(file) && message.contains("labels, expected"), "{message}");
        put_labels(folder.path(), file, &[9; 60]);
        assert!(refused(folder.path()).contains("row 0: found 9, expected a label from 0 to 5"));
        let files = ExternalFolder::find(folder.path()).unwrap();
        assert!(files.files().contains(&folder.path().join(file).as_path()));
    }
}

#[test]
fn columns_and_labels_follow_classes_txt() {
    let (validation, test) = templates();
    let name = |p: Predictions| Predictions {
        classes: ["angry", "happy", "c2", "sad", "c4", "c5"].map(String::from).to_vec(),
        ..p
    };
    let (validation, test) = (name(validation), name(test));
    let order = [5, 4, 3, 2, 1, 0];
    let folder = filled();
    for (file, salt) in [("validation.npy", 2), ("test.npy", 1)] {
        let turned = example(salt).probabilities.select(Axis(1), &order);
        write_npy(&folder.path().join(file), turned.view()).unwrap();
    }
    let turned: Vec<u8> = example(0).labels.iter().map(|label| 5 - label).collect();
    put_labels(folder.path(), "labels.npy", &[&turned[..], &turned].concat());
    std::fs::write(folder.path().join("classes.txt"), "\u{feff}c5\r\nc4\r\n Sadness \r\nc2\r\nJOY\r\nanger\r\n\r\n")
        .unwrap();
    let said = Said::default();
    let found = ExternalFolder::find(folder.path()).unwrap();
    let read = found.load(&validation, &test, &said).unwrap();
    assert_eq!(read.0.probabilities, example(2).probabilities);
    assert_eq!(read.1.probabilities, example(1).probabilities);
    let words = "angry <- anger; happy <- JOY; sad <- Sadness; in the order c5, c4, sad, c2, happy, angry";
    assert!(said.lines()[0].ends_with(words), "{said:?}");
    assert_eq!(said.lines()[2], "theirs: the labels of all 60 test rows of golden agree");

    // Labels that are numbered as the dataset's while the columns are not.
    let ours = example(0).labels;
    put_labels(folder.path(), "labels.npy", &[&ours[..], &ours].concat());
    let message = found.load(&validation, &test, &Silent).unwrap_err().to_string();
    assert!(message.contains("these look like the right rows with the classes in another order"), "{message}");
}

#[test]
fn more_classes_than_the_dataset_has_are_left_out() {
    let folder = filled();
    let wide = |salt| {
        let p = example(salt).probabilities;
        let mut wide = Array2::zeros((60, 7));
        for (mut to, from) in wide.outer_iter_mut().zip(p.outer_iter()) {
            to[0] = 0.5;
            to.slice_mut(ndarray::s![1..]).assign(&from.mapv(|p| p / 2.0));
        }
        wide.row_mut(0).assign(&array![1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]);
        wide
    };
    write_npy(&folder.path().join("validation.npy"), wide(2).view()).unwrap();
    write_npy(&folder.path().join("test.npy"), wide(1).view()).unwrap();
    let message = refused(folder.path());
    assert!(
        message.contains("(60, 7)") && message.contains("6 classes; classes.txt beside it may name others"),
        "{message}"
    );
    std::fs::write(folder.path().join("classes.txt"), "contempt\nc0\nc1\nc2\nc3\nc4\nc5\n").unwrap();
    let (validation, test) = templates();
    let said = Said::default();
    let (_, read) = ExternalFolder::find(folder.path()).unwrap().load(&validation, &test, &said).unwrap();
    assert!(read.probabilities.row(0).iter().all(|&p| p == 1.0 / 6.0));
    let rest = ndarray::s![1.., ..];
    let difference = &read.probabilities.slice(rest) - &example(1).probabilities.slice(rest);
    assert!(difference.iter().all(|d| d.abs() < 1e-6));
    let lines = said.lines().join("\n");
    assert!(lines.contains("contempt has no counterpart"), "{lines}");
    assert!(
        lines.contains("1 of 60 validation rows of golden have no probability on the dataset's classes"),
        "{lines}"
    );

    put_labels(folder.path(), "test.labels.npy", &[0; 60]);
    assert!(refused(folder.path()).contains("row 0: found contempt (0), expected a class that the dataset has"));
}

#[test]
fn what_is_missing_or_does_not_fit_is_named() {
    let folder = filled();
    let at = |file: &str| folder.path().join(file);
    for (text, word) in [
        (&b"c0\nc1\nc2\nc3\nc4\nx\n"[..], "nothing for c5, but x"),
        (b"c0\nc1\n\nc3\n", "line 3: found no name"),
        (b"c0\nC0\nc1\nc2\nc3\nc4\nc5", "`c0` and `C0`"),
        (b"c0\n", "1 names"),
        (b"", "0 names"),
        (b"\xff\xfe\n", "not UTF-8"),
        (b"c0\nc1\nc2\nc3\nc4\nc5\nc6", "(60, 7): the 60 validation rows of golden in their order, 7 classes, as in"),
    ] {
        std::fs::write(at("classes.txt"), text).unwrap();
        let message = refused(folder.path());
        assert!(message.contains("classes.txt") && message.contains(word), "{message}");
    }
    std::fs::write(at("classes.txt"), "x".repeat(1 << 17)).unwrap();
    assert!(refused(folder.path()).contains("more than 65536 bytes"));
    std::fs::remove_file(at("classes.txt")).unwrap();

    std::fs::copy(at("validation.npy"), at("val.npy")).unwrap();
    assert!(refused(folder.path()).contains("validation.npy and val.npy, expected one of them"));
    for file in ["val.npy", "validation.npy"] {
        std::fs::remove_file(at(file)).unwrap();
    }
    assert!(refused(folder.path()).contains("validation.npy is missing"));
    std::fs::rename(at("test.npy"), at("val.npy")).unwrap();
    assert!(refused(folder.path()).contains("test.npy is missing"));
    assert!(refused(&at("val.npy")).contains("found a file, expected a folder"));
    assert!(refused(&at("nowhere")).contains("nowhere is missing"));
}
