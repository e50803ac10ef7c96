//! Handcrafted features: SIFT, dense SIFT, codebooks and bags of visual words.
