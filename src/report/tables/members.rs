//! What each member adds to an aggregate.

use super::{Cell, Table};
use crate::evaluation::{Comparison, Entry, Hits, WithoutMember};

/// A row for each member of each aggregate of three or more; empty without such aggregates.
pub fn table(comparison: &Comparison) -> Table {
    let of_entry = |entry| move |without| row(comparison, entry, without);
    let rows = comparison.entries.iter().flat_map(|entry| entry.without_member.iter().map(of_entry(entry)));
    Table {
        id: "members",
        title: "What each member adds",
        heading: [
            "Aggregate",
            "Member",
            "Weight",
            "Validation without it, %",
            "Adds on validation, points",
            "Test without it, %",
            "Adds on test, points",
            "95 % interval",
            "p",
        ]
        .map(String::from)
        .into(),
        words: 2,
        rows: rows.collect(),
        note: "Each line is the same aggregate without one member, its weights or its stacker, where it has such, fitted anew; \
               the points are what the member adds to it in accuracy. The interval is that of paired shares on the test split \
               (Bonett and Price 2012); p is that of the exact McNemar test there, after Holm's correction over the aggregate's \
               members."
            .into(),
    }
}

fn row(comparison: &Comparison, entry: &Entry, without: &WithoutMember) -> Vec<Cell> {
    let title = comparison.entry(&without.member).map_or(&without.member, |member| &member.title);
    let place = entry.members.iter().position(|name| *name == without.member);
    let weight = entry.weights.as_ref().zip(place).and_then(|(weights, place)| weights.get(place));
    let adds = |accuracy: f64, hits: Hits| Cell::points(hits.accuracy().map(|a| accuracy - a));
    vec![
        Cell::words(&entry.title),
        Cell::words(title),
        Cell::or_dash(weight.copied(), |w| format!("{w:.3}")),
        Cell::share(without.validation.accuracy()),
        adds(entry.validation.metrics.accuracy, without.validation),
        Cell::share(without.test.accuracy()),
        adds(entry.test.metrics.accuracy, without.test),
        Cell::interval_of_points(without.test_interval),
        Cell::p(Some(without.p_holm)),
    ]
}
