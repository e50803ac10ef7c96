//! Cuts a stream of text into blocks of whole lines.

use std::io::Read;

use memchr::{memchr, memrchr};

/// Why no block could be cut.
#[derive(Debug)]
pub(super) enum BlockFault {
    /// The stream failed.
    Io(std::io::Error),
    /// A line is longer than a block; its number is 1-based.
    LongLine(u64),
}

/// Fills buffers with whole lines.
pub(super) struct Blocks<'a> {
    reader: &'a mut dyn Read,
    /// The beginning of a line whose end did not fit into the last block.
    carried: Vec<u8>,
    lines: u64,
    ended: bool,
}

impl<'a> Blocks<'a> {
    pub(super) fn new(reader: &'a mut dyn Read) -> Self {
        Self { reader, carried: Vec::new(), lines: 0, ended: false }
    }

    /// The first line without its end, at most `longest` bytes; empty when the stream is.
    pub(super) fn first_line(&mut self, longest: usize) -> Result<Vec<u8>, BlockFault> {
        let mut buffer = vec![0; 4096];
        loop {
            if let Some(end) = memchr(b'\n', &self.carried) {
                let rest = self.carried.split_off(end + 1);
                let line = std::mem::replace(&mut self.carried, rest);
                self.lines = 1;
                return Ok(line);
            }
            if self.carried.len() > longest {
                return Err(BlockFault::LongLine(1));
            }
            match read(self.reader, &mut buffer).map_err(BlockFault::Io)? {
                0 => {
                    self.ended = true;
                    return Ok(std::mem::take(&mut self.carried));
                }
                n => self.carried.extend_from_slice(&buffer[..n]),
            }
        }
    }

    /// Fills `block` with whole lines, as many as fit into `size` bytes. False when nothing is left.
    pub(super) fn next_into(&mut self, block: &mut Vec<u8>, size: usize) -> Result<bool, BlockFault> {
        block.clear();
        block.append(&mut self.carried);
        let mut filled = block.len();
        block.resize(size.max(filled), 0);
        while !self.ended && filled < block.len() {
            match read(self.reader, &mut block[filled..]).map_err(BlockFault::Io)? {
                0 => self.ended = true,
                n => filled += n,
            }
        }
        block.truncate(filled);
        if !self.ended {
            let Some(end) = memrchr(b'\n', block) else { return Err(BlockFault::LongLine(self.lines + 1)) };
            self.carried.extend_from_slice(&block[end + 1..]);
            block.truncate(end + 1);
        }
        self.lines += memchr::memchr_iter(b'\n', block).count() as u64;
        Ok(!block.is_empty())
    }
}

fn read(reader: &mut dyn Read, buffer: &mut [u8]) -> std::io::Result<usize> {
    loop {
        match reader.read(buffer) {
            Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
            outcome => return outcome,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn cut(text: &[u8], size: usize) -> Result<(Vec<u8>, Vec<Vec<u8>>), BlockFault> {
        let mut reader = text;
        let mut blocks = Blocks::new(&mut reader);
        let first = blocks.first_line(10_000)?;
        let (mut all, mut block) = (Vec::new(), Vec::new());
        while blocks.next_into(&mut block, size)? {
            all.push(block.clone());
        }
        Ok((first, all))
    }

    proptest! {
        #[test]
        fn blocks_are_whole_lines_and_lose_nothing(lines in proptest::collection::vec("[a-z]{0,9}", 1..60), size in 12usize..64) {
            let text = lines.join("\n");
            // The stream's first read may carry more than one block; from then on blocks keep their size.
            let (first, blocks) = cut(text.as_bytes(), size).unwrap();
            let (last, inner) = blocks.split_last().map_or((&[][..], &[][..]), |(l, i)| (l.as_slice(), i));
            prop_assert!(inner.iter().all(|b| b.ends_with(b"\n")));
            let joined: Vec<u8> = first.iter().chain(inner.iter().flatten()).chain(last).copied().collect();
            prop_assert_eq!(joined, text.as_bytes());
        }
    }

    #[test]
    fn a_line_without_end_is_refused_by_its_number() {
        let text = [b"head\nshort\n".to_vec(), vec![b'x'; 20_000], b"\n".to_vec()].concat();
        assert!(matches!(cut(&text, 6000), Err(BlockFault::LongLine(3))));
        assert!(matches!(cut(&vec![b'x'; 20_000], 6000), Err(BlockFault::LongLine(1))));
    }
}
