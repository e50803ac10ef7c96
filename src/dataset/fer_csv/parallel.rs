//! One thread reads (and unpacks), the others parse, the caller puts the blocks in order.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, Sender, channel};

use super::blocks::{BlockFault, Blocks};
use super::row::{RowRules, parse_row};
use super::{in_words, is_blank, place, without_end};
use crate::Progress;
use crate::dataset::Split;
use crate::dataset::import::{ImportOptions, MOST_SKIPPED, Skipped};
use crate::error::{Error, Result};

/// Rows in the order of the file.
#[derive(Debug, Default)]
pub(super) struct Parsed {
    pub(super) pixels: Vec<u8>,
    pub(super) labels: Vec<u8>,
    pub(super) splits: Vec<Split>,
    pub(super) skipped: Vec<Skipped>,
}

/// What one block gave; rows and lines are counted from 0 inside it.
#[derive(Debug, Default)]
struct Piece {
    pixels: Vec<u8>,
    labels: Vec<u8>,
    splits: Vec<Split>,
    faults: Vec<(u64, u64, super::row::Fault)>,
    rows: u64,
    lines: u64,
}

type Numbered<T> = (usize, T);
/// A block of the file, or why there is none.
type Block = Numbered<Result<Vec<u8>, BlockFault>>;

/// Parses what `blocks` holds, on as many threads as rayon has, with the same result for any number of them.
///
/// Own threads instead of rayon's: they wait for each other, which would stop a pool that this was called from.
/// Memory beyond the result is two blocks for each thread and what they hold as pixels.
pub(super) fn parse(
    path: &Path,
    blocks: Blocks<'_>,
    block: usize,
    rules: &RowRules,
    options: ImportOptions,
    progress: &dyn Progress,
) -> Result<Parsed> {
    let threads = rayon::current_num_threads().max(1);
    // The number of buffers bounds what can wait in here.
    let (full, work) = channel::<Block>();
    let (give_back, spare) = channel::<Vec<u8>>();
    let (done, pieces) = channel::<Numbered<Result<Piece, BlockFault>>>();
    for _ in 0..2 * threads {
        // The receiver lives, sending cannot fail.
        let _ = give_back.send(Vec::new());
    }
    let work = Mutex::new(work);
    std::thread::scope(|scope| {
        let work = &work;
        for _ in 0..threads {
            let (done, give_back) = (done.clone(), give_back.clone());
            scope.spawn(move || parse_blocks(work, &done, &give_back, rules, options));
        }
        drop((done, give_back));
        // The text is read on this thread where it is opened; the pieces are gathered on another.
        let gathering = scope.spawn(move || gather(path, &pieces, block, options, progress));
        fill_blocks(blocks, block, &spare, &full);
        // Tells the parsers that no block comes any more.
        drop(full);
        gathering.join().unwrap_or_else(|_| Err(Error::backend("the importer", "gather the rows", "a thread ended")))
    })
}

fn fill_blocks(mut blocks: Blocks<'_>, size: usize, spare: &Receiver<Vec<u8>>, full: &Sender<Block>) {
    for number in 0.. {
        // No spare buffer ever comes when the parsers have stopped.
        let Ok(mut buffer) = spare.recv() else { return };
        let outcome = match blocks.next_into(&mut buffer, size) {
            Ok(true) => Ok(buffer),
            Ok(false) => return,
            Err(fault) => Err(fault),
        };
        let last = outcome.is_err();
        if full.send((number, outcome)).is_err() || last {
            return;
        }
    }
}

fn parse_blocks(
    work: &Mutex<Receiver<Block>>,
    done: &Sender<Numbered<Result<Piece, BlockFault>>>,
    give_back: &Sender<Vec<u8>>,
    rules: &RowRules,
    options: ImportOptions,
) {
    loop {
        let next = match work.lock() {
            Ok(work) => work.recv(),
            Err(_) => return,
        };
        let Ok((number, block)) = next else { return };
        let outcome = block.map(|block| {
            let piece = parse_block(&block, rules, options);
            let _ = give_back.send(block);
            piece
        });
        if done.send((number, outcome)).is_err() {
            return;
        }
    }
}

fn parse_block(block: &[u8], rules: &RowRules, options: ImportOptions) -> Piece {
    let mut piece = Piece::default();
    let picture = rules.pixels();
    piece.pixels.reserve_exact(block.len() / (2 * picture).max(1) * picture / 2);
    let text = block.strip_suffix(b"\n").unwrap_or(block);
    let mut start = 0;
    for end in memchr::memchr_iter(b'\n', text).chain(std::iter::once(text.len())) {
        let line = without_end(&text[start..end]);
        start = end + 1;
        let number = piece.lines;
        piece.lines += 1;
        if is_blank(line) {
            continue;
        }
        let row = piece.rows;
        piece.rows += 1;
        let filled = piece.pixels.len();
        piece.pixels.resize(filled + picture, 0);
        match parse_row(line, rules, &mut piece.pixels[filled..]) {
            Ok((label, split)) => {
                piece.labels.push(label);
                piece.splits.push(split.unwrap_or(Split::Train));
            }
            Err(fault) => {
                piece.pixels.truncate(filled);
                piece.faults.push((row, number, fault));
                // Without --skip-bad-rows the first fault ends the import; with it, too many do.
                if !options.skip_bad_rows || piece.faults.len() > MOST_SKIPPED {
                    return piece;
                }
            }
        }
    }
    piece
}

fn gather(
    path: &Path,
    pieces: &Receiver<Numbered<Result<Piece, BlockFault>>>,
    block: usize,
    options: ImportOptions,
    progress: &dyn Progress,
) -> Result<Parsed> {
    let mut parsed = Parsed::default();
    let mut waiting = BTreeMap::new();
    let (mut next, mut rows, mut lines) = (0usize, 0u64, 1u64);
    while let Ok((number, piece)) = pieces.recv() {
        if progress.stop_requested() {
            return Err(Error::Interrupted { kept: "nothing was imported; a former import is as it was".into() });
        }
        waiting.insert(number, piece);
        while let Some(piece) = waiting.remove(&next) {
            let piece = piece.map_err(|fault| in_words(path, fault, block))?;
            next += 1;
            for (row, line, fault) in piece.faults {
                let place = place(rows + row + 1, lines + line + 1);
                parsed.skipped.push(Skipped::or_error(path, place, fault.found, fault.expected, options)?);
            }
            if parsed.skipped.len() > MOST_SKIPPED {
                return Err(Skipped::too_many(path));
            }
            rows += piece.rows;
            lines += piece.lines;
            parsed.pixels.extend_from_slice(&piece.pixels);
            parsed.labels.extend_from_slice(&piece.labels);
            parsed.splits.extend_from_slice(&piece.splits);
        }
    }
    Ok(parsed)
}
