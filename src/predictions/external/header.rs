//! The first line of a table of probabilities: which column holds what.

use std::path::Path;

use super::shown;
use crate::Expression;
use crate::error::{Error, Result};
use crate::expression::class_named;

/// What may stand before the name of a class.
const PREFIXES: [&str; 3] = ["probability_", "prob_", "p_"];

/// More classes than this are refused.
const MOST_CLASSES: usize = 256;

/// Where the columns are, counted from 0.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Columns {
    /// Row numbers.
    pub(super) id: usize,
    /// True labels.
    pub(super) label: Option<usize>,
    /// Splits.
    pub(super) split: Option<usize>,
    /// Probabilities of their classes.
    pub(super) classes: Vec<usize>,
    /// The names of those, without prefix.
    pub(super) names: Vec<String>,
    /// The names of columns that are none of these.
    pub(super) strangers: Vec<String>,
}

impl Columns {
    /// Reads the names, in any order and case. A class is a name of `ours`, a known spelling of an expression, or
    /// anything after a prefix; `id`, `label` and `split` go before classes of these names.
    ///
    /// # Errors
    /// [`Error::Malformed`] without `id` or any class, for a column that stands there twice, and for too many classes.
    pub(super) fn parse<'a>(path: &Path, header: impl Iterator<Item = &'a str>, ours: &[String]) -> Result<Self> {
        let fail = |found: String| {
            let expected =
                format!("the columns id, label (if known), split (if it holds several) and {}", ours.join(", "));
            Err(Error::malformed(path, "line 1", found, expected))
        };
        let (mut columns, mut id) = (Self::default(), None);
        for (place, name) in header.map(str::trim).enumerate() {
            let slot = match name.to_ascii_lowercase().as_str() {
                "id" => &mut id,
                "label" => &mut columns.label,
                "split" => &mut columns.split,
                _ => {
                    match class_of(name, ours) {
                        Some(class) => {
                            columns.classes.push(place);
                            columns.names.push(class.to_string());
                        }
                        None => columns.strangers.push(if name.is_empty() { "(no name)".into() } else { shown(name) }),
                    }
                    continue;
                }
            };
            if slot.replace(place).is_some() {
                return fail(format!("the column `{name}` twice"));
            }
        }
        let missing = |what: &str| {
            let known: Vec<&str> = columns.names.iter().chain(&columns.strangers).map(String::as_str).collect();
            format!(
                "no column {what}; besides, there are {}",
                if known.is_empty() { "none".into() } else { known.join(", ") }
            )
        };
        match id {
            None => fail(missing("`id`")),
            Some(_) if columns.names.is_empty() => fail(missing("of a class")),
            Some(_) if columns.names.len() > MOST_CLASSES => fail(format!("{} classes", columns.names.len())),
            Some(id) => Ok(Self { id, ..columns }),
        }
    }
}

/// The class that a column's name speaks of; `None` for something else.
fn class_of<'a>(name: &'a str, ours: &[String]) -> Option<&'a str> {
    if class_named(name, ours).is_some() {
        return Some(name);
    }
    let after = |prefix: &&str| match name.get(..prefix.len()) {
        Some(start) if start.eq_ignore_ascii_case(prefix) => Some(name[prefix.len()..].trim()),
        _ => None,
    };
    let bare = PREFIXES.iter().find_map(after).filter(|bare| !bare.is_empty());
    bare.or_else(|| name.parse::<Expression>().is_ok().then_some(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(header: &str) -> Result<Columns> {
        let ours = ["happy", "sad", "p_x"].map(String::from);
        Columns::parse(Path::new("theirs.csv"), header.split(','), &ours)
    }

    #[test]
    fn columns_are_found_in_any_order_case_and_spelling() {
        let columns = parse("id,label,happy,sad,p_x").unwrap();
        assert_eq!((columns.id, columns.label, columns.split), (0, Some(1), None));
        assert_eq!((columns.classes, columns.names), (vec![2, 3, 4], vec!["happy".into(), "sad".into(), "p_x".into()]));

        let columns = parse("path, PROB_Sad ,Split,p_happiness,ID,,probability_bored,contempt").unwrap();
        assert_eq!((columns.id, columns.label, columns.split), (4, None, Some(2)));
        assert_eq!(columns.classes, [1, 3, 6, 7]);
        assert_eq!(columns.names, ["Sad", "happiness", "bored", "contempt"]);
        assert_eq!(columns.strangers, ["path", "(no name)"]);
    }

    #[test]
    fn what_is_missing_or_there_twice_is_named() {
        for (header, found) in [
            ("happy,sad", "no column `id`; besides, there are happy, sad"),
            ("id,label", "no column of a class; besides, there are none"),
            ("id,pfad,p_", "no column of a class; besides, there are pfad, p_"),
            ("id,happy,Id", "the column `Id` twice"),
            ("id,label,LABEL,happy", "the column `LABEL` twice"),
            ("", "no column `id`"),
        ] {
            let message = parse(header).unwrap_err().to_string();
            assert!(message.contains("theirs.csv: line 1") && message.contains(found), "{message}");
            assert!(message.contains("expected the columns id, label"), "{message}");
        }
        let many = format!("id{}", (0..300).map(|i| format!(",p_{i}")).collect::<String>());
        assert!(parse(&many).unwrap_err().to_string().contains("300 classes"));
    }
}
