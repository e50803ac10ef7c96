//! `ferrofuse import` end to end.
