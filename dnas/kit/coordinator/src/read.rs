//! Reads that answer from what has arrived here; only `record_from_anywhere` asks other peers.

use hdk::prelude::*;
use ripple_integrity::Stored;
use serde::de::DeserializeOwned;
use std::fmt::Debug;

/// This peer's key. Not the caller's: the daemon calls with a signing key of its own.
pub fn own_key() -> ExternResult<AgentPubKey> {
    Ok(agent_info()?.agent_initial_pubkey)
}

/// A record that has arrived here.
pub fn local_record(hash: ActionHash) -> ExternResult<Option<Record>> {
    get(hash, GetOptions::local())
}

/// A record that has arrived here, else one that its authorities hand over now.
///
/// A peer that has just joined is not sent what others write until it has synced, which takes a round of gossip. The
/// engine's answer when there is nobody to ask is an error; for the caller it is the same as a record that nobody has.
pub fn record_from_anywhere(hash: ActionHash) -> ExternResult<Option<Record>> {
    match local_record(hash.clone())? {
        Some(record) => Ok(Some(record)),
        None => Ok(get(hash, GetOptions::network()).unwrap_or(None)),
    }
}

/// The document that a record carries, or none where the record carries another.
pub fn document<T: Serialize + DeserializeOwned + Debug>(record: &Record) -> Option<T> {
    let entry = record.entry().as_option()?;
    Stored::<T>::try_from(entry).ok().map(|stored| stored.0)
}

/// Index of a record's entry type among those of its integrity zome; none for the conductor's own.
pub fn type_of(record: &Record) -> Option<u8> {
    match record.action().entry_type() {
        Some(EntryType::App(definition)) => Some(definition.entry_index.0),
        _ => None,
    }
}

/// Links of one type from a base, oldest first.
pub fn links_from<L>(base: impl Into<AnyLinkableHash>, link_type: L) -> ExternResult<Vec<Link>>
where
    L: TryInto<LinkTypeFilter, Error = WasmError>,
{
    let mut links = get_links(LinkQuery::try_new(base, link_type)?, GetStrategy::Local)?;
    links.sort_by(|a, b| (a.timestamp, &a.create_link_hash).cmp(&(b.timestamp, &b.create_link_hash)));
    Ok(links)
}

/// The newest link that `author` wrote. Times on one chain only grow, so they order one author's links.
pub fn newest(links: &[Link], author: &AgentPubKey) -> Option<Link> {
    links.iter().rev().find(|link| &link.author == author).cloned()
}

/// Records of the own chain that create an entry of the app, above a position, oldest first.
pub fn app_records_after(after: u32) -> ExternResult<Vec<Record>> {
    let filter = ChainQueryFilter::new()
        .sequence_range(ChainQueryFilterRange::ActionSeqRange(after.saturating_add(1), u32::MAX))
        .action_type(ActionType::Create)
        .include_entries(true)
        .ascending();
    Ok(query(filter)?.into_iter().filter(|record| type_of(record).is_some()).collect())
}
