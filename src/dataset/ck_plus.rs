//! CK+48 (Lucey et al. 2010): `<class>/S<subject>_<sequence>_<frame>.png`.

/// The subject's number in a file name, such as 10 in `S010_004_00000017.png`.
pub(super) fn subject_of(name: &str) -> Option<u32> {
    let (stem, _) = name.rsplit_once('.')?;
    let mut parts = stem.split('_');
    let subject = parts.next()?.strip_prefix(['S', 's'])?;
    let (sequence, frame) = (parts.next()?, parts.next()?);
    let digits = |t: &str| !t.is_empty() && t.bytes().all(|b| b.is_ascii_digit());
    match parts.next().is_none() && [subject, sequence, frame].into_iter().all(digits) {
        true => subject.parse().ok(),
        false => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subjects_are_read_from_names_of_the_stated_form_only() {
        assert_eq!(subject_of("S010_004_00000017.png"), Some(10));
        assert_eq!(subject_of("S999_001_00000001.jpg"), Some(999));
        for name in
            ["010_004_17.png", "S010_004.png", "Sabc_004_17.png", "S010_004_17_x.png", "S010_004_17", "S_1_2.png"]
        {
            assert_eq!(subject_of(name), None, "{name}");
        }
    }
}
