//! `ferrofuse inspect` end to end.
