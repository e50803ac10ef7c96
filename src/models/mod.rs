//! Networks with hybrid heads, and support vector machines.

pub mod svm;
