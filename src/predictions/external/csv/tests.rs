//! Tables as another program may write them, good and bad.

use super::*;
use crate::Silent;
use crate::evaluation::example::example;
use crate::progress::Said;

/// Rows 100 to 102 validate, rows 107 and 109 test.
fn templates() -> (Predictions, Predictions) {
    let of = |split, rows: &[u32], labels: &[u8]| Predictions {
        model: "theirs".into(),
        classes: ["angry", "happy", "sad"].map(String::from).to_vec(),
        split,
        rows: rows.to_vec(),
        labels: labels.to_vec(),
        probabilities: Array2::zeros((rows.len(), 3)),
        ..example(0)
    };
    (of(Split::Validation, &[100, 101, 102], &[0, 1, 2]), of(Split::Test, &[107, 109], &[2, 1]))
}

const HEADER: &str = "id,label,angry,happy,sad\n";
const ROWS: [&str; 5] = [
    "100,angry,0.5,0.25,0.25\n",
    "101,happy,0.125,0.75,0.125\n",
    "102,sad,0,0,1\n",
    "107,sad,0.25,0.5,0.25\n",
    "109,happy,1e-1,0.9,0\n",
];

fn written(text: impl AsRef<[u8]>) -> tempfile::NamedTempFile {
    let file = tempfile::Builder::new().suffix(".csv").tempfile().unwrap();
    std::fs::write(file.path(), text).unwrap();
    file
}

fn both(text: &str) -> Result<(Predictions, Predictions)> {
    let (validation, test) = templates();
    load_csv(written(text).path(), &validation, &test, &Silent)
}

fn refused(text: &str) -> String {
    both(text).unwrap_err().to_string()
}

#[test]
fn rows_in_any_order_are_put_in_order() {
    let (validation, test) = both(&format!("{HEADER}{}", ROWS.concat())).unwrap();
    assert_eq!(validation.probabilities, ndarray::array![[0.5, 0.25, 0.25], [0.125, 0.75, 0.125], [0.0, 0.0, 1.0]]);
    assert_eq!(test.probabilities, ndarray::array![[0.25, 0.5, 0.25], [0.1, 0.9, 0.0]]);
    assert_eq!((test.model.as_str(), &test.rows, &test.labels), ("theirs", &vec![107, 109], &vec![2, 1]));
    let backwards: String = ROWS.iter().rev().copied().collect();
    assert_eq!(both(&format!("{HEADER}{backwards}")).unwrap(), (validation.clone(), test.clone()));

    // Written on Windows, with a byte order mark, blank lines, spaces, quotes, numbers as labels and no end of the last line.
    let odd = "\u{feff}ID , P_Sad,\"Prob_Happiness\",probability_anger,Label\r\n\r\n109,0,0.9,0.1,1\r\n 107 , .25,5e-1,\
               +0.25,sadness\r\n100,0.25,0.25,0.5,\"ANGER\"\r\n101,0.125,0.75,0.125,1\r\n\r\n102,1,0,0,2";
    assert_eq!(both(odd).unwrap(), (validation, test));
}

#[test]
fn one_split_is_read_from_a_file_of_its_own_or_by_its_name() {
    let (validation, test) = both(&format!("{HEADER}{}", ROWS.concat())).unwrap();
    let (_, template) = templates();
    let alone = written(format!("{HEADER}{}{}", ROWS[4], ROWS[3]));
    assert_eq!(load_one(alone.path(), &template, &Silent).unwrap(), test);

    let split = ["val", "PublicTest", "validation", "test", "PrivateTest"];
    let rows: String = ROWS.iter().zip(split).map(|(row, split)| format!("{split},{row}")).collect();
    // Training rows need no row number that is known.
    let named = format!("split,{HEADER}train,7,angry,0,0,9\n{rows}Training,0,,,,\n");
    assert_eq!(both(&named).unwrap(), (validation, test.clone()));
    let said = Said::default();
    assert_eq!(load_one(written(named).path(), &template, &said).unwrap(), test);
    assert!(said.lines().contains(&"theirs: 5 rows of other splits are left out".to_string()), "{said:?}");
}

