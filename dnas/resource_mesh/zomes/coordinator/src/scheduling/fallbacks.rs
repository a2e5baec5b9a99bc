//! Tasks that allow fallback, as their time bucket lists them. Only their names are given: a task may carry its payload.

use hdk::prelude::*;
use resource_mesh_integrity::{bucket_hash, LinkTypes};
use ripple_coordinator::links_from;
use ripple_shared::{ActionHashB64, AgentPubKeyB64};

/// Most tasks that one call names.
const TASKS_MAX: usize = 1_000;

/// Which part of a bucket's list is wanted.
#[derive(Serialize, Deserialize, Debug)]
pub struct Page {
    /// The bucket: `floor(created_at / BUCKET_MS)` of its tasks.
    pub bucket: u64,
    /// The place after which it begins; null for the beginning.
    pub after: Option<Place>,
    /// How many tasks are wanted; no more than `TASKS_MAX` are given.
    pub most: usize,
}

/// A place in a bucket's list.
#[derive(Serialize, Deserialize, Debug)]
pub struct Place {
    /// When its task was listed, in milliseconds since 1970.
    pub at: u64,
    /// The task.
    pub task: ActionHashB64,
}

/// A task in a bucket's list.
#[derive(Serialize, Deserialize, Debug)]
pub struct ListedTask {
    /// The task.
    pub task: ActionHashB64,
    /// Who posted it: the rules let nobody else list it.
    pub author: AgentPubKeyB64,
    /// When it was listed, by its author's clock, in milliseconds since 1970.
    pub at: u64,
}

impl ListedTask {
    fn is_after(&self, place: &Place) -> bool {
        (self.at, &self.task) > (place.at, &place.task)
    }
}

/// The tasks of a page, oldest first, each once.
pub fn listed_tasks(page: Page) -> ExternResult<Vec<ListedTask>> {
    let links = links_from(bucket_hash(page.bucket)?, LinkTypes::BucketToTask)?;
    let mut seen = BTreeSet::new();
    let mut listed: Vec<ListedTask> = links.into_iter().filter_map(listed_by).collect();
    listed.retain(|one| seen.insert(one.task.clone()));
    listed.retain(|one| page.after.as_ref().is_none_or(|after| one.is_after(after)));
    listed.sort_by(|a, b| (a.at, &a.task).cmp(&(b.at, &b.task)));
    listed.truncate(page.most.min(TASKS_MAX));
    Ok(listed)
}

fn listed_by(link: Link) -> Option<ListedTask> {
    Some(ListedTask {
        at: u64::try_from(link.timestamp.as_millis()).unwrap_or(0),
        author: link.author.into(),
        task: link.target.into_action_hash()?.into(),
    })
}
