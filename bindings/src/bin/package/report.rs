//! What a run came to: what is there, and what it takes to have the rest.

use std::fs;
use std::path::Path;
use std::process::ExitCode;

use crate::Outcome;
use crate::targets::Target;

/// Everything that a person is told in the end.
#[derive(Default)]
pub(crate) struct Report {
    made: Vec<String>,
    missing: Vec<(&'static str, Vec<String>)>,
}

impl Report {
    /// A file is in its place.
    pub(crate) fn made(&mut self, target: &Target, file: &Path) -> Outcome<()> {
        let bytes = fs::metadata(file)?.len();
        self.made.push(format!("{:<22}{bytes:>10} bytes  {}", target.name, file.display()));
        Ok(())
    }

    /// Something was put together from several files.
    pub(crate) fn made_of(&mut self, what: &str, place: &Path) {
        self.made.push(format!("{what:<22}{:>17}  {}", "", place.display()));
    }

    /// A target cannot be built here.
    pub(crate) fn missing(&mut self, target: &'static Target, what: Vec<String>) {
        self.missing.push((target.name, what));
    }

    /// Something cannot be put together here.
    pub(crate) fn lacks(&mut self, name: &'static str, what: &str) {
        self.missing.push((name, vec![what.to_owned()]));
    }

    pub(crate) fn print(self) -> ExitCode {
        for line in &self.made {
            println!("{line}");
        }
        for (name, what) in &self.missing {
            for one in what {
                eprintln!("not built: {name}: needs {one}");
            }
        }
        if self.missing.is_empty() {
            return ExitCode::SUCCESS;
        }
        eprintln!("package: not everything that was asked for is there; --target NAME asks for less");
        ExitCode::FAILURE
    }
}
