//! The small checks that the rules of every DNA are made of.

use crate::limits::{CID_BYTES_MAX, NAME_BYTES_MAX, SAFE_INTEGER_MAX};
use crate::{AgentPubKey, DnaHash};

/// Why something may not be written. Its text reaches the author, so it says what would be allowed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// A text or list is too short or too long.
    #[error("{field} has length {found}; {min} to {max} is allowed")]
    Length {
        /// The field's name.
        field: &'static str,
        /// Its length, in bytes or items.
        found: usize,
        /// The shortest allowed.
        min: usize,
        /// The longest allowed.
        max: usize,
    },
    /// A number is too small or too large.
    #[error("{field} is {found}; {min} to {max} is allowed")]
    Range {
        /// The field's name.
        field: &'static str,
        /// Its value.
        found: u64,
        /// The smallest allowed.
        min: u64,
        /// The largest allowed.
        max: u64,
    },
    /// A rule in words is broken.
    #[error("{0}")]
    Rule(&'static str),
}

/// What a rule says: nothing, or why not.
pub type Checked = Result<(), Refusal>;

/// The action that writes an entry, as far as rules look at it.
#[derive(Clone, Copy, Debug)]
pub struct Writing<'a> {
    /// Who writes.
    pub author: &'a AgentPubKey,
    /// Where on the author's chain.
    pub seq: u32,
    /// The network that is written to.
    pub dna_hash: &'a DnaHash,
    /// The network's highest `action_seq` of an entry.
    pub max_seq: u32,
}

impl Writing<'_> {
    /// What holds for every entry: it names this network, and the author's chain is not full.
    pub fn check(&self, named: &DnaHash) -> Checked {
        require(named == self.dna_hash, "dna_hash is not this network's")?;
        range(
            "action_seq",
            u64::from(self.seq),
            0,
            u64::from(self.max_seq),
        )
    }
}

/// Refuses with `rule` unless `holds`.
pub fn require(holds: bool, rule: &'static str) -> Checked {
    if holds {
        Ok(())
    } else {
        Err(Refusal::Rule(rule))
    }
}

/// Refuses a length outside `min..=max`.
pub fn length(field: &'static str, found: usize, min: usize, max: usize) -> Checked {
    if (min..=max).contains(&found) {
        Ok(())
    } else {
        Err(Refusal::Length {
            field,
            found,
            min,
            max,
        })
    }
}

/// Refuses a number outside `min..=max`.
pub fn range(field: &'static str, found: u64, min: u64, max: u64) -> Checked {
    if (min..=max).contains(&found) {
        Ok(())
    } else {
        Err(Refusal::Range {
            field,
            found,
            min,
            max,
        })
    }
}

/// Refuses a number that JavaScript cannot hold exactly.
pub fn safe_integer(field: &'static str, found: u64) -> Checked {
    range(field, found, 0, SAFE_INTEGER_MAX)
}

/// Refuses a name that is empty, too long, or would disturb a terminal.
pub fn name(field: &'static str, text: &str) -> Checked {
    line(field, text, 1, NAME_BYTES_MAX)
}

/// Refuses a text for people that is too short, too long, or more than one harmless line.
pub fn line(field: &'static str, text: &str, min: usize, max: usize) -> Checked {
    length(field, text.len(), min, max)?;
    require(
        !text.chars().any(is_disturbing),
        "a text for people has no control characters and no marks that change the reading direction",
    )
}

/// Whether a character drives a terminal, breaks the line, changes the reading direction or hides text. The host escapes
/// the same characters wherever it shows a text.
fn is_disturbing(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{061c}'
                | '\u{200e}'
                | '\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2066}'..='\u{2069}'
                | '\u{feff}'
                | '\u{e0000}'..='\u{e007f}'
        )
}

/// Refuses what is not so many bytes in lower-case hex.
pub fn hex(field: &'static str, text: &str, bytes: usize) -> Checked {
    length(field, text.len(), 2 * bytes, 2 * bytes)?;
    require(
        text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')),
        "bytes are written in lower-case hex",
    )
}

/// Refuses what is not so many bytes in padded base64 (RFC 4648, section 4).
pub fn base64(field: &'static str, text: &str, bytes: usize) -> Checked {
    let whole = bytes.div_ceil(3) * 4;
    length(field, text.len(), whole, whole)?;
    let padding = (3 - bytes % 3) % 3;
    let (body, end) = text.as_bytes().split_at(whole - padding);
    let digit = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/');
    require(
        body.iter().all(digit) && end.iter().all(|b| *b == b'='),
        "bytes are written in padded base64",
    )
}

/// Refuses a code that is not lower-case words with `_`, `.` or `-` between them, such as `model_missing`.
pub fn code(field: &'static str, text: &str) -> Checked {
    length(field, text.len(), 1, NAME_BYTES_MAX)?;
    let allowed =
        |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'_' | b'.' | b'-');
    require(
        text.bytes().all(allowed),
        "a code has lower-case letters, digits, '_', '.' and '-' only",
    )
}

/// Refuses what cannot be a CIDv1 in base32, the only spelling in entries.
pub fn cid(field: &'static str, text: &str) -> Checked {
    length(field, text.len(), 1, CID_BYTES_MAX)?;
    let base32 = |b: u8| matches!(b, b'a'..=b'z' | b'2'..=b'7');
    require(
        text.starts_with("ba") && text.bytes().all(base32),
        "a CID is version 1, in lower-case base32",
    )
}
