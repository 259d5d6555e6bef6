//! The scenarios that Kotlin and Swift play too.

use std::path::{Path, PathBuf};

#[tokio::test]
async fn every_scenario_comes_out_as_it_says() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/scenarios");
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|ending| ending == "json"));
    files.sort();
    assert!(!files.is_empty());
    for file in files {
        assert_eq!(authpush_tests::play(&file).await, Ok(()), "{}", file.display());
    }
}
