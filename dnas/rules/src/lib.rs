//! The rules of `ripple_shared` behind a plain C interface: JSON in, JSON out, what is signed as bytes.
//!
//! A call: the caller asks `input` for room, writes there, calls a function with the length, and reads as many bytes
//! as it returned from `output`. There is one room for each direction, so an answer lasts until the next call.

mod answer;
mod room;
mod text;

use answer::{hash_action as hash_of, CheckEntry, CheckLink, CheckMembership, CheckRevocation, Encode, Reading, Resolve};
use room::{answer, answer_bytes};

/// Room for `length` bytes of the next question.
#[no_mangle]
pub extern "C" fn input(length: usize) -> *mut u8 {
    room::input(length)
}

/// Where the last answer starts.
#[no_mangle]
pub extern "C" fn output() -> *const u8 {
    room::output()
}

/// Judges an entry: `{entry, at, known}` to `Verdict`.
#[no_mangle]
pub extern "C" fn check_entry(length: usize) -> usize {
    answer(length, |question: CheckEntry| question.answer())
}

/// Judges a link: `{kind, at, target, tag_bytes}` to `LinkVerdict`.
#[no_mangle]
pub extern "C" fn check_link(length: usize) -> usize {
    answer(length, |question: CheckLink| question.answer())
}

/// Judges a membership, signatures included: `{membrane, agent, proof}` to `null` or the reason.
#[no_mangle]
pub extern "C" fn check_membership(length: usize) -> usize {
    answer(length, |question: CheckMembership| question.answer())
}

/// Judges a revocation, signatures included: `{membrane, revocation}` to `null` or the reason.
#[no_mangle]
pub extern "C" fn check_revocation(length: usize) -> usize {
    answer(length, |question: CheckRevocation| question.answer())
}

/// Reads a poster's list: `{task, events}` to `Resolution | null`.
#[no_mangle]
pub extern "C" fn resolve(length: usize) -> usize {
    answer(length, |question: Resolve| question.answer())
}

/// Encodes an event as a chain keeps it: `{entry, author, seq, at, prev_action}` to its hash and the bytes in hex.
#[no_mangle]
pub extern "C" fn encode_event(length: usize) -> usize {
    answer(length, |question: Encode| question.answer())
}

/// Hashes an action: its encoded bytes to its hash.
#[no_mangle]
pub extern "C" fn hash_action(length: usize) -> usize {
    answer_bytes(length, hash_of)
}

/// Reads an event from the bytes that its author signed: cbor of `{action, entry, signature}` to `Reading | null`.
#[no_mangle]
pub extern "C" fn read_event(length: usize) -> usize {
    answer_bytes(length, Reading::of)
}

/// Verifies a receipt: its bytes to `Report`.
#[no_mangle]
pub extern "C" fn verify_receipt(length: usize) -> usize {
    answer_bytes(length, |bytes| ripple_shared::receipt::verify(bytes))
}
