//! Texts in lines of a terminal.

use unicode_width::UnicodeWidthStr;

/// Breaks a text into lines that fit beside an indent; a word too long for a line is cut.
pub(crate) fn wrap(text: &str, columns: Option<usize>, indent: usize) -> Vec<String> {
    let Some(room) = columns.map(|columns| columns.saturating_sub(indent).max(8)) else {
        return vec![text.to_owned()];
    };
    let mut lines = vec![String::new()];
    for word in text.split_whitespace().flat_map(|word| pieces(word, room)) {
        match lines.last_mut() {
            Some(line) if line.is_empty() => line.push_str(&word),
            Some(line) if width(line) + 1 + width(&word) <= room => {
                line.push(' ');
                line.push_str(&word);
            }
            _ => lines.push(word),
        }
    }
    lines
}

fn pieces(word: &str, room: usize) -> Vec<String> {
    let mut pieces = vec![String::new()];
    for character in word.chars() {
        let mut buffer = [0; 4];
        let character = &*character.encode_utf8(&mut buffer);
        match pieces.last_mut() {
            Some(piece) if width(piece) + width(character) <= room => piece.push_str(character),
            _ => pieces.push(character.to_owned()),
        }
    }
    pieces
}

/// How many columns a text takes.
pub(crate) fn width(text: &str) -> usize {
    text.width()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_stay_whole_where_they_can() {
        assert_eq!(wrap("one two three", Some(9), 0), ["one two", "three"]);
        assert_eq!(wrap("one two three", None, 0), ["one two three"]);
    }

    #[test]
    fn a_long_word_is_cut() {
        assert_eq!(wrap("abcdefghijkl mn", Some(10), 2), ["abcdefgh", "ijkl mn"]);
    }

    #[test]
    fn wide_characters_count_twice() {
        assert_eq!(wrap("日本語日本語", Some(8), 0), ["日本語日", "本語"]);
    }
}
