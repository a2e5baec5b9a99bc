//! From signed bytes to events.

use super::chain::{self, Action, AppEntryType, Data, EntryType, Visibility, ZOME_INDEX};
use super::{Problem, SignedBytes};
use crate::resource_mesh::{Known, MeshEntry};
use crate::{ActionHash, AgentPubKey, Written};
use ed25519_dalek::{Signature, VerifyingKey};
use holo_hash::EntryHash;

/// Microseconds of a millisecond: what an action's time is counted in, and what an event's is.
const MICROS: i64 = 1_000;

/// Reads one event of a type, by the type's place in its zome. `place` names the part of the receipt.
pub(super) fn read(signed: &SignedBytes, index: u8, place: &str) -> Result<Known, Problem> {
    let event = read_event(signed, place)?;
    if event.entry.index() != index {
        return Err(Problem::new(
            "bad_entry_type",
            place,
            "the entry is of another type",
        ));
    }
    Ok(Known {
        hash: event.hash.into(),
        author: event.author.into(),
        action_seq: event.seq,
        entry: event.entry,
    })
}

/// Reads one event of whatever type: its hashes are those of the bytes, and the signature is its author's. Whether it
/// may be written is for the rules to say. `place` names where the bytes are from.
pub fn read_event(signed: &SignedBytes, place: &str) -> Result<Written<MeshEntry>, Problem> {
    let action: Action = chain::decode_strict(&signed.action).ok_or_else(|| {
        Problem::new(
            "bad_action",
            place,
            "the action is not one that creates an entry",
        )
    })?;
    let author = action.header.author;
    check_signature(&author, &signed.action, &signed.signature).ok_or_else(|| {
        Problem::new(
            "bad_signature",
            place,
            "the signature is not its author's over these bytes",
        )
    })?;
    if !chain::is_whole(&author) {
        return Err(Problem::new(
            "bad_hash",
            place,
            "the author's key has a wrong location",
        ));
    }
    let hash: ActionHash = chain::hash(&signed.action);
    Ok(Written {
        hash: hash.into(),
        author: author.into(),
        seq: action.header.action_seq,
        at: u64::try_from(action.header.timestamp / MICROS).unwrap_or(0),
        entry: read_entry(&action.data, &signed.entry, place)?,
    })
}

/// The entry that an action creates, from its encoded envelope.
fn read_entry(data: &Data, envelope: &[u8], place: &str) -> Result<MeshEntry, Problem> {
    let Data::Create {
        entry_type: EntryType::App(found),
        entry_hash,
    } = data;
    if entry_hash != &(chain::hash::<_>(envelope) as EntryHash) {
        return Err(Problem::new(
            "entry_differs",
            place,
            "the entry is not the one that the action names",
        ));
    }
    let public = AppEntryType {
        entry_index: found.entry_index,
        zome_index: ZOME_INDEX,
        visibility: Visibility::Public,
    };
    if found != &public {
        return Err(Problem::new(
            "bad_entry_type",
            place,
            "the entry is of another type",
        ));
    }
    chain::decode_entry(found.entry_index, envelope)
        .ok_or_else(|| Problem::new("bad_entry", place, "the entry cannot be read"))
}

/// Whether `signature` is the agent's; the strict check leaves one signature for a key and a text.
fn check_signature(author: &AgentPubKey, text: &[u8], signature: &[u8]) -> Option<()> {
    let key: [u8; 32] = author.get_raw_32().try_into().ok()?;
    let signature = Signature::from_slice(signature).ok()?;
    VerifyingKey::from_bytes(&key)
        .ok()?
        .verify_strict(text, &signature)
        .ok()
}
