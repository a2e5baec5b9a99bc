//! Records of the chain as the events that the daemon reads.

use hdk::prelude::*;
use resource_mesh_integrity::{EntryTypes, LinkTypes};
use ripple_coordinator::{links_from, local_record};
use ripple_shared::resource_mesh::MeshEntry;
use ripple_shared::Written;

/// An entry of `resource_mesh` with its place on a chain.
pub type Event = Written<MeshEntry>;

/// A record as an event; none where it carries no entry of `resource_mesh`.
pub fn event_of(record: &Record) -> ExternResult<Option<Event>> {
    let action = record.action();
    let (Some(EntryType::App(kind)), Some(entry)) = (action.entry_type(), record.entry().as_option()) else {
        return Ok(None);
    };
    let entry = EntryTypes::deserialize_from_type(kind.zome_index, kind.entry_index, entry)?;
    Ok(entry.map(|entry| Event {
        hash: record.action_address().clone().into(),
        author: action.author().clone().into(),
        seq: action.action_seq(),
        at: u64::try_from(action.timestamp().as_millis()).unwrap_or(0),
        entry: entry.into(),
    }))
}

/// The events among records, in their order.
pub fn events_of(records: &[Record]) -> ExternResult<Vec<Event>> {
    let events: ExternResult<Vec<Option<Event>>> = records.iter().map(event_of).collect();
    Ok(events?.into_iter().flatten().collect())
}

/// The events that links of one type name and that have arrived here, each once.
pub fn linked(base: impl Into<AnyLinkableHash>, link_type: LinkTypes) -> ExternResult<Vec<Event>> {
    let mut seen = BTreeSet::new();
    let mut events = Vec::new();
    for link in links_from(base, link_type)? {
        let Some(hash) = link.target.into_action_hash() else { continue };
        if !seen.insert(hash.clone()) {
            continue;
        }
        if let Some(record) = local_record(hash)? {
            events.extend(event_of(&record)?);
        }
    }
    Ok(events)
}
