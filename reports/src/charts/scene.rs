//! A drawing before it is a picture: shapes and texts on a page measured in points.

use super::palette::Colour;
#[cfg(test)]
use super::text;

/// A drawing.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Scene {
    pub(super) title: String,
    pub(super) width: f64,
    pub(super) height: f64,
    pub(super) shapes: Vec<Shape>,
}

/// A part of a drawing; later ones cover earlier ones.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Shape {
    /// A filled rectangle.
    Box(Area, Colour),
    /// A line through points.
    Line(Vec<Point>, Pen),
    /// A filled polygon.
    Polygon(Vec<Point>, Colour),
    /// A filled circle: centre, radius.
    Dot(Point, f64, Colour),
    /// A text on one line.
    Text(Label),
}

/// Right and down from the upper left corner.
pub(super) type Point = (f64, f64);

/// What a line is drawn with.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Pen {
    pub(super) width: f64,
    pub(super) colour: Colour,
}

/// A rectangle.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Area {
    pub(super) left: f64,
    pub(super) top: f64,
    pub(super) width: f64,
    pub(super) height: f64,
}

/// A text on one line.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Label {
    /// On the baseline: the start, middle or end of the text.
    pub(super) at: Point,
    pub(super) text: String,
    pub(super) font: Font,
    pub(super) align: Align,
    /// Whether it runs upwards instead of to the right.
    pub(super) upwards: bool,
}

/// How a text looks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Font {
    pub(super) size: f64,
    pub(super) bold: bool,
    pub(super) colour: Colour,
}

/// Which part of a text its point holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Align {
    Start,
    Middle,
    End,
}

impl Pen {
    pub(super) const fn new(width: f64, colour: Colour) -> Self {
        Self { width, colour }
    }
}

impl Font {
    pub(super) const fn plain(size: f64, colour: Colour) -> Self {
        Self { size, bold: false, colour }
    }

    pub(super) const fn bold(size: f64, colour: Colour) -> Self {
        Self { size, bold: true, colour }
    }

    /// From the middle of small letters down to the baseline: what centres a text on a height.
    pub(super) fn drop(&self) -> f64 {
        self.size * 0.36
    }
}

impl Area {
    pub(super) fn right(&self) -> f64 {
        self.left + self.width
    }

    pub(super) fn bottom(&self) -> f64 {
        self.top + self.height
    }

    pub(super) fn middle(&self) -> Point {
        (self.left + self.width / 2.0, self.top + self.height / 2.0)
    }

    /// What is left after taking margins off: left, top, right, bottom.
    pub(super) fn inside(&self, left: f64, top: f64, right: f64, bottom: f64) -> Self {
        Self {
            left: self.left + left,
            top: self.top + top,
            width: self.width - left - right,
            height: self.height - top - bottom,
        }
    }
}

#[cfg(test)]
impl Label {
    /// The rectangle that the text covers.
    pub(super) fn extent(&self) -> Area {
        let width = text::width(&self.text, self.font);
        let start = match self.align {
            Align::Start => 0.0,
            Align::Middle => -width / 2.0,
            Align::End => -width,
        };
        let (up, down) = (self.font.size * 0.74, self.font.size * 0.22);
        let (x, y) = self.at;
        if self.upwards {
            Area { left: x - up, top: y - start - width, width: up + down, height: width }
        } else {
            Area { left: x + start, top: y - up, width, height: up + down }
        }
    }
}

impl Scene {
    pub(super) fn fill(&mut self, area: Area, colour: Colour) {
        if area.width > 0.0 && area.height > 0.0 {
            self.shapes.push(Shape::Box(area, colour));
        }
    }

    pub(super) fn line(&mut self, from: Point, to: Point, pen: Pen) {
        self.shapes.push(Shape::Line(vec![from, to], pen));
    }

    /// A line through points; a single point is a dot, so that it is seen at all.
    pub(super) fn path(&mut self, points: Vec<Point>, pen: Pen) {
        match points.as_slice() {
            [] => {}
            [point] => self.dot(*point, pen.width, pen.colour),
            _ => self.shapes.push(Shape::Line(points, pen)),
        }
    }

    pub(super) fn polygon(&mut self, points: Vec<Point>, colour: Colour) {
        self.shapes.push(Shape::Polygon(points, colour));
    }

    pub(super) fn dot(&mut self, centre: Point, radius: f64, colour: Colour) {
        self.shapes.push(Shape::Dot(centre, radius, colour));
    }

    /// A circle with an edge and a filling.
    pub(super) fn ring(&mut self, centre: Point, radius: f64, edge: Pen, filling: Colour) {
        self.dot(centre, radius, edge.colour);
        self.dot(centre, radius - edge.width, filling);
    }

    pub(super) fn text(&mut self, at: Point, text: &str, font: Font, align: Align) {
        self.label(at, text, font, align, false);
    }

    /// A text that runs upwards, as beside a vertical axis.
    pub(super) fn text_upwards(&mut self, at: Point, text: &str, font: Font, align: Align) {
        self.label(at, text, font, align, true);
    }

    fn label(&mut self, at: Point, text: &str, font: Font, align: Align, upwards: bool) {
        if !text.is_empty() {
            let text = text.to_owned();
            self.shapes.push(Shape::Text(Label { at, text, font, align, upwards }));
        }
    }
}
