//! Tables for a paper: LaTeX with the booktabs package.

use super::Table;

/// The table as a `table` environment: caption, label `tab:ID`, `booktabs` rules; the best of a column is bold.
pub fn render(table: &Table) -> String {
    let columns: String = (0..table.heading.len()).map(|i| if i < table.words { 'l' } else { 'r' }).collect();
    let mut out = format!(
        "\\begin{{table}}\n\\centering\n\\caption{{{}}}\n\\label{{tab:{}}}\n\\begin{{tabular}}{{{columns}}}\n\\toprule\n",
        text(table.title),
        table.id
    );
    let line = |cells: Vec<String>| format!("{} \\\\\n", cells.join(" & "));
    out.push_str(&line(table.heading.iter().map(|h| text(h)).collect()));
    out.push_str("\\midrule\n");
    for row in &table.rows {
        let cell = |c: &super::Cell| if c.best { format!("\\textbf{{{}}}", text(&c.text)) } else { text(&c.text) };
        out.push_str(&line(row.iter().map(cell).collect()));
    }
    out.push_str("\\bottomrule\n\\end{tabular}\n");
    if !table.note.is_empty() {
        out.push_str(&format!("\\par\\smallskip\\footnotesize {}\n", text(&table.note)));
    }
    out.push_str("\\end{table}\n");
    out
}

/// Whole file: every table, with what the preamble needs said on top.
pub fn document(tables: &[Table], remark: &str) -> String {
    let mut out = String::from("% Tables for a paper: \\usepackage{booktabs} in the preamble, \\input this file.\n");
    if !remark.is_empty() {
        out.push_str(&format!("% {remark}\n"));
    }
    for table in tables {
        out.push('\n');
        out.push_str(&render(table));
    }
    out
}

/// A text as LaTeX shows it letter for letter.
fn text(raw: &str) -> String {
    let mut out = String::with_capacity(raw.len());
    for letter in raw.chars() {
        match letter {
            '\\' => out.push_str("\\textbackslash{}"),
            '&' | '%' | '$' | '#' | '_' | '{' | '}' => {
                out.push('\\');
                out.push(letter);
            }
            '~' => out.push_str("\\textasciitilde{}"),
            '^' => out.push_str("\\textasciicircum{}"),
            '<' => out.push_str("$<$"),
            '>' => out.push_str("$>$"),
            '−' => out.push_str("$-$"),
            '±' => out.push_str("$\\pm$"),
            '×' => out.push_str("$\\times$"),
            '–' => out.push_str("--"),
            '†' => out.push_str("\\dag{}"),
            '“' => out.push_str("``"),
            '”' => out.push_str("''"),
            // A line break of a name would end a row or start a paragraph.
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::tables::example;

    #[test]
    fn latex() {
        let mut table = example();
        table.mark(1, true);
        insta::assert_snapshot!(document(&[table], "synthetic faces"));
    }

    #[test]
    fn nothing_in_a_name_is_a_command() {
        let shown = text("a\\b{c}$d$ ~^#_%&\n<>");
        let expected = "a\\textbackslash{}b\\{c\\}\\$d\\$ \\textasciitilde{}\\textasciicircum{}\\#\\_\\%\\& $<$$>$";
        assert_eq!(shown, expected);
    }
}
