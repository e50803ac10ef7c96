//! One row of the CSV: fields, label, usage, and the pixels as decimal numbers between spaces.

use memchr::memchr;

use super::header::Columns;
use crate::dataset::Split;

/// What a row must be.
#[derive(Clone, Debug)]
pub(super) struct RowRules {
    /// Where the columns are.
    pub(super) columns: Columns,
    /// Number of classes.
    pub(super) classes: usize,
    /// Height and width of a picture.
    pub(super) size: [usize; 2],
}

impl RowRules {
    pub(super) fn pixels(&self) -> usize {
        self.size[0] * self.size[1]
    }
}

/// What is wrong with a row.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Fault {
    pub(super) found: String,
    pub(super) expected: String,
}

impl Fault {
    fn new(found: impl Into<String>, expected: impl Into<String>) -> Self {
        Self { found: found.into(), expected: expected.into() }
    }
}

/// Reads a line (without its end); the pixels go into `out`, which has room for exactly one picture.
pub(super) fn parse_row(line: &[u8], rules: &RowRules, out: &mut [u8]) -> Result<(u8, Option<Split>), Fault> {
    let columns = &rules.columns;
    let mut fields: [&[u8]; Columns::MOST] = [&[]; Columns::MOST];
    let mut rest = line;
    for (i, slot) in fields[..columns.count].iter_mut().enumerate() {
        let (field, after) = next_field(rest)?;
        *slot = field;
        match after {
            Some(after) => rest = after,
            None if i + 1 == columns.count => rest = &[],
            None => {
                let expected = format!("{} fields, as in the first line", columns.count);
                return Err(Fault::new(fields_in_words(i + 1), expected));
            }
        }
        if i + 1 == columns.count && after.is_some() {
            let more = columns.count + 1 + rest.iter().filter(|&&b| b == b',').count();
            return Err(Fault::new(fields_in_words(more), format!("{} fields, as in the first line", columns.count)));
        }
    }
    let label = parse_label(fields[columns.emotion], rules.classes)?;
    let split = match columns.usage {
        Some(column) => Some(parse_usage(fields[column])?),
        None => None,
    };
    let pixels = fields[columns.pixels];
    if parse_pixels_fast(pixels, out).is_none() {
        parse_pixels(pixels, out, rules.size)?;
    }
    Ok((label, split))
}

fn fields_in_words(n: usize) -> String {
    if n == 1 { "1 field".to_string() } else { format!("{n} fields") }
}

/// A field without its quotes, and what follows its comma.
pub(super) fn next_field(text: &[u8]) -> Result<(&[u8], Option<&[u8]>), Fault> {
    let start = text.iter().position(|b| !matches!(b, b' ' | b'\t')).unwrap_or(text.len());
    if text.get(start) == Some(&b'"') {
        let inside = &text[start + 1..];
        let Some(end) = memchr(b'"', inside) else {
            return Err(Fault::new("a quote that does not end on its line", "a closing `\"`"));
        };
        let after = inside[end + 1..].trim_ascii_start();
        return match after.first() {
            None => Ok((&inside[..end], None)),
            Some(b',') => Ok((&inside[..end], Some(&after[1..]))),
            Some(_) => {
                Err(Fault::new(format!("`{}` after a closing quote", shown(after)), "a comma or the line's end"))
            }
        };
    }
    match memchr(b',', text) {
        Some(comma) => Ok((&text[..comma], Some(&text[comma + 1..]))),
        None => Ok((text, None)),
    }
}

fn parse_label(field: &[u8], classes: usize) -> Result<u8, Fault> {
    let field = field.trim_ascii();
    let number = std::str::from_utf8(field).ok().and_then(|t| t.parse::<u8>().ok());
    match number {
        Some(label) if usize::from(label) < classes => Ok(label),
        _ => {
            let expected = format!("a whole number from 0 to {}, one for each class of the recipe", classes - 1);
            Err(Fault::new(format!("emotion `{}`", shown(field)), expected))
        }
    }
}

fn parse_usage(field: &[u8]) -> Result<Split, Fault> {
    let text = String::from_utf8_lossy(field);
    text.parse().map_err(|_| {
        Fault::new(format!("usage `{}`", shown(text.trim().as_bytes())), "Training, PublicTest or PrivateTest")
    })
}

/// The fast way for the usual form: exactly `out.len()` numbers of 1 to 3 digits with one space between.
///
/// Four bytes are looked at together: the first byte without bit 0x10 ends the number, the digits before it are
/// moved to fixed places and weighed. `None` for anything unusual, also for anything wrong.
fn parse_pixels_fast(text: &[u8], out: &mut [u8]) -> Option<()> {
    let mut at = 0;
    let mut wrong = 0u32;
    let (last, most) = out.split_last_mut()?;
    let mut written = 0;
    for pixel in most.iter_mut() {
        let Some(bytes) = text.get(at..at + 4) else { break };
        let word = u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
        let ends = !word & 0x1010_1010;
        let length = ends.trailing_zeros() >> 3;
        if length == 0 || length > 3 {
            return None;
        }
        let shift = 8 * (3 - length);
        // Missing leading digits count as `0`.
        let digits = (((word << shift) | (0x0030_3030 & ((1 << shift) - 1))) & 0x00ff_ffff) ^ 0x0030_3030;
        wrong |= (digits.wrapping_add(0x0076_7676) | digits) & 0x0080_8080;
        wrong |= ((word >> (8 * length)) & 0xff) ^ 0x20;
        let value = (digits & 0xff) * 100 + ((digits >> 8) & 0xff) * 10 + (digits >> 16);
        wrong |= value & 0xffff_ff00;
        *pixel = value as u8;
        written += 1;
        at += length as usize + 1;
    }
    if wrong != 0 {
        return None;
    }
    // The last number has nothing behind it; short ones near the end are read plainly too.
    let mut tail = text.get(at..)?.split(|&b| b == b' ');
    for pixel in most[written..].iter_mut().chain(std::iter::once(last)) {
        *pixel = number(tail.next()?)?;
    }
    tail.next().is_none().then_some(())
}

