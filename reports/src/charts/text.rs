//! The fonts, which lie inside the program, and how wide texts are in them.

use std::sync::LazyLock;

use ab_glyph::{Font as _, FontRef, PxScale, ScaleFont as _};

use super::scene::Font;

/// The family in an SVG; the second name is for programs that ignore embedded fonts.
pub(super) const FAMILY: &str = "Noto Sans, sans-serif";

/// The fonts as an SVG embeds them: weight and WOFF2.
pub(super) const EMBEDDED: [(&str, &[u8]); 2] = [
    ("normal", include_bytes!("../../fonts/NotoSans-Regular.woff2")),
    ("bold", include_bytes!("../../fonts/NotoSans-SemiBold.woff2")),
];

/// From the baseline to the top of small letters, in parts of the size: the font's `ex`.
pub(super) const X_HEIGHT: f64 = 0.536;

static REGULAR: LazyLock<Option<FontRef<'static>>> = LazyLock::new(|| {
    FontRef::try_from_slice(include_bytes!("../../fonts/NotoSans-Regular.ttf")).ok()
});
static SEMI_BOLD: LazyLock<Option<FontRef<'static>>> = LazyLock::new(|| {
    FontRef::try_from_slice(include_bytes!("../../fonts/NotoSans-SemiBold.ttf")).ok()
});

/// The outlines of a font's weight. They are part of the program and a test reads them; `None`
/// cannot be seen.
pub(super) fn outlines(bold: bool) -> Option<&'static FontRef<'static>> {
    match bold {
        true => SEMI_BOLD.as_ref(),
        false => REGULAR.as_ref(),
    }
}

/// The scale at which the em of a font is so many pixels.
pub(super) fn scale(font: &FontRef<'static>, em: f64) -> PxScale {
    let units = font.units_per_em().unwrap_or(1000.0);
    PxScale::from(em as f32 * font.height_unscaled() / units)
}

/// How wide a text is, in points.
pub(super) fn width(text: &str, font: Font) -> f64 {
    let Some(outlines) = outlines(font.bold) else {
        return 0.0;
    };
    let scaled = outlines.as_scaled(scale(outlines, font.size));
    let advance = |character| f64::from(scaled.h_advance(scaled.glyph_id(character)));
    text.chars().map(advance).sum()
}

/// Breaks a text into at most so many lines that fit; what remains is cut off with an ellipsis.
pub(super) fn wrap(text: &str, font: Font, room: f64, most: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if width(&format!("{line} {word}"), font) <= room => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    if lines.len() > most {
        let rest = lines.split_off(most.saturating_sub(1)).join(" ");
        lines.push(rest);
    }
    lines.iter().map(|line| cut(line, font, room)).collect()
}

/// The text, or as much of it as fits before an ellipsis.
pub(super) fn cut(text: &str, font: Font, room: f64) -> String {
    if width(text, font) <= room {
        return text.to_owned();
    }
    let mut short: String = text.to_owned();
    while short.pop().is_some() {
        let candidate = format!("{}…", short.trim_end());
        if width(&candidate, font) <= room {
            return candidate;
        }
    }
    String::new()
}

#[cfg(test)]
mod tests {
    use super::*;

    const FONT: Font = Font::plain(10.0, (0, 0, 0));

    #[test]
    fn the_fonts_hold_what_charts_write() {
        for bold in [false, true] {
            let font = outlines(bold).unwrap();
            for character in "azAZ09%/()×±–µ→≤≥✓✗Σ…“”äéλ".chars() {
                assert_ne!(font.glyph_id(character).0, 0, "{character}");
            }
        }
    }

    #[test]
    fn a_digit_is_as_wide_as_noto_sans_says() {
        // 572 of 1000 units.
        assert!((width("8", FONT) - 5.72).abs() < 0.01);
        assert!((width("88", FONT) - 11.44).abs() < 0.01);
    }

    #[test]
    fn long_texts_are_wrapped_then_cut() {
        let text = "one two three four five six";
        let lines = wrap(text, FONT, 60.0, 2);
        assert_eq!(lines.len(), 2);
        assert!(lines[1].ends_with('…'), "{lines:?}");
        assert!(lines.iter().all(|line| width(line, FONT) <= 60.0));
        assert_eq!(wrap(text, FONT, 600.0, 2), [text]);
        assert_eq!(cut("abc", FONT, 1.0), "");
    }
}
