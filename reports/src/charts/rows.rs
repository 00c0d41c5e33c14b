//! Rows of a chart, one for each variant: their names, and the stripes that lead the eye.

use super::palette::{INK, STRIPE};
use super::scene::{Align, Area, Font, Scene};
use super::text;

const NAME: Font = Font::plain(13.0, INK);
/// From one line of a name to the next.
const LINE: f64 = 16.0;
/// Left of names.
const MARGIN: f64 = 8.0;

/// How the rows of a chart lie.
#[derive(Clone, Copy)]
pub(super) struct Rows {
    /// From the top of the chart's body to the first.
    pub(super) head: f64,
    /// How high each is.
    pub(super) height: f64,
    /// How wide a line of a name may be.
    pub(super) widest_name: f64,
}

impl Rows {
    /// Writes the names and the stripes; returns how wide the names are.
    pub(super) fn names<'n>(
        self,
        scene: &mut Scene,
        names: impl Iterator<Item = &'n str>,
        body: Area,
    ) -> f64 {
        let mut widest = 0.0_f64;
        for (number, name) in names.enumerate() {
            let middle = self.middle(body, number);
            if number % 2 == 0 {
                let top = middle - self.height / 2.0;
                scene.fill(Area { top, height: self.height, ..body }, STRIPE);
            }
            let lines = text::wrap(name, NAME, self.widest_name, 2);
            let first = middle + NAME.drop() - (lines.len() as f64 - 1.0) * LINE / 2.0;
            for (line, words) in lines.iter().enumerate() {
                let at = (body.left + MARGIN, first + LINE * line as f64);
                scene.text(at, words, NAME, Align::Start);
                widest = widest.max(text::width(words, NAME));
            }
        }
        widest + MARGIN
    }

    /// The middle of a row.
    pub(super) fn middle(self, body: Area, number: usize) -> f64 {
        body.top + self.head + self.height * (number as f64 + 0.5)
    }
}
