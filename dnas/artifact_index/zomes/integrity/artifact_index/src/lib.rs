//! What peers accept in `artifact_index`: content, where it came from, and who keeps it.

mod places;
mod types;

use hdi::prelude::*;
use ripple_integrity::{
    check_genesis, check_joining, check_listing, invalid, must_get_written, read_act, verdict, with_writing, Act, Stored,
};
use ripple_shared::artifact_index::rules::{
    check_artifact, check_pin_commitment, check_provenance,
};
use ripple_shared::artifact_index::{PinCommitment, Provenance};

pub use places::cid_base;
pub use types::{EntryTypes, LinkTypes, UnitEntryTypes};

/// Judges this agent's own membrane proof.
#[hdk_extern]
pub fn genesis_self_check(data: GenesisSelfCheckData) -> ExternResult<ValidateCallbackResult> {
    check_genesis(data)
}

/// Judges an operation of any author.
#[hdk_extern]
pub fn validate(op: Op) -> ExternResult<ValidateCallbackResult> {
    match read_act::<EntryTypes, LinkTypes>(&op)? {
        Act::Entry { entry, header } => check_entry(entry, &header),
        Act::Link {
            link_type,
            header,
            link,
        } => check_listing::<EntryTypes>(link_type, &header, &link),
        Act::Join { agent, joining } => check_joining(&agent, joining),
        Act::Refused(why) => invalid(why),
        Act::System => Ok(ValidateCallbackResult::Valid),
    }
}

fn check_entry(entry: EntryTypes, header: &ActionHeader) -> ExternResult<ValidateCallbackResult> {
    match entry {
        EntryTypes::Artifact(Stored(artifact)) => verdict(with_writing(header, |writing| {
            check_artifact(&artifact, writing)
        })?),
        EntryTypes::Provenance(Stored(provenance)) => check_origin(&provenance, header),
        EntryTypes::PinCommitment(Stored(pin)) => check_pin(&pin, header),
    }
}

fn check_origin(
    provenance: &Provenance,
    header: &ActionHeader,
) -> ExternResult<ValidateCallbackResult> {
    match must_get_written(provenance.artifact.clone().into())? {
        Some((EntryTypes::Artifact(_), author)) => verdict(with_writing(header, |writing| {
            check_provenance(provenance, &author, writing)
        })?),
        _ => invalid("artifact does not name an artifact"),
    }
}

fn check_pin(pin: &PinCommitment, header: &ActionHeader) -> ExternResult<ValidateCallbackResult> {
    match must_get_written(pin.artifact.clone().into())? {
        Some((EntryTypes::Artifact(_), _)) => verdict(with_writing(header, |writing| {
            check_pin_commitment(pin, writing)
        })?),
        _ => invalid("artifact does not name an artifact"),
    }
}
