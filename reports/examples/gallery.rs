//! Draws every chart from made-up results into a folder, to be looked at:
//! `cargo run -p reports --example gallery -- FOLDER`.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

use reports::folder::Charts;

#[path = "../src/fixture.rs"]
#[allow(dead_code, reason = "the tests of the crate use the rest")]
mod fixture;

#[path = "../src/own_charts.rs"]
#[allow(dead_code, reason = "the tests of the crate use the rest")]
mod own_charts;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::args().nth(1).ok_or("which folder?")?;
    for variants in [1, 3, 12, 14] {
        let folder = Path::new(&folder).join(format!("{variants}-variants"));
        let results = fixture::study(variants);
        reports::folder::write_study(&results, Charts::Drawn, &mut |name| create(&folder, name))?;
    }
    for variants in [1, 2, 5, 12] {
        let folder = Path::new(&folder).join(format!("{variants}-variants-own-charts"));
        let results = own_charts::study(variants);
        reports::folder::write_study(&results, Charts::Drawn, &mut |name| create(&folder, name))?;
    }
    for axes in [1, 2, 3] {
        let folder = Path::new(&folder).join(format!("{axes}-axes"));
        let results = fixture::sweep(axes);
        reports::folder::write_sweep(&results, Charts::Drawn, &mut |name| create(&folder, name))?;
    }
    let style = reports::terminal::Style { colour: true, width: Some(150), ..Default::default() };
    reports::print(&fixture::study(12), reports::Format::Table, style, &mut io::stdout())?;
    Ok(())
}

fn create(folder: &Path, name: &str) -> io::Result<Box<dyn Write>> {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().unwrap_or(folder))?;
    Ok(Box::new(io::BufWriter::new(File::create(path)?)))
}
