//! Writes the files that are not there yet. Those that are stay as they are: codes like theirs are on paper.

use serde::Serialize;
use vectors::{cases, folder};

fn main() -> std::io::Result<()> {
    for (file, vectors) in cases::codes() {
        write(file, &vectors)?;
    }
    for (file, vectors) in cases::lists() {
        write(file, &vectors)?;
    }
    Ok(())
}

fn write<T: Serialize>(file: &str, vectors: &[T]) -> std::io::Result<()> {
    let path = folder().join(file);
    if path.exists() {
        eprintln!("{file} is there and stays");
        return Ok(());
    }
    std::fs::create_dir_all(path.parent().expect("a file stands in a folder"))?;
    let mut text = serde_json::to_string_pretty(vectors).expect("vectors are written as JSON");
    text.push('\n');
    std::fs::write(path, text)
}
