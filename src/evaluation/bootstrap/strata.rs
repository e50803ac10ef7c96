//! Resamples of rows drawn inside their true classes.

use rand::RngCore;

use super::BootstrapInput;
use super::dice::throw;
use super::packed::PackedRows;
use super::tally::Tally;

/// The rows of each true class.
pub(super) struct Strata(Vec<PackedRows>);

/// Room for the rows drawn of one class and for what is counted of them.
#[derive(Default)]
pub(super) struct Room {
    drawn: Vec<u32>,
    counts: Vec<u32>,
}

impl Strata {
    /// For checked input.
    pub(super) fn new(input: &BootstrapInput<'_>) -> Self {
        let mut of_class = vec![Vec::new(); input.classes];
        for (row, &label) in (0u32..).zip(input.labels) {
            of_class[usize::from(label)].push(row);
        }
        Self(of_class.iter().map(|rows| PackedRows::new(input.predicted, input.classes, rows)).collect())
    }

    /// Counts as many rows of each class as it has, drawn with replacement.
    pub(super) fn draw(&self, rng: &mut impl RngCore, room: &mut Room, tally: &mut Tally) {
        self.count(room, tally, |rows, drawn| {
            drawn.resize(rows.number(), 0);
            throw(rng, rows.number() as u32, drawn);
        });
    }

    /// Counts the rows that `choose` names in each class, where they are numbered from 0.
    pub(super) fn count(&self, room: &mut Room, tally: &mut Tally, mut choose: impl FnMut(&PackedRows, &mut Vec<u32>)) {
        tally.clear();
        let Room { drawn, counts } = room;
        for (class, rows) in self.0.iter().enumerate() {
            choose(rows, drawn);
            counts.resize(rows.width(), 0);
            rows.count(drawn, counts);
            tally.add_class(class, drawn.len() as u32, counts);
        }
    }
}
