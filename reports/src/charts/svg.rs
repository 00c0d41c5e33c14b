//! Scenes as SVG, with the fonts embedded so that they look the same everywhere.

use std::fmt::Write as _;
use std::io::{self, Write};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use plotters::prelude::{DrawingBackend, SVGBackend};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{FontFamily, FontStyle, FontTransform, IntoFont, ShapeStyle, TextStyle};
use plotters_backend::DrawingErrorKind;

use super::player::{self, Canvas, FINENESS};
use super::scene::{Align, Label, Scene};
use super::text::{EMBEDDED, FAMILY, X_HEIGHT};
use crate::ReportError;

/// plotters divides the size of a font by this when it writes it into an SVG.
const SIZE_QUIRK: f64 = 1.24;

/// Writes a scene as SVG.
pub(super) fn write(name: &str, scene: &Scene, out: &mut dyn Write) -> Result<(), ReportError> {
    let mut drawn = String::new();
    let mut backend = SVGBackend::with_string(&mut drawn, player::size(scene));
    player::play(scene, &mut backend).map_err(ReportError::drawing(name))?;
    drop(backend);
    // The backend's own opening tag gives the size in its fine units, and knows no fonts.
    let body = drawn.split_once('>').map_or("", |(_, body)| body);
    let svg = head(scene) + body;
    out.write_all(svg.as_bytes()).map_err(ReportError::writing(name))
}

fn head(scene: &Scene) -> String {
    let (fine_width, fine_height) = player::size(scene);
    let mut head = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{}\" height=\"{}\" \
         viewBox=\"0 0 {fine_width} {fine_height}\" role=\"img\">\n<title>{}</title>\n<style>\n",
        scene.width,
        scene.height,
        escaped(&scene.title)
    );
    for (weight, font) in EMBEDDED {
        // Writing to a String cannot fail.
        let _ = writeln!(
            head,
            "@font-face{{font-family:\"Noto Sans\";font-weight:{weight};\
             src:url(data:font/woff2;base64,{}) format(\"woff2\")}}",
            STANDARD.encode(font)
        );
    }
    head + "polyline{stroke-linejoin:round}\n</style>\n"
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            other if other.is_control() => escaped.push(' '),
            other => escaped.push(other),
        }
    }
    escaped
}

impl Canvas for SVGBackend<'_> {
    fn stroke(
        &mut self,
        points: &[(i32, i32)],
        style: ShapeStyle,
    ) -> Result<(), DrawingErrorKind<io::Error>> {
        match points {
            [from, to] => self.draw_line(*from, *to, &style),
            _ => self.draw_path(points.iter().copied(), &style),
        }
    }

    fn write(&mut self, label: &Label) -> Result<(), DrawingErrorKind<io::Error>> {
        let font = label.font;
        let weight = if font.bold { FontStyle::Bold } else { FontStyle::Normal };
        let turn = if label.upwards { FontTransform::Rotate270 } else { FontTransform::None };
        let size = font.size * FINENESS * SIZE_QUIRK;
        let font = (FontFamily::Name(FAMILY), size, weight).into_font().transform(turn);
        let colour = player::rgb(label.font.colour);
        let style = TextStyle::from(font)
            .color(&colour)
            .pos(Pos::new(horizontal(label.align), VPos::Center));
        let text: String = label.text.chars().filter(|character| !character.is_control()).collect();
        self.draw_text(&text, &style, player::fine(middle_of_small_letters(label)))
    }
}

/// The backend centres a text by half an `ex`, which is where we know the baseline from.
fn middle_of_small_letters(label: &Label) -> (f64, f64) {
    let up = label.font.size * X_HEIGHT / 2.0;
    match label.upwards {
        true => (label.at.0 - up, label.at.1),
        false => (label.at.0, label.at.1 - up),
    }
}

fn horizontal(align: Align) -> HPos {
    match align {
        Align::Start => HPos::Left,
        Align::Middle => HPos::Center,
        Align::End => HPos::Right,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_cannot_break_the_file() {
        assert_eq!(escaped("a<b & c>\u{1}"), "a&lt;b &amp; c&gt; ");
    }
}
