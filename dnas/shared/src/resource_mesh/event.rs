//! An entry together with the action that wrote it.

use super::{Close, Grant, MeshEntry, Refusal, Task};
use crate::{ActionHash, AgentPubKey, DnaHash};

/// An event that was validated before: what `must_get_valid_record` gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// The hash of the action.
    pub hash: ActionHash,
    /// Who wrote it.
    pub author: AgentPubKey,
    /// Where on the author's chain.
    pub action_seq: u32,
    /// What was written.
    pub entry: MeshEntry,
}

/// The action that is to be judged, as far as the rules look at it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct At {
    /// Who writes.
    pub author: AgentPubKey,
    /// Where on the author's chain.
    pub action_seq: u32,
    /// The network that is written to.
    pub dna_hash: DnaHash,
    /// The network's highest `action_seq` of an entry or link.
    pub max_action_seq: u32,
}

impl At {
    /// What holds for everything that is written: the author's chain is not full.
    pub(super) fn check_seq(&self) -> Result<(), Refusal> {
        if self.action_seq <= self.max_action_seq {
            Ok(())
        } else {
            Err(Refusal::ChainFull)
        }
    }
}

impl Known {
    /// The task that it is.
    pub(crate) fn task(&self) -> Result<&Task, Refusal> {
        match &self.entry {
            MeshEntry::Task(task) => Ok(task),
            _ => Err(Refusal::NotATask),
        }
    }

    /// The attempt that a poster's event stands at: none for what nothing may follow.
    pub(super) fn attempt(&self) -> Option<u32> {
        match &self.entry {
            MeshEntry::Task(_) => Some(0),
            MeshEntry::Grant(grant) => Some(grant.attempt),
            _ => None,
        }
    }

    /// The task that a poster's event is about: itself, when it is one.
    pub(super) fn about(&self) -> Option<&ActionHash> {
        match &self.entry {
            MeshEntry::Task(_) => Some(&self.hash),
            MeshEntry::Grant(Grant { task, .. }) | MeshEntry::Close(Close { task, .. }) => {
                Some(task.as_ref())
            }
            _ => None,
        }
    }

    /// The poster's event that this one follows.
    pub(crate) fn prev(&self) -> Option<&ActionHash> {
        match &self.entry {
            MeshEntry::Grant(Grant { prev, .. }) | MeshEntry::Close(Close { prev, .. }) => {
                Some(prev.as_ref())
            }
            _ => None,
        }
    }
}