#[test]
fn what_was_made_of_the_columns_is_said() {
    let (_, template) = templates();
    let table = written("path,id,happiness,neutral,anger,sad\na.png,107,0.25,0.5,0,0.25\nb.png,109,0,1,0,0\n");
    let said = Said::default();
    let read = load_one(table.path(), &template, &said).unwrap();
    assert_eq!(read.probabilities, ndarray::array![[0.0, 0.5, 0.5], [1.0 / 3.0, 1.0 / 3.0, 1.0 / 3.0]]);
    let lines = said.lines().join("\n");
    for part in [
        "angry <- anger; happy <- happiness; in the order happy, angry, sad; neutral has no counterpart",
        "theirs: columns that are no class: path",
        "theirs: no column `label` to compare",
        "theirs: 1 of 2 test rows of golden have no probability on the dataset's classes and count as undecided",
    ] {
        assert!(lines.contains(part), "`{part}` is missing in:\n{lines}");
    }

    let said = Said::default();
    load_one(written(format!("{HEADER}{}{}", ROWS[3], ROWS[4])).path(), &template, &said).unwrap();
    let lines = said.lines();
    assert!(lines[0].ends_with(": the same classes in the same order"), "{lines:?}");
    assert_eq!(lines[1..], ["theirs: the labels of all 2 test rows of golden agree"]);
}

#[test]
fn a_class_that_they_lack_has_probability_0() {
    let (_, template) = templates();
    let table = written("id,sad,happy\n109,0.25,0.75\n107,1,0\n");
    let said = Said::default();
    let read = load_one(table.path(), &template, &said).unwrap();
    assert_eq!(read.probabilities, ndarray::array![[0.0, 0.0, 1.0], [0.0, 0.75, 0.25]]);
    assert!(said.lines()[0].ends_with("in the order sad, happy; angry <- nothing (probability 0)"), "{said:?}");
}

#[test]
fn every_fault_is_named_with_its_line() {
    let all = ROWS.concat();
    let with = |row: &str| format!("{HEADER}{all}{row}");
    let changed = |from: &str, to: &str| format!("{HEADER}{}", all.replacen(from, to, 1));
    for (text, words) in [
        (String::new(), ["line 1: found no column `id`", "expected the columns id"]),
        ("angry,happy,sad\n".into(), ["line 1: found no column `id`; besides, there are angry", "split"]),
        (
            "id,angry,happy\n100,0.5,0.5\n".into(),
            ["no row with id 101; 2 are missing", "3 validation rows of golden (100 to 102)"],
        ),
        ("id,angry,happy,sda\n".into(), ["line 1: found nothing for sad, but sda", "by name: angry, happy, sad"]),
        ("id,angry,happy,sad,joy\n".into(), ["line 1: found `happy` and `joy`, which are one class", "once"]),
        (
            with("7,angry,1,0,0\n"),
            [
                "line 7: found id `7`",
                "3 validation rows of golden (100 to 102) or the 2 test rows of golden (107, 109); rows of other splits need a column `split`",
            ],
        ),
        (with("seven,angry,1,0,0\n"), ["line 7: found id `seven`", "expected the number of one of the 3"]),
        (with("-1,angry,1,0,0\n"), ["line 7: found id `-1`", "expected the number"]),
        (with("\n\n101,happy,0,1,0\n"), ["line 9: found id 101 again", "it stands in line 3 too"]),
        (with("110,sad,0,1\n"), ["line 7: found 4 fields", "expected 5, as many as in the first line"]),
        (with("110,sad,0,\"1\n"), ["line 7: found", "5"]),
        (changed("0.75", "0.7x"), ["line 3, column happy: found `0.7x`", "a probability from 0 to 1"]),
        (changed("0.75", ""), ["line 3, column happy: found ``", "a probability from 0 to 1"]),
        (changed("0.75", "nan"), ["line 3, column happy: found NaN", "a probability from 0 to 1"]),
        (changed("0.75", "7.5"), ["line 3, column happy: found 7.5", "softmax"]),
        (changed("0.125,0.75,0.125", "-2.1,-0.3,-2.1"), ["line 3, column angry: found -2.1", "take exp"]),
        (changed("0.75", "0.65"), ["line 3: found a sum of 0.9", "a sum of 1"]),
        (
            changed("sad,0,", "bored,0,"),
            ["line 4: found label `bored`", "one of angry, happy, sad, or its number from 0 to 2"],
        ),
        (changed("sad,0,", "3,0,"), ["line 4: found label `3`", "from 0 to 2"]),
        (
            changed("sad,0,", "0,0,"),
            ["line 4 (id 102): found angry (0); 1 of 3 labels differ", "sad (2), the label of row 102 of golden"],
        ),
        (
            format!("{HEADER}{}", ROWS[..4].concat()),
            ["no row with id 109; 1 are missing", "2 test rows of golden (107, 109)"],
        ),
    ] {
        let message = refused(&text);
        assert!(words.iter().all(|word| message.contains(word)), "{words:?}:\n{message}");
        assert!(message.contains(".csv: "), "{message}");
    }
}

