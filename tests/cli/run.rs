//! `ferrofuse run` end to end.
