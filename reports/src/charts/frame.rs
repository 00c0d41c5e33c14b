//! What every chart has around it: the study's title, a heading that says what one sees, how it is
//! drawn, a legend, and at the bottom where it comes from.

use experiments::results::Manifest;

use super::palette::{Colour, INK, PAPER, QUIET};
use super::scene::{Align, Area, Font, Pen, Scene};
use super::text;
use crate::numbers;

/// How wide every chart is, in points.
pub(super) const WIDTH: f64 = 1200.0;
const MARGIN: f64 = 32.0;

const STUDY: Font = Font::bold(12.0, QUIET);
const TITLE: Font = Font::bold(20.0, INK);
const SUBTITLE: Font = Font::plain(13.0, QUIET);
const LEGEND: Font = Font::plain(12.5, INK);
const PROVENANCE: Font = Font::plain(10.5, QUIET);

/// What stands above a chart.
pub(super) struct Heading<'a> {
    pub(super) manifest: &'a Manifest,
    /// What one sees.
    pub(super) title: String,
    /// What is drawn, in which unit.
    pub(super) subtitle: String,
    pub(super) legend: Vec<Entry>,
}

/// One entry of a legend.
pub(super) struct Entry {
    pub(super) mark: Mark,
    pub(super) text: String,
}

/// What an entry of a legend shows.
#[derive(Clone, Copy)]
pub(super) enum Mark {
    Line(Pen),
    Box(Colour),
    /// A dot with its interval.
    Dot(Colour),
    Ring(Colour),
    /// A line with the band of its interval.
    Band(Colour, Colour),
}

impl Entry {
    pub(super) fn new(mark: Mark, text: impl Into<String>) -> Self {
        Self { mark, text: text.into() }
    }
}

/// A page with everything around the chart, and the area in which to draw it.
pub(super) fn page(heading: &Heading, body_height: f64) -> (Scene, Area) {
    let mut scene =
        Scene { title: heading.title.clone(), width: WIDTH, height: 0.0, shapes: Vec::new() };
    let room = WIDTH - 2.0 * MARGIN;
    let mut writer = Writer { scene: &mut scene, room, baseline: MARGIN + 4.0 };
    writer.paragraph(&heading.manifest.title, STUDY, 1, 0.0);
    writer.paragraph(&heading.title, TITLE, 3, 9.0);
    writer.paragraph(&heading.subtitle, SUBTITLE, 3, 8.0);
    writer.legend(&heading.legend);
    let top = writer.baseline + 20.0;
    let foot = top + body_height + 30.0;
    scene.height = (foot + 20.0).ceil();
    let origin = text::cut(&provenance(heading.manifest), PROVENANCE, room);
    scene.text((MARGIN, foot), &origin, PROVENANCE, Align::Start);
    let paper = Area { left: 0.0, top: 0.0, width: WIDTH, height: scene.height };
    scene.shapes.insert(0, super::scene::Shape::Box(paper, PAPER));
    (scene, Area { left: MARGIN, top, width: room, height: body_height })
}

/// Which scenario, seed and version made this: enough to find it again.
fn provenance(manifest: &Manifest) -> String {
    let hash: String = manifest.hash.chars().take(12).collect();
    format!(
        "{} · seed {} · {} replications · squall {} · scenario hash {hash}",
        manifest.scenario,
        manifest.seed,
        numbers::whole(manifest.replications.into()),
        manifest.version,
    )
}

struct Writer<'a> {
    scene: &'a mut Scene,
    room: f64,
    baseline: f64,
}

impl Writer<'_> {
    fn paragraph(&mut self, words: &str, font: Font, most: usize, space: f64) {
        self.baseline += space;
        for line in text::wrap(words, font, self.room, most) {
            self.baseline += font.size * 1.3;
            self.scene.text((MARGIN, self.baseline), &line, font, Align::Start);
        }
    }

    fn legend(&mut self, entries: &[Entry]) {
        let mut left = MARGIN;
        for (number, entry) in entries.iter().enumerate() {
            let words = text::cut(&entry.text, LEGEND, self.room - 60.0);
            let width = 28.0 + text::width(&words, LEGEND);
            if number == 0 || left + width > MARGIN + self.room {
                left = MARGIN;
                self.baseline += if number == 0 { 26.0 } else { 19.0 };
            }
            mark(self.scene, entry.mark, left, self.baseline - LEGEND.drop());
            self.scene.text((left + 28.0, self.baseline), &words, LEGEND, Align::Start);
            left += width + 26.0;
        }
    }
}

fn mark(scene: &mut Scene, mark: Mark, left: f64, middle: f64) {
    let area = |half: f64| Area { left, top: middle - half, width: 20.0, height: 2.0 * half };
    let (from, to) = ((left, middle), (left + 20.0, middle));
    let centre = (left + 10.0, middle);
    match mark {
        Mark::Line(pen) => scene.line(from, to, pen),
        Mark::Box(colour) => scene.fill(area(6.0), colour),
        Mark::Dot(colour) => {
            scene.line(from, to, Pen::new(1.5, colour));
            scene.dot(centre, 4.0, colour);
        }
        Mark::Ring(colour) => scene.ring(centre, 4.0, Pen::new(1.5, colour), PAPER),
        Mark::Band(line, band) => {
            scene.fill(area(6.0), band);
            scene.line(from, to, Pen::new(2.0, line));
        }
    }
}
