//! The words of a text, for full-text search: cut and folded here, so that every database indexes the same ones.
//!
//! * A word is a run of letters, digits and their marks, folded: lower case, compatible forms as one (`Ｆ` is `f`), without
//!   accents and vowel points (`é` is `e`).
//! * Scripts without blanks between words (Chinese, Japanese, Thai, Lao, Khmer, Burmese) and Korean, whose endings
//!   follow without a blank, are indexed in overlapping pairs of characters: `東京都` is `東京 京都 都`. A search for
//!   any part of a run is a search for its pairs in a row. Dictionaries would find fewer false hits, but a word that
//!   they do not know, or cut differently in another sentence, would not be found at all.

use icu_normalizer::{ComposingNormalizerBorrowed, DecomposingNormalizerBorrowed};
use icu_properties::CodePointMapData;
use icu_properties::props::{GeneralCategory, GeneralCategoryGroup, LineBreak, Script};

/// To be raised with every change of [`cut`]: an index of another format is rebuilt.
pub const FORMAT: i64 = 1;

/// Most parts of a question that are searched for; further ones are ignored.
const MOST_PARTS: usize = 32;

/// Words that have to follow one another; a part of a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Phrase {
    /// At least one; letters, digits and marks only.
    pub words: Vec<String>,
    /// Whether the last word may go on.
    pub is_open: bool,
}

impl Phrase {
    /// Whether a text with these words, as [`cut`] returns them, holds the phrase.
    pub fn is_in(&self, words: &[String]) -> bool {
        self.count_in(words) > 0
    }

    /// How often it does.
    pub fn count_in(&self, words: &[String]) -> usize {
        let last = self.words.len().saturating_sub(1);
        let begins_here = |here: &&[String]| {
            let mut pairs = self.words.iter().zip(*here).enumerate();
            pairs.all(|(n, (wanted, word))| match self.is_open && n == last {
                true => word.starts_with(wanted),
                false => word == wanted,
            })
        };
        let places = words.windows(self.words.len().max(1));
        places.filter(begins_here).count()
    }
}

/// All words of a text, in order; for the index.
pub fn cut(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    for run in runs(&fold(text)) {
        run.index(&mut words);
    }
    words
}

/// What is looked for: each part that blanks separate, once. All of them must be in a text, in any order. Empty if
/// there is no word in the question.
pub fn question(typed: &str) -> Vec<Phrase> {
    let mut phrases: Vec<Phrase> = Vec::new();
    let parts = typed.split(|c: char| c.is_whitespace() || c.is_control());
    for phrase in parts.filter_map(phrase) {
        if !phrases.contains(&phrase) {
            phrases.push(phrase);
        }
        if phrases.len() == MOST_PARTS {
            break;
        }
    }
    phrases
}

/// A tag as it is compared (reference 02 §A.2): in lower case and without `_`; accents do count.
pub fn fold_tag(tag: &str) -> String {
    let composed = ComposingNormalizerBorrowed::new_nfkc().normalize(tag);
    composed.to_lowercase().replace('_', "")
}

fn phrase(part: &str) -> Option<Phrase> {
    let folded = fold(part);
    let mut runs = runs(&folded);
    let last = runs.pop()?;
    let mut words = Vec::new();
    for run in runs {
        run.index(&mut words);
    }
    let is_open = last.ask(&mut words);
    Some(Phrase { words, is_open })
}

/// Letter case, compatible forms, accents and vowel points do not distinguish words.
fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let lower = text.to_lowercase().replace('ς', "σ");
    let decomposed = DecomposingNormalizerBorrowed::new_nfkd().normalize(&lower);
    let bare: String = decomposed.chars().filter(|c| !is_dropped(*c)).collect();
    // Some compatible forms (`℃`) are made of capital letters.
    ComposingNormalizerBorrowed::new_nfc()
        .normalize(&bare.to_lowercase())
        .into_owned()
}

/// Accents, the vowel points of Hebrew and Arabic, the Arabic line filler, and characters without a shape.
fn is_dropped(c: char) -> bool {
    matches!(c,
        '\u{00AD}' | '\u{0300}'..='\u{036F}' | '\u{0591}'..='\u{05BD}' | '\u{05BF}' | '\u{05C1}' | '\u{05C2}'
        | '\u{0610}'..='\u{061A}' | '\u{0640}' | '\u{064B}'..='\u{065F}' | '\u{0670}'
        | '\u{1AB0}'..='\u{1AFF}' | '\u{1DC0}'..='\u{1DFF}' | '\u{200B}'..='\u{200F}' | '\u{2060}'
        | '\u{20D0}'..='\u{20FF}' | '\u{FE00}'..='\u{FE0F}' | '\u{FE20}'..='\u{FE2F}' | '\u{FEFF}')
}

/// Characters of words that follow one another.
struct Run<'t> {
    text: &'t str,
    /// Of a script without blanks between words.
    is_unbroken: bool,
}

