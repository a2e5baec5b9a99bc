//! One explicit reading of every operation that a peer may be asked to validate.

use crate::Joining;
use hdi::prelude::*;

/// What an operation does, as far as the app's rules care.
#[derive(Debug)]
pub enum Act<E, L> {
    /// It creates an entry.
    Entry {
        /// The entry.
        entry: E,
        /// Who wrote it, when, and where on the chain.
        header: ActionHeader,
    },
    /// It creates a link.
    Link {
        /// The link's type.
        link_type: L,
        /// Who wrote it, when, and where on the chain.
        header: ActionHeader,
        /// Base, target and tag.
        link: CreateLinkData,
    },
    /// It does what no entry or link of Ripple allows.
    Refused(&'static str),
    /// It begins a chain.
    Join {
        /// Whose chain.
        agent: AgentPubKey,
        /// How.
        joining: Joining,
    },
    /// It belongs to the conductor: the rest of genesis, capabilities, or another authority's view of an act judged elsewhere.
    System,
}

const UPDATE: &str = "entries are immutable: no updates";
const DELETE: &str = "entries are immutable: no deletes";
const DELETE_LINK: &str = "links are immutable: no deletes";
const PRIVATE: &str = "no private entries";
const AGENT: &str = "an agent's key does not change";
const MIGRATE: &str = "chains are not migrated";

/// Reads an operation. An entry or a link is given to the rules the same way whichever authority asks, because
/// `must_get_valid_record` trusts the record's authority alone.
pub fn read_act<E, L>(op: &Op) -> ExternResult<Act<E, L>>
where
    E: EntryTypesHelper + UnitEnum,
    <E as UnitEnum>::Unit: Into<ZomeEntryTypesKey>,
    L: LinkTypesHelper,
    WasmError: From<<E as EntryTypesHelper>::Error>,
    WasmError: From<<L as LinkTypesHelper>::Error>,
{
    match op.flattened::<E, L>()? {
        FlatOp::CreateRecord(record) => read_record(record),
        FlatOp::CreateEntry(entry) => Ok(read_entry(entry)),
        FlatOp::AgentActivity(activity) => read_activity(activity),
        FlatOp::Link(OpLink::CreateLink { link_type, action }) => {
            Ok(Act::Link { link_type, header: action.header, link: action.data })
        }
        FlatOp::Link(OpLink::DeleteLink { .. }) => Ok(Act::Refused(DELETE_LINK)),
        FlatOp::Update(update) => Ok(read_update(update)),
        FlatOp::Delete(delete) => read_delete(delete.action.data),
    }
}

fn read_record<E: UnitEnum, L>(record: OpRecord<E, L>) -> ExternResult<Act<E, L>> {
    Ok(match record {
        OpRecord::CreateEntry { app_entry, action } => Act::Entry { entry: app_entry, header: action.header },
        OpRecord::CreateLink { link_type, action } => {
            Act::Link { link_type, header: action.header, link: action.data }
        }
        OpRecord::DeleteEntry { action } => read_delete(action.data)?,
        OpRecord::DeleteLink { .. } => Act::Refused(DELETE_LINK),
        OpRecord::UpdateEntry { .. } | OpRecord::UpdatePrivateEntry { .. } => Act::Refused(UPDATE),
        OpRecord::CreatePrivateEntry { .. } => Act::Refused(PRIVATE),
        OpRecord::UpdateAgent { .. } => Act::Refused(AGENT),
        OpRecord::OpenChain { .. } | OpRecord::CloseChain { .. } => Act::Refused(MIGRATE),
        OpRecord::AgentValidationPkg { membrane_proof, action } => join_with(&action.header, membrane_proof),
        OpRecord::CreateAgent { action, .. } => join_after(&action.header),
        OpRecord::CreateCapClaim { .. }
        | OpRecord::CreateCapGrant { .. }
        | OpRecord::UpdateCapClaim { .. }
        | OpRecord::UpdateCapGrant { .. }
        | OpRecord::Dna { .. }
        | OpRecord::InitZomesComplete { .. } => Act::System,
    })
}

fn read_entry<E: UnitEnum, L>(entry: OpEntry<E>) -> Act<E, L> {
    match entry {
        OpEntry::CreateEntry { app_entry, action } => Act::Entry { entry: app_entry, header: action.header },
        OpEntry::UpdateEntry { .. } => Act::Refused(UPDATE),
        OpEntry::UpdateAgent { .. } => Act::Refused(AGENT),
        OpEntry::CreateAgent { action, .. } => join_after(&action.header),
        OpEntry::CreateCapGrant { .. }
        | OpEntry::CreateCapClaim { .. }
        | OpEntry::UpdateCapGrant { .. }
        | OpEntry::UpdateCapClaim { .. } => Act::System,
    }
}

fn read_update<E: UnitEnum, L>(update: OpUpdate<E>) -> Act<E, L> {
    match update {
        OpUpdate::Entry { .. } | OpUpdate::PrivateEntry { .. } => Act::Refused(UPDATE),
        OpUpdate::Agent { .. } => Act::Refused(AGENT),
        OpUpdate::CapClaim { .. } | OpUpdate::CapGrant { .. } => Act::System,
    }
}

fn read_activity<E, U, L>(activity: OpActivity<U, L>) -> ExternResult<Act<E, L>> {
    Ok(match activity {
        OpActivity::UpdateEntry { .. } | OpActivity::UpdatePrivateEntry { .. } => Act::Refused(UPDATE),
        OpActivity::DeleteEntry { action } => read_delete(action.data)?,
        OpActivity::DeleteLink { .. } => Act::Refused(DELETE_LINK),
        OpActivity::CreatePrivateEntry { .. } => Act::Refused(PRIVATE),
        OpActivity::UpdateAgent { .. } => Act::Refused(AGENT),
        OpActivity::OpenChain { .. } | OpActivity::CloseChain { .. } => Act::Refused(MIGRATE),
        OpActivity::AgentValidationPkg { membrane_proof, action } => join_with(&action.header, membrane_proof),
        OpActivity::CreateAgent { action, .. } => join_after(&action.header),
        OpActivity::CreateEntry { .. }
        | OpActivity::CreateLink { .. }
        | OpActivity::CreateCapClaim { .. }
        | OpActivity::CreateCapGrant { .. }
        | OpActivity::UpdateCapClaim { .. }
        | OpActivity::UpdateCapGrant { .. }
        | OpActivity::Dna { .. }
        | OpActivity::InitZomesComplete { .. } => Act::System,
    })
}

fn join_with<E, L>(header: &ActionHeader, proof: Option<MembraneProof>) -> Act<E, L> {
    Act::Join { agent: header.author.clone(), joining: Joining::With(proof) }
}

fn join_after<E, L>(header: &ActionHeader) -> Act<E, L> {
    match header.prev_action.clone() {
        Some(before) => Act::Join { agent: header.author.clone(), joining: Joining::After(before) },
        None => Act::Refused(AGENT),
    }
}

/// Deletes of entries are refused; a capability grant may be revoked, and that is a delete too.
fn read_delete<E, L>(delete: DeleteData) -> ExternResult<Act<E, L>> {
    let deleted = must_get_action(delete.deletes_address)?;
    Ok(match deleted.action().entry_type() {
        Some(EntryType::CapGrant | EntryType::CapClaim) => Act::System,
        _ => Act::Refused(DELETE),
    })
}
