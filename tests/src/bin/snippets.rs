//! Makes one source file of all the code in a guide, so that the tests compile and run what a newcomer copies:
//! `authpush-test-snippets GUIDE LANGUAGE OUT`.
//!
//! Takes the fenced blocks that are tagged with the language, in their order. Their package and imports come first, as the
//! language wants it; everything else keeps its place. A guide without such a block is an error.

use std::collections::BTreeSet;
use std::path::Path;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [guide, language, out] = arguments.as_slice() else {
        eprintln!("usage: authpush-test-snippets GUIDE LANGUAGE OUT");
        std::process::exit(2);
    };
    if let Err(why) = write(Path::new(guide), language, Path::new(out)) {
        eprintln!("authpush-test-snippets: {guide}: {why}");
        std::process::exit(1);
    }
}

fn write(guide: &Path, language: &str, out: &Path) -> Result<(), Box<dyn std::error::Error>> {
    let source = source(&std::fs::read_to_string(guide)?, language)?;
    if let Some(folder) = out.parent() {
        std::fs::create_dir_all(folder)?;
    }
    Ok(std::fs::write(out, source)?)
}

fn source(guide: &str, language: &str) -> Result<String, String> {
    let (mut package, mut imports, mut body) = (String::new(), BTreeSet::new(), String::new());
    let mut inside: Option<bool> = None;
    for line in guide.lines() {
        match (inside, line.strip_prefix("```")) {
            (None, Some(tag)) => inside = Some(tag == language),
            (None | Some(false), None) => {}
            (Some(wanted), Some(_)) => {
                inside = None;
                if wanted {
                    body.push('\n');
                }
            }
            (Some(true), None) if line.starts_with("package ") => package = format!("{line}\n\n"),
            (Some(true), None) if line.starts_with("import ") => drop(imports.insert(line)),
            (Some(true), None) => {
                body.push_str(line);
                body.push('\n');
            }
        }
    }
    if inside.is_some() {
        return Err("a block does not end".to_owned());
    }
    if body.trim().is_empty() {
        return Err(format!("there is no block tagged {language}"));
    }
    let imports: Vec<&str> = imports.into_iter().collect();
    Ok(format!("{package}{}\n\n{}\n", imports.join("\n"), body.trim()))
}

#[cfg(test)]
mod tests {
    use super::source;

    #[test]
    fn imports_come_first_and_other_languages_stay_out() {
        let guide = "a\n```swift\nimport B\nlet b = 1\n```\n```sh\nrm -rf /\n```\n```swift\nimport A\n\nlet a = b\n```\n";
        assert_eq!(source(guide, "swift").unwrap(), "import A\nimport B\n\nlet b = 1\n\n\nlet a = b\n");
        assert!(source(guide, "kotlin").is_err());
        let kotlin = "```kotlin\nimport a.B\n```\n```kotlin\npackage p\n\nval x = 1\n```\n";
        assert_eq!(source(kotlin, "kotlin").unwrap(), "package p\n\nimport a.B\n\nval x = 1\n");
        assert!(source("```swift\nlet a = 1\n", "swift").is_err());
    }
}
