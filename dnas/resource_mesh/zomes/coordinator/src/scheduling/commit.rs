//! Which links an entry brings with it.

use hdk::prelude::*;
use resource_mesh_integrity::{bucket_hash, EntryTypes, LinkTypes};
use ripple_shared::resource_mesh::{bucket_of, MeshEntry};
use ripple_shared::ActionHashB64;

/// Writes an entry with its links. `resources` writes offers and allocations, which have links of their own.
pub fn commit_with_links(entry: MeshEntry) -> ExternResult<ActionHashB64> {
    let link = link_of(&entry)?;
    let hash = create_entry(EntryTypes::from(entry))?;
    if let Some((base, link_type)) = link {
        create_link(base, hash.clone(), link_type, ())?;
    }
    Ok(hash.into())
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
