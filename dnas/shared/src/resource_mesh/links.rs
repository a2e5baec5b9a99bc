//! Where an entry may be linked from. Links are never deleted.

use super::{At, Known, MeshEntry, Refusal, Task};
use crate::check::length;
use crate::limits::{BUCKET_MS, LINK_TAG_BYTES_MAX};
use crate::{ActionHashB64, AgentPubKeyB64};
use serde::{Deserialize, Serialize};

/// The links of `resource_mesh`, in the order of the integrity zome's link types.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "types", derive(ts_rs::TS), ts(export))]
pub enum LinkKind {
    /// From a task to a result of it.
    TaskToResult,
    /// From a task to its close.
    TaskToClose,
    /// From a time bucket to a task with fallback that was created in it.
    BucketToTask,
    /// From an agent to an offer of it.
    AgentToOffer,
    /// From an offer to a share of it.
    OfferToAllocation,
}

/// Where a link starts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", content = "at", rename_all = "snake_case")]
#[cfg_attr(feature = "types", derive(ts_rs::TS), ts(export))]
pub enum LinkBase {
    /// An action.
    Action(#[cfg_attr(feature = "types", ts(type = "string"))] ActionHashB64),
    /// An agent's key.
    Agent(#[cfg_attr(feature = "types", ts(type = "string"))] AgentPubKeyB64),
    /// The path that stands for a time bucket, by its number.
    Bucket(#[cfg_attr(feature = "types", ts(type = "number"))] u64),
}

/// The number of the time bucket that a task was created in.
pub fn bucket_of(task: &Task) -> u64 {
    task.created_at / BUCKET_MS
}

/// Judges a link to `target` with a tag of `tag_bytes`, and gives the base that it must start from: the caller,
/// who can hash a path, compares it with the base that the link has.
pub fn check_link(
    kind: LinkKind,
    at: &At,
    target: &Known,
    tag_bytes: usize,
) -> Result<LinkBase, Refusal> {
    at.check_seq()?;
    length("tag", tag_bytes, 0, LINK_TAG_BYTES_MAX)?;
    if target.author != at.author {
        return Err(Refusal::NotTheAuthor);
    }
    match (kind, &target.entry) {
        (LinkKind::TaskToResult, MeshEntry::Result(result)) => {
            Ok(LinkBase::Action(result.task.clone()))
        }
        (LinkKind::TaskToClose, MeshEntry::Close(close)) => {
            Ok(LinkBase::Action(close.task.clone()))
        }
        (LinkKind::BucketToTask, MeshEntry::Task(task)) if task.fallback.is_some() => {
            Ok(LinkBase::Bucket(bucket_of(task)))
        }
        (LinkKind::BucketToTask, MeshEntry::Task(_)) => Err(Refusal::NotListed),
        (LinkKind::AgentToOffer, MeshEntry::ResourceOffer(_)) => {
            Ok(LinkBase::Agent(at.author.clone().into()))
        }
        (LinkKind::OfferToAllocation, MeshEntry::Allocation(share)) => {
            Ok(LinkBase::Action(share.offer.clone()))
        }
        _ => Err(Refusal::BadTarget),
    }
}
