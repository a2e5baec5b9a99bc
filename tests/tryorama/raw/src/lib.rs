//! A dishonest peer's coordinator, for scenarios: it writes whatever it is told. No hApp that is shipped holds it.

use hdk::prelude::*;
use resource_mesh_integrity::{bucket_hash, EntryTypes, LinkTypes, UnitEntryTypes};
use ripple_shared::{resource_mesh::MeshEntry, ActionHashB64};
use serde_bytes::ByteBuf;

/// A link of any shape.
#[derive(Serialize, Deserialize, Debug)]
pub struct RawLink {
    /// Where it starts.
    pub base: AnyLinkableHash,
    /// Where it leads.
    pub target: AnyLinkableHash,
    /// Index of its type.
    pub link_type: usize,
    /// Its tag.
    pub tag: ByteBuf,
}

/// An entry that replaces another.
#[derive(Serialize, Deserialize, Debug)]
pub struct RawUpdate {
    /// The action whose entry is replaced.
    pub original: ActionHash,
    /// What replaces it.
    pub entry: MeshEntry,
}

/// How a peer has judged an action.
#[derive(Serialize, Deserialize, Debug)]
#[serde(rename_all = "snake_case")]
pub enum Judgement {
    /// It holds it as valid.
    Valid,
    /// It has refused it.
    Refused,
    /// It does not know it, or has not judged it yet.
    Unknown,
}

/// Writes an entry without any link.
#[hdk_extern]
pub fn raw_entry(entry: MeshEntry) -> ExternResult<ActionHashB64> {
    Ok(create_entry(EntryTypes::from(entry))?.into())
}

/// Writes bytes as a Task, whatever they are.
#[hdk_extern]
pub fn raw_task_bytes(bytes: ByteBuf) -> ExternResult<ActionHashB64> {
    let kind = ScopedEntryDefIndex::try_from(UnitEntryTypes::Task)?;
    let entry = Entry::App(AppEntryBytes(UnsafeBytes::from(bytes.into_vec()).into()));
    let location = EntryDefLocation::App(AppEntryDefLocation {
        zome_index: kind.zome_index,
        entry_def_index: kind.zome_type,
    });
    let input = CreateInput::new(location, EntryVisibility::Public, entry, ChainTopOrdering::Strict);
    Ok(create(input)?.into())
}

/// Writes a link of any shape.
#[hdk_extern]
pub fn raw_link(link: RawLink) -> ExternResult<ActionHashB64> {
    let types = [
        LinkTypes::TaskToResult,
        LinkTypes::TaskToClose,
        LinkTypes::BucketToTask,
        LinkTypes::AgentToOffer,
        LinkTypes::OfferToAllocation,
    ];
    let link_type = types.into_iter().nth(link.link_type).ok_or(wasm_error!("no such link type"))?;
    Ok(create_link(link.base, link.target, link_type, link.tag.into_vec())?.into())
}

/// Updates an entry.
#[hdk_extern]
pub fn raw_update(update: RawUpdate) -> ExternResult<ActionHashB64> {
    Ok(update_entry(update.original, EntryTypes::from(update.entry))?.into())
}

/// Deletes an entry.
#[hdk_extern]
pub fn raw_delete(original: ActionHash) -> ExternResult<ActionHashB64> {
    Ok(delete_entry(original)?.into())
}

/// Deletes a link.
#[hdk_extern]
pub fn raw_delete_link(link: ActionHash) -> ExternResult<ActionHashB64> {
    Ok(delete_link(link, GetOptions::local())?.into())
}

/// The base of a time bucket.
#[hdk_extern]
pub fn bucket_base(bucket: u64) -> ExternResult<AnyLinkableHash> {
    bucket_hash(bucket)
}

/// How this peer has judged an action.
#[hdk_extern]
pub fn judgement(action: ActionHash) -> ExternResult<Judgement> {
    Ok(match get_details(action, GetOptions::local())? {
        Some(Details::Record(record)) => match record.validation_status {
            ValidationStatus::Valid => Judgement::Valid,
            ValidationStatus::Rejected => Judgement::Refused,
            ValidationStatus::Abandoned => Judgement::Unknown,
        },
        _ => Judgement::Unknown,
    })
}

/// An action, and whose it is.
#[derive(Serialize, Deserialize, Debug)]
pub struct Authored {
    /// Its author.
    pub author: AgentPubKey,
    /// The action.
    pub action: ActionHash,
}

/// Whether this peer holds a warrant for an action. Whoever is warranted is heard no more, so the rest of what it wrote may
/// never arrive here, and then only this tells how it was judged.
#[hdk_extern]
pub fn warranted(authored: Authored) -> ExternResult<bool> {
    let query = ChainQueryFilter::new();
    let activity =
        get_agent_activity(authored.author, query, ActivityRequest::Status, GetOptions::local())?;
    Ok(activity.warrants.iter().any(|warrant| match &warrant.proof {
        WarrantProof::ChainIntegrity(ChainIntegrityWarrant::InvalidChainOp { action, .. }) => {
            action.0 == authored.action
        }
        WarrantProof::ChainIntegrity(ChainIntegrityWarrant::ChainFork { .. }) => false,
    }))
}
