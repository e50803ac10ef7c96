//! Text handed on line by line, so that a fault can be named by its line.

use std::io::{BufRead, Error, ErrorKind, Read, Result};

/// Bytes that one row of a table may take; no good one is longer.
const MOST: usize = 1 << 20;

/// A reader that gives at most one line at a time and knows which: whoever asks for no more than it needs has just seen
/// the end of that line. (The position that the `csv` crate tells leaves out blank lines, and counts one too few where
/// lines end as on Windows.)
#[derive(Debug)]
pub(super) struct Lines<R> {
    inner: R,
    number: u64,
    at_start: bool,
    row: usize,
}

impl<R> Lines<R> {
    pub(super) fn new(inner: R) -> Self {
        Self { inner, number: 0, at_start: true, row: 0 }
    }

    /// The line that the last bytes came from, counted from 1.
    pub(super) fn number(&self) -> u64 {
        self.number
    }

    /// Says that a row of the table begins.
    pub(super) fn begin_row(&mut self) {
        self.row = 0;
    }
}

impl<R: BufRead> Read for Lines<R> {
    fn read(&mut self, out: &mut [u8]) -> Result<usize> {
        let available = self.inner.fill_buf()?;
        let room = available.len().min(out.len());
        let length = memchr::memchr(b'\n', &available[..room]).map_or(room, |end| end + 1);
        if length == 0 {
            return Ok(0);
        }
        out[..length].copy_from_slice(&available[..length]);
        self.inner.consume(length);
        self.number += u64::from(self.at_start);
        self.at_start = out[length - 1] == b'\n';
        self.row += length;
        // An open quote, or a file that is no text, would otherwise fill the memory.
        if self.row > MOST {
            return Err(Error::new(ErrorKind::InvalidData, format!("no end of the row within {MOST} bytes")));
        }
        Ok(length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_row_of_a_table_has_the_line_that_an_editor_shows() {
        for (text, lines) in [
            ("a,b\n1,2\n3,4\n5,6", vec![2, 3, 4]),
            ("a,b\r\n1,2\r\n\r\n3,4\r\n", vec![2, 4]),
            ("\u{feff}a,b\n\n\n1,2\n\n3,4\n\n", vec![4, 6]),
            ("a,b\n\"1\n\",2\n3,4\n", vec![3, 4]),
            ("a,b\n", vec![]),
        ] {
            // One byte at a time, and all at once.
            for capacity in [1, 64] {
                let text = std::io::BufReader::with_capacity(capacity, text.as_bytes());
                let mut reader = csv::Reader::from_reader(Lines::new(text));
                let mut record = csv::ByteRecord::new();
                let mut found = Vec::new();
                while reader.read_byte_record(&mut record).unwrap() {
                    found.push(reader.get_ref().number());
                }
                assert_eq!(found, lines);
            }
        }
    }

    #[test]
    fn a_row_without_end_is_given_up() {
        let endless = std::io::BufReader::new(std::io::repeat(b'x'));
        let error = csv::Reader::from_reader(Lines::new(endless)).headers().unwrap_err();
        assert!(error.to_string().contains("no end of the row"), "{error}");
        // Many short rows are none.
        let text = "1,2\n".repeat(MOST / 2);
        let mut reader = csv::Reader::from_reader(Lines::new(text.as_bytes()));
        let mut record = csv::ByteRecord::new();
        loop {
            reader.get_mut().begin_row();
            if !reader.read_byte_record(&mut record).unwrap() {
                break;
            }
        }
        assert_eq!(reader.get_ref().number(), MOST as u64 / 2);
    }
}
