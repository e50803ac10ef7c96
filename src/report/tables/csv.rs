//! Tables as CSV: numbers with all their digits instead of how they are shown.

use super::Table;
use crate::error::{Error, Result};

/// A line for the heading and one for each row; shares and differences of shares go from 0 to 1, an interval has a column
/// for each end, what is undefined is an empty field. `marks` are columns before the others that are true in every row.
///
/// # Errors
/// [`Error::Backend`] when a line cannot be written.
pub fn render(table: &Table, marks: &[&str]) -> Result<Vec<u8>> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let failed = |e: &dyn std::fmt::Display| Error::backend("csv", format!("write the table `{}`", table.id), e);
    let interval = |column: usize| table.rows.iter().any(|row| row.get(column).is_some_and(|c| c.high.is_some()));

    let mut heading: Vec<String> = marks.iter().map(|mark| mark.to_string()).collect();
    for (i, name) in table.heading.iter().enumerate() {
        // Numbers here are shares, not percent.
        let name = name.trim_end_matches(", %").trim_end_matches(", points");
        match interval(i) {
            true => heading.extend([format!("{name}, low"), format!("{name}, high")]),
            false => heading.push(name.to_string()),
        }
    }
    writer.write_record(heading).map_err(|e| failed(&e))?;
    for row in &table.rows {
        let mut fields = vec!["true".to_string(); marks.len()];
        for (i, cell) in row.iter().enumerate() {
            let number = |value: Option<f64>| value.map_or_else(String::new, |v| v.to_string());
            match (i < table.words, interval(i)) {
                (true, _) => fields.push(cell.text.clone()),
                (false, true) => fields.extend([number(cell.value), number(cell.high)]),
                (false, false) => fields.push(number(cell.value)),
            }
        }
        writer.write_record(fields).map_err(|e| failed(&e))?;
    }
    writer.into_inner().map_err(|e| failed(&e))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::tables::example;

    #[test]
    fn numbers_keep_their_digits_and_undefined_ones_are_empty() {
        let text = |marks: &[&str]| String::from_utf8(render(&example(), marks).unwrap()).unwrap();
        assert_eq!(text(&[]), "Model,Accuracy,p\nA_1 & B,0.625,\n50 % | C,0.5,0.000000001\n");
        let marked = text(&["synthetic_faces", "chosen_on_test"]);
        assert!(marked.starts_with("synthetic_faces,chosen_on_test,Model,") && marked.contains("\ntrue,true,A_1 & B,"));
    }

    #[test]
    fn an_interval_has_a_column_for_each_end() {
        let mut table = example();
        table.heading.push("95 % interval".into());
        table.rows[0].push(super::super::Cell::interval(Some([0.25, 0.75])));
        table.rows[1].push(super::super::Cell::dash());
        let text = String::from_utf8(render(&table, &[]).unwrap()).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines[0].ends_with("\"95 % interval, low\",\"95 % interval, high\""), "{text}");
        assert!(lines[1].ends_with(",0.25,0.75") && lines[2].ends_with(",,"), "{text}");
    }
}
