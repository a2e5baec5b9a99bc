//! From signed bytes to events.

use super::chain::{self, Action, AppEntryType, Data, EntryType, Visibility, ZOME_INDEX};
use super::{Problem, SignedBytes};
use crate::resource_mesh::Known;
use crate::{ActionHash, AgentPubKey};
use ed25519_dalek::{Signature, VerifyingKey};
use holo_hash::EntryHash;

/// Reads one event of a type, by the type's place in its zome. `place` names the part of the receipt.
pub(super) fn read(signed: &SignedBytes, index: u8, place: &str) -> Result<Known, Problem> {
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
    let Data::Create {
        entry_type,
        entry_hash,
    } = action.data;
    if entry_hash != chain::hash::<_>(&signed.entry) as EntryHash {
        return Err(Problem::new(
            "entry_differs",
            place,
            "the entry is not the one that the action names",
        ));
    }
    let EntryType::App(found) = entry_type;
    let wanted = AppEntryType {
        entry_index: index,
        zome_index: ZOME_INDEX,
        visibility: Visibility::Public,
    };
    if found != wanted {
        return Err(Problem::new(
            "bad_entry_type",
            place,
            "the entry is of another type",
        ));
    }
    let entry = chain::decode_entry(index, &signed.entry)
        .ok_or_else(|| Problem::new("bad_entry", place, "the entry cannot be read"))?;
    let hash: ActionHash = chain::hash(&signed.action);
    Ok(Known {
        hash,
        author,
        action_seq: action.header.action_seq,
        entry,
    })
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
