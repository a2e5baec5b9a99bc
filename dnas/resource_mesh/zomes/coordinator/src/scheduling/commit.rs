//! Which links an entry brings with it.

use super::event::{event_of, Event};
use hdk::prelude::*;
use resource_mesh_integrity::{bucket_hash, EntryTypes, LinkTypes};
use ripple_coordinator::local_record;
use ripple_shared::resource_mesh::{bucket_of, MeshEntry};

/// Writes an entry with its links and gives it with its place on the chain. `resources` writes offers and allocations, which
/// have links of their own.
pub fn commit_with_links(entry: MeshEntry) -> ExternResult<Event> {
    let link = link_of(&entry)?;
    let hash = create_entry(EntryTypes::from(entry))?;
    if let Some((base, link_type)) = link {
        create_link(base, hash.clone(), link_type, ())?;
    }
    // A call reads what it has written itself, and all of it becomes the chain, or nothing.
    let record = local_record(hash)?.ok_or(wasm_error!("the entry is not where it was written"))?;
    event_of(&record)?.ok_or(wasm_error!("what was written is no entry of the mesh"))
}

fn link_of(entry: &MeshEntry) -> ExternResult<Option<(AnyLinkableHash, LinkTypes)>> {
    Ok(match entry {
        MeshEntry::Task(task) if task.fallback.is_some() => {
            Some((bucket_hash(bucket_of(task))?, LinkTypes::BucketToTask))
        }
        MeshEntry::Result(result) => Some((result.task.clone().into(), LinkTypes::TaskToResult)),
        MeshEntry::Close(close) => Some((close.task.clone().into(), LinkTypes::TaskToClose)),
        MeshEntry::Task(_) | MeshEntry::Grant(_) | MeshEntry::FallbackClaim(_) => None,
        MeshEntry::ResourceOffer(_) | MeshEntry::Allocation(_) => {
            return Err(wasm_error!("offers and allocations are written by the zome 'resources'"));
        }
    })
}
