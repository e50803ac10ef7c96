//! The first line: which column holds what.

use super::row::{next_field, shown};

/// Where the columns are.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Columns {
    pub(super) emotion: usize,
    pub(super) pixels: usize,
    /// Missing in the files of the ICML 2013 challenge that hold only training rows.
    pub(super) usage: Option<usize>,
    pub(super) count: usize,
}

impl Columns {
    /// More columns than this are refused.
    pub(super) const MOST: usize = 16;

    /// Reads the names, in any order and case, with spaces or quotes around them. `Err` holds what was found.
    pub(super) fn parse(line: &[u8]) -> Result<Self, String> {
        let mut names = Vec::new();
        let mut rest = Some(line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line));
        while let Some(text) = rest {
            let (field, after) = next_field(text).map_err(|fault| fault.found)?;
            names.push(String::from_utf8_lossy(field.trim_ascii()).to_ascii_lowercase());
            rest = after;
            if names.len() > Self::MOST {
                return Err(format!("more than {} columns", Self::MOST));
            }
        }
        let position = |name: &str| names.iter().position(|n| n == name);
        match (position("emotion"), position("pixels")) {
            (Some(emotion), Some(pixels)) => Ok(Self { emotion, pixels, usage: position("usage"), count: names.len() }),
            _ => Err(format!("`{}`", shown(line))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_found_in_any_order_with_spaces_quotes_and_a_byte_order_mark() {
        let columns = |emotion, pixels, usage| Columns { emotion, pixels, usage, count: 3 };
        assert_eq!(Columns::parse(b"emotion,pixels,Usage").unwrap(), columns(0, 1, Some(2)));
        assert_eq!(Columns::parse(b"emotion, Usage, pixels").unwrap(), columns(0, 2, Some(1)));
        assert_eq!(Columns::parse(b"\xef\xbb\xbf\"Emotion\",\"pixels\",\"usage\"").unwrap(), columns(0, 1, Some(2)));
        assert_eq!(Columns::parse(b"emotion,pixels").unwrap().usage, None);
    }

    #[test]
    fn a_missing_column_shows_the_line() {
        assert_eq!(Columns::parse(b"pixels").unwrap_err(), "`pixels`");
        assert!(Columns::parse(b"0,70 80 82 72,Training").unwrap_err().contains("70 80"));
    }
}
