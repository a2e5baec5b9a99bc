//! The events that an act names. Those of others are had as their authorities judged them; those of the act's own author are
//! judged again, by the same rules.
//!
//! While a conductor has yet to sync it asks a peer for what `must_get_valid_record` names, though it holds the record itself
//! (holochain 0.7.1, `Cascade::get_record_details`), and a peer that has just died costs the whole deadline of a request.
//! `must_get_action` and `must_get_entry` look here first. So a poster grants anew at once what a lost worker had.

use crate::EntryTypes;
use hdi::prelude::*;
use ripple_shared::limits::ATTEMPTS_MAX;
use ripple_shared::resource_mesh::{check_entry, At, Known, MeshEntry, Refusal};

/// Most own events that lead from one to the next: a Close, its Result, all Grants of its task, and the Task.
const DEPTH_MAX: u32 = ATTEMPTS_MAX + 3;

/// Judges an entry by the events that it names: the inner result is the verdict.
pub fn judge_entry(entry: &MeshEntry, at: &At) -> ExternResult<Result<(), Refusal>> {
    judge(entry, at, DEPTH_MAX)
}

/// The valid event behind a hash, for an act written at `at`; none where it is of something else. While it has not
/// arrived, the conductor waits.
pub fn known(hash: &ActionHash, at: &At) -> ExternResult<Option<Known>> {
    known_within(hash, at, DEPTH_MAX)
}

fn judge(entry: &MeshEntry, at: &At, depth: u32) -> ExternResult<Result<(), Refusal>> {
    check_entry(entry, at, |hash| known_within(hash, at, depth))
}

fn known_within(hash: &ActionHash, at: &At, depth: u32) -> ExternResult<Option<Known>> {
    let signed = must_get_action(hash.clone())?;
    if signed.action().author() != &at.author {
        return others_event(hash);
    }
    // What leads on further than the events of one task do was not valid somewhere on the way.
    let Some(rest) = depth.checked_sub(1) else { return Ok(None) };
    let Some(event) = own_event(hash, signed.action())? else { return Ok(None) };
    let written_at = At { action_seq: event.action_seq, ..at.clone() };
    Ok(judge(&event.entry, &written_at, rest)?.is_ok().then_some(event))
}

fn others_event(hash: &ActionHash) -> ExternResult<Option<Known>> {
    let record = must_get_valid_record(hash.clone())?;
    let Some(entry) = record.entry().as_option() else { return Ok(None) };
    read(hash, record.action(), entry)
}

fn own_event(hash: &ActionHash, action: &Action) -> ExternResult<Option<Known>> {
    let ActionData::Create(create) = &action.data else { return Ok(None) };
    if create.entry_type.visibility() != &EntryVisibility::Public {
        return Ok(None);
    }
    let entry = must_get_entry(create.entry_hash.clone())?;
    // What cannot be read is no event, as it is for those who judge it alone.
    Ok(read(hash, action, entry.as_content()).unwrap_or(None))
}

fn read(hash: &ActionHash, action: &Action, entry: &Entry) -> ExternResult<Option<Known>> {
    let Some(EntryType::App(kind)) = action.entry_type() else { return Ok(None) };
    let entry = EntryTypes::deserialize_from_type(kind.zome_index, kind.entry_index, entry)?;
    Ok(entry.map(|entry| Known {
        hash: hash.clone(),
        author: action.author().clone(),
        action_seq: action.action_seq(),
        entry: entry.into(),
    }))
}
