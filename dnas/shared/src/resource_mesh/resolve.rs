//! One reading of a poster's list, the same for everybody who has the same events.

use super::{CloseOutcome, Known, MeshEntry};
use crate::{ActionHash, ActionHashB64, AgentPubKeyB64};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How far a task has come by its poster's list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[cfg_attr(feature = "types", derive(ts_rs::TS), ts(export))]
pub enum TaskState {
    /// Nobody has been permitted to run it.
    Posted {},
    /// The latest attempt may run.
    Granted {
        /// The grant that counts.
        #[cfg_attr(feature = "types", ts(type = "string"))]
        grant: ActionHashB64,
        /// Its attempt.
        attempt: u32,
        /// Who may run it.
        #[cfg_attr(feature = "types", ts(type = "string"))]
        worker: AgentPubKeyB64,
    },
    /// It has ended.
    Closed {
        /// The close that counts.
        #[cfg_attr(feature = "types", ts(type = "string"))]
        close: ActionHashB64,
        /// How it ended.
        outcome: CloseOutcome,
        /// The accepted result.
        #[cfg_attr(feature = "types", ts(type = "string | null"))]
        result: Option<ActionHashB64>,
    },
}

/// A poster's list as everybody reads it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS), ts(export))]
pub struct Resolution {
    /// The events that count, from the Task on.
    #[cfg_attr(feature = "types", ts(type = "Array<string>"))]
    pub path: Vec<ActionHashB64>,
    /// Events that name the same prev as one that stands lower on the poster's chain: the poster's equivocation.
    #[cfg_attr(feature = "types", ts(type = "Array<string>"))]
    pub siblings: Vec<ActionHashB64>,
    /// Where the list ends.
    pub state: TaskState,
}

/// Reads the list of one task from its events, in any order and with repetitions; events of other tasks or authors
/// and results are passed over. Of events that name the same prev, the lowest `action_seq` counts (on a forked
/// chain, where two are equal, the lower hash). `None` without the Task itself.
pub fn resolve(task: &ActionHash, events: &[Known]) -> Option<Resolution> {
    let asked = events.iter().find(|event| &event.hash == task)?;
    asked.task().ok()?;
    let followers = followers_of(asked, events);
    let mut path = vec![asked];
    let mut last = asked;
    // A chain only grows, so every step goes up it; that also ends the walk on events that nobody validated.
    while let Some(next) = first_after(last, &followers) {
        path.push(next);
        last = next;
    }
    let mut siblings: Vec<_> = followers
        .values()
        .flat_map(|group| group.iter().skip(1))
        .collect();
    siblings.sort_by_key(|(order, _)| *order);
    Some(Resolution {
        path: path.iter().map(|event| event.hash.clone().into()).collect(),
        siblings: siblings
            .iter()
            .map(|(_, event)| event.hash.clone().into())
            .collect(),
        state: state_after(last),
    })
}

type Order<'a> = (u32, &'a ActionHash);
type Followers<'a> = BTreeMap<&'a ActionHash, BTreeMap<Order<'a>, &'a Known>>;

/// The poster's events by the one before, each group in the order in which they count.
fn followers_of<'a>(asked: &Known, events: &'a [Known]) -> Followers<'a> {
    let mut followers = Followers::new();
    for event in events {
        let Some(prev) = event.prev() else { continue };
        if event.author == asked.author && event.about() == Some(&asked.hash) {
            let group = followers.entry(prev).or_default();
            group.insert((event.action_seq, &event.hash), event);
        }
    }
    followers
}

fn first_after<'a>(last: &Known, followers: &Followers<'a>) -> Option<&'a Known> {
    let mut group = followers.get(&last.hash)?.values();
    group
        .find(|event| event.action_seq > last.action_seq)
        .copied()
}

fn state_after(last: &Known) -> TaskState {
    match &last.entry {
        MeshEntry::Grant(grant) => TaskState::Granted {
            grant: last.hash.clone().into(),
            attempt: grant.attempt,
            worker: grant.worker.clone(),
        },
        MeshEntry::Close(close) => TaskState::Closed {
            close: last.hash.clone().into(),
            outcome: close.outcome,
            result: close.result.clone(),
        },
        _ => TaskState::Posted {},
    }
}
