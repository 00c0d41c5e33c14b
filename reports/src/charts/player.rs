//! Plays a scene on a backend of plotters.

use plotters::prelude::DrawingBackend;
use plotters::style::{RGBColor, ShapeStyle};
use plotters_backend::DrawingErrorKind;

use super::palette::Colour;
use super::scene::{Label, Pen, Point, Scene, Shape};

/// Backends count in whole numbers: so many of their units are a point, for fine positions.
pub(super) const FINENESS: f64 = 4.0;

/// What a player asks of a backend.
type Drawn<B> = Result<(), DrawingErrorKind<<B as DrawingBackend>::ErrorType>>;

/// A backend that draws lines and texts in its own way.
pub(super) trait Canvas: DrawingBackend + Sized {
    /// Draws a line through two or more points.
    fn stroke(&mut self, points: &[(i32, i32)], style: ShapeStyle) -> Drawn<Self>;

    /// Writes a text.
    fn write(&mut self, label: &Label) -> Drawn<Self>;
}

/// Draws all shapes of a scene.
pub(super) fn play<B: Canvas>(scene: &Scene, backend: &mut B) -> Drawn<B> {
    for shape in &scene.shapes {
        draw(shape, backend)?;
    }
    backend.present()
}

fn draw<B: Canvas>(shape: &Shape, backend: &mut B) -> Drawn<B> {
    match shape {
        Shape::Box(area, colour) => {
            let corner = fine((area.right(), area.bottom()));
            backend.draw_rect(fine((area.left, area.top)), corner, &filled(*colour), true)
        }
        Shape::Line(points, pen) => {
            let points: Vec<_> = points.iter().copied().map(fine).collect();
            backend.stroke(&points, stroked(*pen))
        }
        Shape::Polygon(points, colour) => {
            backend.fill_polygon(points.iter().copied().map(fine), &filled(*colour))
        }
        Shape::Dot(centre, radius, colour) => {
            let radius = (radius * FINENESS).round() as u32;
            backend.draw_circle(fine(*centre), radius, &filled(*colour), true)
        }
        Shape::Text(label) => backend.write(label),
    }
}

/// A point in the backend's units.
pub(super) fn fine(point: Point) -> (i32, i32) {
    let unit = |length: f64| (length * FINENESS).round() as i32;
    (unit(point.0), unit(point.1))
}

/// The size of a scene in the backend's units.
pub(super) fn size(scene: &Scene) -> (u32, u32) {
    let (width, height) = fine((scene.width, scene.height));
    (width.unsigned_abs(), height.unsigned_abs())
}

pub(super) fn rgb(colour: Colour) -> RGBColor {
    RGBColor(colour.0, colour.1, colour.2)
}

fn filled(colour: Colour) -> ShapeStyle {
    ShapeStyle::from(&rgb(colour)).filled()
}

fn stroked(pen: Pen) -> ShapeStyle {
    let width = (pen.width * FINENESS).round().max(1.0) as u32;
    ShapeStyle::from(&rgb(pen.colour)).stroke_width(width)
}
