//! Names of files for entries whose names may hold anything.

use crate::evaluation::Entry;

/// A file name without extension for each entry: letters, digits and `+-_.` stay, everything else becomes `-`.
///
/// No two are equal, also where upper and lower case are the same; none starts with a dot.
pub fn stems(entries: &[Entry]) -> Vec<String> {
    let mut taken: Vec<String> = Vec::with_capacity(entries.len());
    let mut stems = Vec::with_capacity(entries.len());
    for entry in entries {
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '_' | '.');
        let mut stem: String = entry.name.chars().map(|c| if plain(c) { c } else { '-' }).take(100).collect();
        if stem.is_empty() || stem.starts_with('.') {
            stem.insert(0, '_');
        }
        let wanted = stem.clone();
        let mut n = 2;
        while taken.contains(&stem.to_ascii_lowercase()) {
            stem = format!("{wanted}-{n}");
            n += 1;
        }
        taken.push(stem.to_ascii_lowercase());
        stems.push(stem);
    }
    stems
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture;

    #[test]
    fn names_become_safe_and_distinct() {
        let mut entries = fixture::comparison().entries;
        for (entry, name) in entries.iter_mut().zip(["cnn+sift-cnn", "../../etc/x", "a b", "a/b", "A-B", ""]) {
            entry.name = name.into();
        }
        assert_eq!(stems(&entries), ["cnn+sift-cnn", "_..-..-etc-x", "a-b", "a-b-2", "A-B-3", "_"]);
    }
}
