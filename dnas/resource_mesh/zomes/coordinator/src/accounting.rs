//! What work has cost, summed from signed Results. Nothing is written: a Result is the record.

use hdk::prelude::*;
use resource_mesh_integrity::LinkTypes;
use ripple_coordinator::{app_records_after, document, links_from, local_record};
use ripple_shared::resource_mesh::{TaskResult, Usage};
use ripple_shared::{ActionHashB64, AgentPubKeyB64};

/// Which Results are summed.
#[derive(Serialize, Deserialize, Debug)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum Scope {
    /// All Results of this peer.
    Own {},
    /// Results of one task.
    Task {
        /// The task.
        task: ActionHashB64,
        /// Only those of one worker, where it is named.
        author: Option<AgentPubKeyB64>,
    },
}

/// What Results attest together.
#[derive(Serialize, Deserialize, Debug)]
pub struct Sum {
    /// How many Results.
    pub results: u32,
    /// Tokens and times added up; the largest memory of all. Sums stop at the field's largest number.
    pub usage: Usage,
}

/// Adds up what Results attest.
#[hdk_extern]
pub fn usage(scope: Scope) -> ExternResult<Sum> {
    let results = match scope {
        Scope::Own {} => app_records_after(0)?.iter().filter_map(document::<TaskResult>).collect(),
        Scope::Task { task, author } => of_task(task, author)?,
    };
    Ok(results.iter().fold(empty(), |sum, result| add(sum, &result.usage)))
}

fn of_task(task: ActionHashB64, author: Option<AgentPubKeyB64>) -> ExternResult<Vec<TaskResult>> {
    let mut hashes = BTreeSet::new();
    for link in links_from(ActionHash::from(task), LinkTypes::TaskToResult)? {
        let wanted = author.as_ref().is_none_or(|author| &link.author == author.as_ref());
        hashes.extend(link.target.into_action_hash().filter(|_| wanted));
    }
    let records: ExternResult<Vec<Option<Record>>> = hashes.into_iter().map(local_record).collect();
    Ok(records?.iter().flatten().filter_map(document::<TaskResult>).collect())
}

fn empty() -> Sum {
    let usage = Usage { tokens_in: 0, tokens_out: 0, cpu_ms: 0, wall_ms: 0, peak_rss_bytes: 0 };
    Sum { results: 0, usage }
}

fn add(sum: Sum, one: &Usage) -> Sum {
    let Sum { results, usage } = sum;
    Sum {
        results: results.saturating_add(1),
        usage: Usage {
            tokens_in: usage.tokens_in.saturating_add(one.tokens_in),
            tokens_out: usage.tokens_out.saturating_add(one.tokens_out),
            cpu_ms: usage.cpu_ms.saturating_add(one.cpu_ms),
            wall_ms: usage.wall_ms.saturating_add(one.wall_ms),
            peak_rss_bytes: usage.peak_rss_bytes.max(one.peak_rss_bytes),
        },
    }
}