impl Run<'_> {
    fn index(&self, words: &mut Vec<String>) {
        if !self.is_unbroken {
            words.push(self.text.to_owned());
            return;
        }
        self.pairs(words);
        words.extend(self.text.chars().next_back().map(String::from));
    }

    /// The words to look for where the run may go on; whether the last of them may.
    fn ask(&self, words: &mut Vec<String>) -> bool {
        let before = words.len();
        if self.is_unbroken {
            self.pairs(words);
        }
        let has_pairs = words.len() > before;
        if !has_pairs {
            words.push(self.text.to_owned());
        }
        self.is_unbroken && !has_pairs
    }

    fn pairs(&self, words: &mut Vec<String>) {
        let chars = self.text.chars();
        let next = self.text.chars().skip(1);
        words.extend(
            chars
                .zip(next)
                .map(|(one, two)| String::from_iter([one, two])),
        );
    }
}

fn runs(folded: &str) -> Vec<Run<'_>> {
    let mut runs: Vec<Run<'_>> = Vec::new();
    let mut rest = folded;
    while let Some(first) = rest.chars().next() {
        let kind = kind_of(first);
        let end = rest.find(|c| kind_of(c) != kind).unwrap_or(rest.len());
        let (text, behind) = rest.split_at(end);
        runs.extend(kind.map(|is_unbroken| Run { text, is_unbroken }));
        rest = behind;
    }
    runs
}

/// `None`: no character of a word. Else whether its script has no blanks between words.
fn kind_of(c: char) -> Option<bool> {
    if c.is_ascii() {
        return c.is_ascii_alphanumeric().then_some(false);
    }
    let category = CodePointMapData::<GeneralCategory>::new().get(c);
    let is_of_word = GeneralCategoryGroup::Letter
        .union(GeneralCategoryGroup::Mark)
        .union(GeneralCategoryGroup::Number)
        .contains(category);
    is_of_word.then(|| is_unbroken(c))
}

fn is_unbroken(c: char) -> bool {
    // The mark of a long vowel belongs to both kana.
    c == 'ー'
        || [
            Script::Han,
            Script::Hiragana,
            Script::Katakana,
            Script::Bopomofo,
            Script::Hangul,
            Script::Yi,
        ]
        .contains(&CodePointMapData::<Script>::new().get(c))
        || CodePointMapData::<LineBreak>::new().get(c) == LineBreak::ComplexContext
}

#[cfg(test)]
mod tests {
    use super::*;

    fn phrases(typed: &str) -> Vec<String> {
        let shown = |phrase: Phrase| {
            let open = if phrase.is_open { "*" } else { "" };
            phrase.words.join(" ") + open
        };
        question(typed).into_iter().map(shown).collect()
    }

    #[test]
    fn words_are_folded() {
        for (text, words) in [
            (
                "The Café, ＦＵＬＬ and Ünïcode_1",
                "the cafe full and unicode 1",
            ),
            ("foo-bar don't 3.14", "foo bar don t 3 14"),
            ("ΣΊΣΥΦΟΣ σίσυφος", "σισυφοσ σισυφοσ"),
            ("Ёлка й", "елка и"),
            ("مُحَمَّد مـحمد", "محمد محمد"),
            ("שָׁלוֹם", "שלום"),
            ("हिन्दी தமிழ்", "हिन्दी தமிழ்"),
            ("co\u{AD}operate ✨ …", "cooperate"),
        ] {
            assert_eq!(cut(text).join(" "), words, "{text}");
        }
    }

    #[test]
    fn scripts_without_blanks_are_cut_into_pairs() {
        for (text, words) in [
            ("東京都", "東京 京都 都"),
            ("iPhone手机x", "iphone 手机 机 x"),
            ("ﾃﾞｰﾀ。はい", "デー ータ タ はい い"),
            ("한국어", "한국 국어 어"),
            ("ไทย", "ไท ทย ย"),
            ("我", "我"),
        ] {
            assert_eq!(cut(text).join(" "), words, "{text}");
        }
    }

    #[test]
    fn a_question_is_its_parts_each_once() {
        assert_eq!(phrases("one  One\ntwo foo-bar"), ["one", "two", "foo bar"]);
        assert_eq!(phrases("京 京都 a京 京a"), ["京*", "京都", "a 京*", "京 a"]);
        assert_eq!(phrases("NEAR( a\"b c* -d \0"), ["near", "a b", "c", "d"]);
        assert!(phrases(" * \" ( ) ").is_empty());
        let many: Vec<String> = (0..1000).map(|n| n.to_string()).collect();
        assert_eq!(phrases(&many.join(" ")).len(), MOST_PARTS);
    }

    #[test]
    fn tags_fold_as_the_reference_says() {
        assert_eq!(fold_tag("The_Lost"), fold_tag("thelost"));
        assert_eq!(fold_tag("CAFE\u{301}"), "café");
        assert_ne!(fold_tag("café"), fold_tag("cafe"));
    }
}
