//! Scenes as PNG: drawn four times as fine as a point, then averaged to two pixels a point, which
//! smooths the edges.

use std::io::Write;

use ab_glyph::{Font as _, Glyph, ScaleFont as _, point};
use plotters::prelude::{BitMapBackend, DrawingBackend};
use plotters::style::ShapeStyle;
use plotters_backend::{BackendColor, DrawingErrorKind};

use super::palette::PAPER;
use super::player::{self, Canvas, FINENESS};
use super::scene::{Align, Label, Scene};
use super::text;
use crate::ReportError;

type Failure<'a> = DrawingErrorKind<<BitMapBackend<'a> as DrawingBackend>::ErrorType>;

/// So many drawn pixels, along each side, become one.
const AVERAGED: usize = 2;
const CHANNELS: usize = 3;

/// Writes a scene as PNG.
pub(super) fn write(name: &str, scene: &Scene, out: &mut dyn Write) -> Result<(), ReportError> {
    let (width, height) = player::size(scene);
    let pixels = draw(scene, width, height).map_err(ReportError::drawing(name))?;
    let pixels = averaged(&pixels, width as usize);
    let (width, height) = (width / AVERAGED as u32, height / AVERAGED as u32);
    encode(&pixels, width, height, out).map_err(ReportError::drawing(name))
}

fn draw(scene: &Scene, width: u32, height: u32) -> Result<Vec<u8>, Failure<'static>> {
    let paper = [PAPER.0, PAPER.1, PAPER.2];
    let mut pixels = paper.repeat(width as usize * height as usize);
    let mut backend = BitMapBackend::with_buffer(&mut pixels, (width, height));
    player::play(scene, &mut backend)?;
    drop(backend);
    Ok(pixels)
}

fn averaged(pixels: &[u8], width: usize) -> Vec<u8> {
    let row = width * CHANNELS;
    let mut average = Vec::with_capacity(pixels.len() / AVERAGED / AVERAGED);
    for rows in pixels.chunks_exact(row * AVERAGED) {
        for column in 0..width / AVERAGED {
            for channel in 0..CHANNELS {
                let first = column * AVERAGED * CHANNELS + channel;
                let at = |step: usize| first + step / AVERAGED * row + step % AVERAGED * CHANNELS;
                let sum: usize =
                    (0..AVERAGED * AVERAGED).map(|step| usize::from(rows[at(step)])).sum();
                average.push((sum / (AVERAGED * AVERAGED)) as u8);
            }
        }
    }
    average
}

fn encode(
    pixels: &[u8],
    width: u32,
    height: u32,
    out: &mut dyn Write,
) -> Result<(), png::EncodingError> {
    let mut encoder = png::Encoder::new(out, width, height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(pixels)?;
    writer.finish()
}

impl<'a> Canvas for BitMapBackend<'a> {
    /// The backend's own joints of wide lines leave holes in sharp bends: ours are round.
    fn stroke(&mut self, points: &[(i32, i32)], style: ShapeStyle) -> Result<(), Failure<'a>> {
        for pair in points.windows(2) {
            self.draw_line(pair[0], pair[1], &style)?;
        }
        if points.len() > 2 && style.stroke_width > 2 {
            for joint in &points[1..points.len() - 1] {
                self.draw_circle(*joint, style.stroke_width / 2, &style.filled(), true)?;
            }
        }
        Ok(())
    }

    /// The backend's own text ignores side bearings and rounds every letter to a pixel.
    fn write(&mut self, label: &Label) -> Result<(), Failure<'a>> {
        let (red, green, blue) = label.font.colour;
        let mut failed = None;
        for_each_pixel(label, |pixel, coverage| {
            let colour = BackendColor { alpha: f64::from(coverage), rgb: (red, green, blue) };
            if let Err(failure) = self.draw_pixel(pixel, colour) {
                failed = Some(failure);
            }
        });
        failed.map_or(Ok(()), Err)
    }
}

/// Calls `ink` for each pixel that a text touches, with the share of it that is covered.
fn for_each_pixel(label: &Label, mut ink: impl FnMut((i32, i32), f32)) {
    let Some(font) = text::outlines(label.font.bold) else {
        return;
    };
    let scale = text::scale(font, label.font.size * FINENESS);
    let scaled = font.as_scaled(scale);
    let mut along = start(label) as f32;
    let at = player::fine(label.at);
    for character in label.text.chars().filter(|character| !character.is_control()) {
        let id = scaled.glyph_id(character);
        let glyph = Glyph { id, scale, position: point(along, 0.0) };
        along += scaled.h_advance(id);
        let Some(outline) = font.outline_glyph(glyph) else {
            continue;
        };
        let corner = outline.px_bounds().min;
        outline.draw(|x, y, coverage| {
            let (right, down) = (corner.x as i32 + x as i32, corner.y as i32 + y as i32);
            let pixel = match label.upwards {
                true => (at.0 + down, at.1 - right),
                false => (at.0 + right, at.1 + down),
            };
            ink(pixel, coverage.min(1.0));
        });
    }
}

/// Where the text starts, seen from its point.
fn start(label: &Label) -> f64 {
    let width = text::width(&label.text, label.font) * FINENESS;
    match label.align {
        Align::Start => 0.0,
        Align::Middle => -width / 2.0,
        Align::End => -width,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn four_pixels_become_their_average() {
        let dark_and_light = [0, 0, 0, 100, 100, 100, 200, 200, 200, 100, 100, 100];
        assert_eq!(averaged(&dark_and_light, 2), [100, 100, 100]);
    }
}
