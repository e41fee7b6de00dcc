//! What the README says in numbers.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

const HERE: &str = env!("CARGO_MANIFEST_DIR");

#[test]
fn the_lines_of_code_are_those_that_the_readme_says() -> io::Result<()> {
    let rust: usize = files("src")?
        .iter()
        .map(|file| fs::read_to_string(file).map(|text| lines_of_rust(&text)))
        .sum::<io::Result<_>>()?;
    let templates: usize = files("templates")?
        .iter()
        .map(|file| fs::read_to_string(file).map(|text| text.lines().count()))
        .sum::<io::Result<_>>()?;
    // To the hundred and to the ten, so that not every change is one of the README.
    let rust = (rust + 50) / 100 * 100;
    let templates = (templates + 5) / 10 * 10;
    let rust = format!("{},{:03}", rust / 1_000, rust % 1_000);
    let said = format!("{rust} lines of Rust and {templates} of templates");
    let readme = fs::read_to_string(Path::new(HERE).join("README.md"))?;
    assert!(
        readme.contains(&said),
        "README.md must say \u{201c}{said}\u{201d}"
    );
    Ok(())
}

/// Without comments, empty lines and tests.
fn lines_of_rust(text: &str) -> usize {
    let code = text.split("#[cfg(test)]\nmod tests").next();
    let lines = code.unwrap_or_default().lines().map(str::trim);
    lines
        .filter(|line| !line.is_empty() && !line.starts_with("//"))
        .count()
}

fn files(folder: &str) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut folders = vec![Path::new(HERE).join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.push(path);
            }
        }
    }
    Ok(found)
}
