//! The training loop: batches, augmentation, schedule, checkpoint and resume.
