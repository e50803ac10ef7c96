//! `ferrofuse extract` end to end.
