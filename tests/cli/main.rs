//! The tool as its users meet it: one binary for all integration tests, since linking it takes long.

mod support;

mod aggregate;
mod extract;
mod help;
mod import;
mod inspect;
mod report;
mod run;
mod small;
mod train;
