//! `ferrofuse aggregate` end to end.
