//! What a rule is told of the action at hand and of those before it.

use crate::NetworkProperties;
use hdi::prelude::*;
use ripple_shared::check::Writing;

/// Asks a rule of `ripple_shared` about the action that writes an entry.
pub fn with_writing<T>(header: &ActionHeader, rule: impl FnOnce(&Writing) -> T) -> ExternResult<T> {
    let network = dna_info()?;
    let properties = NetworkProperties::try_from_dna_properties()?;
    Ok(rule(&Writing {
        author: &header.author,
        seq: header.action_seq,
        dna_hash: &network.hash,
        max_seq: properties.max_action_seq,
    }))
}

/// A valid entry of this DNA and its author; none where the action wrote something else. Waits for what has not
/// arrived.
pub fn must_get_written<E>(hash: ActionHash) -> ExternResult<Option<(E, AgentPubKey)>>
where
    E: EntryTypesHelper,
    WasmError: From<<E as EntryTypesHelper>::Error>,
{
    let record = must_get_valid_record(hash)?;
    let (Some(EntryType::App(kind)), Some(entry)) =
        (record.action().entry_type(), record.entry().as_option())
    else {
        return Ok(None);
    };
    let entry = E::deserialize_from_type(kind.zome_index, kind.entry_index, entry)?;
    Ok(entry.map(|entry| (entry, record.action().author().clone())))
}