#[test]
fn faults_of_splits_are_named() {
    let rows = "val,100,angry,0.5,0.25,0.25\n";
    let message = refused(&format!("split,{HEADER}{rows}holiday,101,happy,0,1,0\n"));
    assert!(message.contains("line 3: found split `holiday`") && message.contains("PublicTest"), "{message}");
    // Numbers that count inside the split, and a row under the wrong one.
    for row in ["test,0,angry,1,0,0\n", "test,100,angry,1,0,0\n"] {
        let message = refused(&format!("split,{HEADER}{row}"));
        assert!(message.contains("line 2: found id") && message.contains("one of the 2 test rows"), "{message}");
        assert!(!message.contains("need a column"), "{message}");
    }
    let (validation, test) = templates();
    let other = Predictions { classes: vec!["x".into(), "y".into()], ..test };
    let message = load_csv(written(HEADER).path(), &validation, &other, &Silent).unwrap_err().to_string();
    assert!(message.contains("classes of the test rows: found x, y"), "{message}");
}

#[test]
fn a_sum_names_the_columns_that_were_taken_for_no_class() {
    let message = refused("id,angry,happy,sad,unknown,NF\n100,0.25,0.25,0.25,0.125,0.125\n");
    assert!(message.contains("line 2: found a sum of 0.75"), "{message}");
    assert!(message.contains("columns taken for no class: unknown, NF (a class may be named `prob_...`)"), "{message}");
}

#[test]
fn numbers_are_no_labels_where_classes_are_called_by_them() {
    let (_, template) = templates();
    let template = Predictions { classes: ["1", "2", "3"].map(String::from).to_vec(), ..template };
    let text = "id,label,p_1,p_2,p_3\n107,3,0,0,1\n109,2,0,0,1\n";
    assert_eq!(load_one(written(text).path(), &template, &Silent).unwrap().predicted(), [2, 2]);
    let message = load_one(written(text.replace("109,2", "109,0")).path(), &template, &Silent).unwrap_err().to_string();
    assert!(message.contains("label `0`") && message.ends_with("expected one of 1, 2, 3"), "{message}");
}

#[test]
fn a_file_that_is_no_table_is_refused() {
    let (validation, test) = templates();
    for bytes in [b"\x93NUMPY\x01\x00\xff\xfe\x00".to_vec(), vec![b'x'; 3 << 20], b"id,\"angry\n".repeat(1 << 18)] {
        let message = load_csv(written(bytes).path(), &validation, &test, &Silent).unwrap_err().to_string();
        assert!(message.contains(".csv: line 1"), "{message}");
    }
    // Random bytes in the rows below a good first line.
    for byte in [0u8, b'"', b',', b'\r', 0xff] {
        let text = [HEADER.as_bytes(), &[byte; 50], b"\n"].concat();
        let message = load_csv(written(text).path(), &validation, &test, &Silent).unwrap_err().to_string();
        assert!(message.contains(".csv: "), "{message}");
    }
    let folder = tempfile::tempdir().unwrap();
    assert!(load_csv(folder.path(), &validation, &test, &Silent).unwrap_err().to_string().contains("cannot read"));
    assert!(load_csv(&folder.path().join("no.csv"), &validation, &test, &Silent).is_err());
}

#[test]
fn numbers_come_back_to_the_last_bit() {
    // A step of 7 visits all of the 60 rows, but in another order.
    let template = example(0);
    let p = example(1).probabilities;
    let mut text = String::from("c3,c0,c1,c2,c4,c5,label,id\n");
    for i in (0..60).map(|i| i * 7 % 60) {
        let fields: Vec<String> = [3, 0, 1, 2, 4, 5].iter().map(|&j| p[[i, j]].to_string()).collect();
        text.push_str(&format!("{},{},{i}\n", fields.join(","), template.labels[i]));
    }
    let read = load_one(written(text).path(), &template, &Silent).unwrap();
    assert_eq!(read.probabilities, example(1).probabilities);
}

proptest::proptest! {
    #[test]
    fn no_text_makes_it_panic(rows in "[0-9,.\"\n\r a-zä-]{0,200}", header in "((id|label|split|happy|p_sad|angry|x|\"),){0,6}") {
        let _ = both(&rows);
        let _ = both(&format!("{HEADER}{rows}"));
        let _ = both(&format!("{header}\n{rows}"));
    }
}
