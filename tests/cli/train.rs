//! `ferrofuse train` end to end.
