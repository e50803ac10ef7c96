//! Help and wrong usage.

use crate::support::Folder;

#[test]
fn no_command_prints_the_help_and_is_wrong_usage() {
    let shown = Folder::new().fails(2, &[]);
    for command in ["import", "inspect", "extract", "train", "aggregate", "predict", "serve", "report", "run"] {
        assert!(shown.contains(command), "{command} is missing in:\n{shown}");
    }
}

#[test]
fn an_unknown_command_is_wrong_usage() {
    assert!(Folder::new().fails(2, &["explain"]).contains("explain"));
}
