//! Tasks: their events, and messages for peers that no stream reaches.
//!
//! `receive` is the only function that other peers may call; it writes nothing.

mod commit;
mod event;
mod fallbacks;
mod messages;

use event::{event_of, events_of, linked, Event};
use hdk::prelude::*;
use resource_mesh_integrity::LinkTypes;
use ripple_coordinator::{
    app_records_after, document, holders_of, local_record, record_from_anywhere, signed_bytes,
    SignedBytes,
};
use ripple_shared::resource_mesh::{Close, Grant, MeshEntry};
use ripple_shared::{ActionHashB64, AgentPubKeyB64};
use serde_bytes::ByteBuf;

pub use fallbacks::{ListedTask, Page, Place};
pub use messages::{Outcome, PassOn, Signal};

/// Whose events on which task.
#[derive(Serialize, Deserialize, Debug)]
pub struct EventsBy {
    /// The author, usually the poster.
    pub author: AgentPubKeyB64,
    /// The task.
    pub task: ActionHashB64,
}

/// Writes an entry and the links that the protocol gives it, all or nothing, and gives the event that it has become.
#[hdk_extern]
pub fn commit(entry: MeshEntry) -> ExternResult<Event> {
    commit::commit_with_links(entry)
}

/// Events of the own chain above a position, oldest first.
#[hdk_extern]
pub fn own_events(after: u32) -> ExternResult<Vec<Event>> {
    events_of(&app_records_after(after)?)
}

/// One event, from here or from whoever has it.
#[hdk_extern]
pub fn get_event(hash: ActionHashB64) -> ExternResult<Option<Event>> {
    match record_from_anywhere(ActionHash::from(hash))? {
        Some(record) => event_of(&record),
        None => Ok(None),
    }
}

/// Results linked from a task, oldest link first.
#[hdk_extern]
pub fn task_results(task: ActionHashB64) -> ExternResult<Vec<Event>> {
    linked(ActionHash::from(task), LinkTypes::TaskToResult)
}

/// Closes linked from a task, oldest link first. More than one shows a poster that said two things.
#[hdk_extern]
pub fn task_closes(task: ActionHashB64) -> ExternResult<Vec<Event>> {
    linked(ActionHash::from(task), LinkTypes::TaskToClose)
}

/// Names tasks of a time bucket that allow fallback, oldest first.
#[hdk_extern]
pub fn open_fallback_tasks(page: Page) -> ExternResult<Vec<ListedTask>> {
    fallbacks::listed_tasks(page)
}

/// Grants and Closes of one author for one task, by their place on its chain.
#[hdk_extern]
pub fn events_by(input: EventsBy) -> ExternResult<Vec<Event>> {
    let after = match local_record(ActionHash::from(input.task.clone()))? {
        Some(task) if task.action().author() == input.author.as_ref() => task.action().action_seq(),
        _ => 0,
    };
    let filter = ChainQueryFilter::new()
        .sequence_range(ChainQueryFilterRange::ActionSeqRange(after, u32::MAX))
        .action_type(ActionType::Create);
    let author = AgentPubKey::from(input.author);
    let activity = get_agent_activity(author, filter, ActivityRequest::Full, GetOptions::local())?;
    let mut events = Vec::new();
    for (_, hash) in activity.valid_activity {
        let Some(record) = local_record(hash)? else { continue };
        let task = document::<Grant>(&record).map(|grant| grant.task);
        let task = task.or_else(|| document::<Close>(&record).map(|close| close.task));
        if task.as_ref() == Some(&input.task) {
            events.extend(event_of(&record)?);
        }
    }
    events.sort_by_key(|event| event.seq);
    Ok(events)
}

/// How many peers have confirmed that they validated and hold an own event.
#[hdk_extern]
pub fn holders(hash: ActionHashB64) -> ExternResult<u32> {
    holders_of(hash.into())
}

/// The bytes that the author of an event signed, when it has arrived here.
#[hdk_extern]
pub fn signed(hash: ActionHashB64) -> ExternResult<Option<SignedBytes>> {
    match local_record(ActionHash::from(hash))? {
        Some(record) => signed_bytes(&record),
        None => Ok(None),
    }
}

/// Hands bytes to another peer's daemon through its conductor.
#[hdk_extern]
pub fn pass_on(message: PassOn) -> ExternResult<Outcome> {
    messages::send(message)
}

/// Takes bytes from another peer and gives them to the daemon.
#[hdk_extern]
pub fn receive(bytes: ByteBuf) -> ExternResult<bool> {
    messages::take(bytes)
}
