//! Which characters make a word, a tag, a host; where an address ends; what cannot be seen. Beyond ASCII the properties
//! of Unicode decide.

use icu_properties::props::{
    DefaultIgnorableCodePoint, Emoji, ExtendedPictographic, GeneralCategory, GeneralCategoryGroup,
    JoinControl, LineBreak, QuotationMark, TerminalPunctuation,
};
use icu_properties::{CodePointMapData, CodePointSetData};

/// Marks looked at behind one character; living scripts have four.
const MOST_MARKS: usize = 8;

/// Letters and digits of any script, and `_`.
pub(super) fn is_word(c: char) -> bool {
    c == '_' || c.is_alphanumeric()
}

/// Letters of scripts that are written without blanks between words: Chinese, Japanese, Korean particles, Thai, Lao,
/// Khmer, Burmese and others. By the line breaking classes (UAX #14), since lines of such texts break within words.
pub(super) fn is_unspaced(c: char) -> bool {
    use LineBreak as Class;
    !c.is_ascii()
        && (is_word(c) || joins(c))
        && matches!(
            CodePointMapData::<LineBreak>::new().get(c),
            Class::Ideographic
                | Class::ConditionalJapaneseStarter
                | Class::Nonstarter
                | Class::ComplexContext
                | Class::Aksara
                | Class::AksaraStart
                | Class::H2
                | Class::H3
                | Class::JL
                | Class::JV
                | Class::JT
        )
}

/// A letter or digit that continues into the next one: what an `@` or a `#` after it belongs to.
pub(super) fn is_spaced_word(c: char) -> bool {
    is_word(c) && !is_unspaced(c)
}

/// A character after a name that makes it another name: `@josé` does not name `jos`, composed or not.
pub(super) fn continues_name(c: char) -> bool {
    is_spaced_word(c) || (joins(c) && !is_ignorable(c))
}

/// The character at the end of a text that its accents, vowel marks and selectors belong to.
pub(super) fn last_base(text: &str) -> Option<char> {
    text.chars().rev().take(MOST_MARKS).find(|c| !joins(*c))
}

/// Characters of a user name.
pub(super) fn is_name(byte: u8) -> bool {
    byte == b'_' || byte.is_ascii_alphanumeric()
}

/// Characters of a tag, after the `#`.
pub(super) fn is_tag(c: char) -> bool {
    is_word(c) || is_emoji(c) || joins(c)
}

/// Characters that a tag needs one of: digits and underlines alone are not a tag.
pub(super) fn gives_tag_meaning(c: char) -> bool {
    c.is_alphabetic() || is_emoji(c)
}

/// Characters of a host name, dots included.
pub(super) fn is_host(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_');
    }
    c.is_alphanumeric() || is_emoji(c) || joins(c)
}

/// Characters that no address contains: blanks, controls, those that html or browsers interpret, and those that
/// cannot be seen.
pub(super) fn breaks_address(c: char) -> bool {
    c.is_whitespace()
        || c.is_control()
        || matches!(c, '<' | '>' | '"' | '`' | '\\')
        || (is_ignorable(c) && !joins(c))
}

/// Characters that end an address in running text: also quotation marks, brackets and the punctuation of other scripts,
/// which follow without a blank. Addresses are copied with these encoded.
pub(super) fn ends_inline(c: char) -> bool {
    use GeneralCategory as Category;
    if breaks_address(c) {
        return true;
    }
    // An apostrophe is within words; at the end it is removed.
    if c.is_ascii() || c == '’' {
        return false;
    }
    CodePointSetData::new::<TerminalPunctuation>().contains(c)
        || CodePointSetData::new::<QuotationMark>().contains(c)
        || matches!(
            CodePointMapData::<GeneralCategory>::new().get(c),
            Category::OpenPunctuation
                | Category::ClosePunctuation
                | Category::InitialPunctuation
                | Category::FinalPunctuation
        )
}

/// Punctuation at the end of an address that belongs to the sentence.
pub(super) fn closes_sentence(c: char) -> bool {
    matches!(
        c,
        '.' | ',' | ';' | ':' | '!' | '?' | '\'' | '’' | '…' | '*' | '(' | '[' | '{'
    )
}

/// Emoji, as far as tags and host names use them.
pub(super) fn is_emoji(c: char) -> bool {
    // Digits and `#` are emoji too, and `™` follows names.
    c >= '\u{203C}'
        && c != '™'
        && (CodePointSetData::new::<Emoji>().contains(c)
            || CodePointSetData::new::<ExtendedPictographic>().contains(c))
}

/// Marks that continue a word or an emoji and are no letters by themselves: accents, vowel killers, tone marks,
/// joiners, variation selectors, the letters of flags.
fn joins(c: char) -> bool {
    if c < '\u{0300}' {
        return false;
    }
    GeneralCategoryGroup::Mark.contains(CodePointMapData::<GeneralCategory>::new().get(c))
        || CodePointSetData::new::<JoinControl>().contains(c)
        || matches!(c, '\u{E0020}'..='\u{E007F}')
}

/// Whether a character leaves no mark on the screen by itself (UTS #39 calls for more than blanks).
pub(super) fn is_invisible(c: char) -> bool {
    // The blank pattern of braille is a symbol to Unicode.
    c.is_whitespace()
        || c.is_control()
        || c == '\u{2800}'
        || (!c.is_ascii() && (is_ignorable(c) || matches!(c, '\u{FFF9}'..='\u{FFFB}')))
}

fn is_ignorable(c: char) -> bool {
    !c.is_ascii() && CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c)
}
