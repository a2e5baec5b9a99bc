//! Writing entries with the link by which they are found, and reading them back.

use crate::local_record;
use hdk::prelude::*;
use ripple_integrity::Listed;
use ripple_shared::{ActionHashB64, Written};
use serde::de::DeserializeOwned;
use std::collections::HashSet;
use std::fmt::Debug;

/// Writes an entry and its link, in the same commit as everything else of this call.
pub fn write_listed<E, L>(entry: E, link_type: L) -> ExternResult<ActionHashB64>
where
    E: Listed<Link = L>,
    L: Copy,
    ScopedEntryDefIndex: for<'a> TryFrom<&'a E, Error = WasmError>,
    EntryVisibility: for<'a> From<&'a E>,
    Entry: TryFrom<E, Error = WasmError>,
    ScopedLinkType: TryFrom<L, Error = WasmError>,
{
    let author = agent_info()?.agent_initial_pubkey;
    let place = entry.place(link_type, &author)?;
    let hash = create_entry(entry)?;
    if let Some(place) = place {
        create_link(place.base, hash.clone(), link_type, place.tag)?;
    }
    Ok(hash.into())
}

/// The document of a record with the facts of its action, or none where the record carries another document.
pub fn written<T: Serialize + DeserializeOwned + Debug>(record: &Record) -> Option<Written<T>> {
    let action = record.action();
    Some(Written {
        hash: record.action_address().clone().into(),
        author: action.author().clone().into(),
        seq: action.action_seq(),
        at: u64::try_from(action.timestamp().as_millis()).unwrap_or(0),
        entry: crate::document(record)?,
    })
}

/// The documents that links lead to, as far as they have arrived here: each once, oldest first.
pub fn listed<T: Serialize + DeserializeOwned + Debug>(
    query: LinkQuery,
) -> ExternResult<Vec<Written<T>>> {
    let links = get_links(query, GetStrategy::Local)?;
    let targets: HashSet<ActionHash> = links
        .into_iter()
        .filter_map(|link| link.target.into_action_hash())
        .collect();
    let mut found = Vec::with_capacity(targets.len());
    for target in targets {
        found.extend(local_record(target)?.as_ref().and_then(written));
    }
    found.sort_by(|a: &Written<T>, b| (a.at, a.seq, &a.hash).cmp(&(b.at, b.seq, &b.hash)));
    Ok(found)
}
