//! Which characters make a word, a tag, a host; where an address ends.

/// Letters and digits of any script, and `_`.
pub(super) fn is_word(c: char) -> bool {
    c == '_' || c.is_alphanumeric()
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

/// Characters that no address contains: blanks, controls, and those that html or browsers interpret.
pub(super) fn breaks_address(c: char) -> bool {
    c.is_whitespace()
        || c.is_control()
        || matches!(c, '<' | '>' | '"' | '`' | '\\')
        || matches!(
            c,
            '\u{200B}' | '\u{200E}' | '\u{200F}' | '\u{2060}' | '\u{FEFF}'
        )
        || matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// Characters that end an address in running text: also quotation marks and full-width punctuation, which follow
/// without a blank.
pub(super) fn ends_inline(c: char) -> bool {
    breaks_address(c)
        || matches!(c, '«' | '»' | '“' | '”' | '„' | '‹' | '›')
        || matches!(c, '\u{3001}' | '\u{3002}' | '\u{3008}'..='\u{3011}')
        || matches!(
            c,
            '\u{FF01}' | '\u{FF08}' | '\u{FF09}' | '\u{FF0C}' | '\u{FF1F}'
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
    if c < '\u{203C}' {
        return false;
    }
    matches!(c,
        '\u{1F000}'..='\u{1FAFF}' | '\u{2600}'..='\u{27BF}'
        | '\u{203C}' | '\u{2049}' | '\u{2139}' | '\u{2194}'..='\u{2199}' | '\u{21A9}' | '\u{21AA}'
        | '\u{231A}' | '\u{231B}' | '\u{2328}' | '\u{23CF}' | '\u{23E9}'..='\u{23F3}'
        | '\u{23F8}'..='\u{23FA}' | '\u{24C2}' | '\u{25AA}' | '\u{25AB}' | '\u{25B6}' | '\u{25C0}'
        | '\u{25FB}'..='\u{25FE}' | '\u{2934}' | '\u{2935}' | '\u{2B05}'..='\u{2B07}'
        | '\u{2B1B}' | '\u{2B1C}' | '\u{2B50}' | '\u{2B55}' | '\u{3030}' | '\u{303D}'
        | '\u{3297}' | '\u{3299}')
}

/// Marks that continue a word or an emoji and that the standard library does not count as letters:
/// accents, vowel killers, tone marks, joiners, variation selectors.
fn joins(c: char) -> bool {
    if c < '\u{0300}' {
        return false;
    }
    matches!(c,
        '\u{0300}'..='\u{036F}' | '\u{0483}'..='\u{0487}' | '\u{0591}'..='\u{05BD}'
        | '\u{064B}'..='\u{065F}' | '\u{093C}' | '\u{094D}' | '\u{09BC}' | '\u{09CD}'
        | '\u{0A3C}' | '\u{0A4D}' | '\u{0ABC}' | '\u{0ACD}' | '\u{0B3C}' | '\u{0B4D}'
        | '\u{0BCD}' | '\u{0C4D}' | '\u{0CBC}' | '\u{0CCD}' | '\u{0D4D}' | '\u{0DCA}'
        | '\u{0E3A}' | '\u{0E47}'..='\u{0E4E}' | '\u{0EBA}' | '\u{0EC8}'..='\u{0ECD}'
        | '\u{0F39}' | '\u{0F84}' | '\u{1037}' | '\u{1039}' | '\u{103A}' | '\u{17C9}'..='\u{17D3}'
        | '\u{200C}' | '\u{200D}' | '\u{20E3}' | '\u{3099}' | '\u{309A}'
        | '\u{FE00}'..='\u{FE0F}' | '\u{E0020}'..='\u{E007F}')
}
