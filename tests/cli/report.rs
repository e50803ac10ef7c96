//! `ferrofuse report` end to end.