/// The careful way: any white space between, before and behind, and a description of what is wrong.
fn parse_pixels(text: &[u8], out: &mut [u8], size: [usize; 2]) -> Result<(), Fault> {
    let mut count = 0;
    for token in text.split(u8::is_ascii_whitespace).filter(|t| !t.is_empty()) {
        let Some(value) = number(token) else {
            let found = format!("`{}` as pixel {}", shown(token), count + 1);
            return Err(Fault::new(found, "a whole number from 0 to 255"));
        };
        if let Some(pixel) = out.get_mut(count) {
            *pixel = value;
        }
        count += 1;
    }
    if count != out.len() {
        let expected = format!("{} ({} x {}, the recipe's size)", out.len(), size[0], size[1]);
        return Err(Fault::new(format!("{count} pixels"), expected));
    }
    Ok(())
}

fn number(token: &[u8]) -> Option<u8> {
    if token.is_empty() || token.len() > 3 {
        return None;
    }
    let mut value = 0u32;
    for &byte in token {
        value = value * 10 + u32::from(byte.is_ascii_digit().then(|| byte - b'0')?);
    }
    u8::try_from(value).ok()
}

/// At most 40 characters of what was met.
pub(super) fn shown(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(&bytes[..bytes.len().min(160)]);
    let mut short: String = text.chars().take(40).map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
    if short.len() < bytes.len() && text.chars().count() > 40 {
        short.push_str("...");
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn rules(count: usize) -> RowRules {
        let columns = Columns { emotion: 0, pixels: 1, usage: Some(2), count: 3 };
        RowRules { columns, classes: 7, size: [1, count] }
    }

    fn parse(line: &str, count: usize) -> Result<(u8, Option<Split>, Vec<u8>), Fault> {
        let mut out = vec![0; count];
        parse_row(line.as_bytes(), &rules(count), &mut out).map(|(label, split)| (label, split, out))
    }

    #[test]
    fn a_row_is_read_plain_quoted_and_with_odd_spaces() {
        let want = (3, Some(Split::Test), vec![0, 10, 255, 7]);
        assert_eq!(parse("3,0 10 255 7,PrivateTest", 4).unwrap(), want);
        assert_eq!(parse("3,\"0 10 255 7\",PrivateTest", 4).unwrap(), want);
        assert_eq!(parse(" 3 ,  0  10 255 7 , PrivateTest ", 4).unwrap(), want);
        assert_eq!(parse("\"3\",000 010 255 007,\"PrivateTest\"", 4).unwrap(), want);
    }

    #[test]
    fn each_fault_says_what_was_found_and_expected() {
        for (line, found, expected) in [
            ("3,0 10 255,Training", "3 pixels", "4 (1 x 4"),
            ("3,0 10 255 7 8,Training", "5 pixels", "4 (1 x 4"),
            ("3,0 10 256 7,Training", "`256` as pixel 3", "0 to 255"),
            ("3,0 10 abc 7,Training", "`abc` as pixel 3", "0 to 255"),
            ("3,0 -1 5 7,Training", "`-1` as pixel 2", "0 to 255"),
            ("3,0 1.5 5 7,Training", "`1.5` as pixel 2", "0 to 255"),
            ("9,0 10 255 7,Training", "emotion `9`", "0 to 6"),
            (",0 10 255 7,Training", "emotion ``", "0 to 6"),
            ("3,0 10 255 7,Holiday", "usage `Holiday`", "PublicTest"),
            ("3,0 10 255 7", "2 fields", "3 fields"),
            ("3,0 10 255 7,Training,", "4 fields", "3 fields"),
            ("3,\"0 10 255 7,Training", "quote", "closing"),
        ] {
            let fault = parse(line, 4).unwrap_err();
            assert!(fault.found.contains(found), "{line}: {}", fault.found);
            assert!(fault.expected.contains(expected), "{line}: {}", fault.expected);
        }
    }

    proptest! {
        #[test]
        fn both_ways_read_any_pixels(pixels in proptest::collection::vec(any::<u8>(), 1..200)) {
            let text = pixels.iter().map(u8::to_string).collect::<Vec<_>>().join(" ");
            let (mut fast, mut careful) = (vec![0; pixels.len()], vec![0; pixels.len()]);
            prop_assert_eq!(parse_pixels_fast(text.as_bytes(), &mut fast), Some(()));
            prop_assert_eq!(parse_pixels(text.as_bytes(), &mut careful, [1, pixels.len()]), Ok(()));
            prop_assert_eq!(&fast, &pixels);
            prop_assert_eq!(&careful, &pixels);
        }

        #[test]
        fn the_fast_way_accepts_nothing_that_the_careful_one_refuses(text in "[0-9 ,a/:]{0,24}", n in 1usize..8) {
            let (mut fast, mut careful) = (vec![0; n], vec![0; n]);
            if parse_pixels_fast(text.as_bytes(), &mut fast).is_some() {
                prop_assert_eq!(parse_pixels(text.as_bytes(), &mut careful, [1, n]), Ok(()));
                prop_assert_eq!(fast, careful);
            }
        }
    }
}
