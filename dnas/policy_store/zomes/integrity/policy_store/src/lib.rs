//! What peers accept in `policy_store`: policies, decisions, revocations, and the seals of audit logs.

mod places;
mod types;

use hdi::prelude::*;
use ripple_integrity::{
    check_genesis, check_joining, check_listing, check_signatures, invalid, must_get_written, read_act, verdict,
    with_writing, Act, NetworkProperties, Stored,
};
use ripple_shared::membrane::check_revocation;
use ripple_shared::policy_store::rules::{check_audit_record, check_decision, check_policy};
use ripple_shared::policy_store::{AuditRecord, Policy};

pub use places::{decisions_base, name_base, revocations_base};
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
        EntryTypes::Policy(Stored(policy)) => check_version(&policy, header),
        EntryTypes::Decision(Stored(decision)) => verdict(with_writing(header, |writing| {
            check_decision(&decision, writing)
        })?),
        EntryTypes::AuditRecord(Stored(record)) => check_seal(&record, header),
        EntryTypes::Revocation(Stored(revocation)) => {
            let NetworkProperties { max_action_seq, membrane } = NetworkProperties::try_from_dna_properties()?;
            if header.action_seq > max_action_seq {
                return invalid("action_seq is above the network's bound");
            }
            check_signatures(check_revocation(membrane.as_ref(), &revocation))
        }
    }
}

fn check_version(policy: &Policy, header: &ActionHeader) -> ExternResult<ValidateCallbackResult> {
    let Some(hash) = policy.prev.clone() else {
        return verdict(with_writing(header, |writing| {
            check_policy(policy, None, writing)
        })?);
    };
    match must_get_written(hash.into())? {
        Some((EntryTypes::Policy(Stored(before)), author)) => {
            verdict(with_writing(header, |writing| {
                check_policy(policy, Some((&before, &author)), writing)
            })?)
        }
        _ => invalid("prev does not name a policy"),
    }
}

fn check_seal(record: &AuditRecord, header: &ActionHeader) -> ExternResult<ValidateCallbackResult> {
    let Some(hash) = record.prev.clone() else {
        return verdict(with_writing(header, |writing| {
            check_audit_record(record, None, writing)
        })?);
    };
    match must_get_written(hash.into())? {
        Some((EntryTypes::AuditRecord(Stored(before)), author)) => {
            verdict(with_writing(header, |writing| {
                check_audit_record(record, Some((&before, &author)), writing)
            })?)
        }
        _ => invalid("prev does not name a seal"),
    }
}
