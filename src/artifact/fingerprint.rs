//! Fingerprints: a short name for the content that a product was made from.

/// Collects what a product depends on; two products with equal fingerprints were made from equal inputs.
#[derive(Clone, Debug, Default)]
pub struct Fingerprint(blake3::Hasher);

impl Fingerprint {
    /// An empty fingerprint.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a named part; the name and the length are hashed too, so that parts cannot run into each other.
    #[must_use]
    pub fn with(mut self, name: &str, content: impl AsRef<[u8]>) -> Self {
        let content = content.as_ref();
        self.0.update(&(name.len() as u64).to_le_bytes());
        self.0.update(name.as_bytes());
        self.0.update(&(content.len() as u64).to_le_bytes());
        self.0.update(content);
        self
    }

    /// The first 16 hexadecimal digits of the hash.
    pub fn finish(&self) -> String {
        self.0.finalize().to_hex()[..16].to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_do_not_run_into_each_other() {
        let a = Fingerprint::new().with("a", "bc").with("d", "").finish();
        let b = Fingerprint::new().with("a", "b").with("cd", "").finish();
        assert_ne!(a, b);
        assert_eq!(a.len(), 16);
        assert_eq!(a, Fingerprint::new().with("a", "bc").with("d", "").finish());
    }
}
