//! What a worker may attest.

use super::rules::{Fetch, Stop};
use super::task::count;
use super::{
    At, Known, MeshEntry, Output, Parameters, Refusal, RunStatus, Sensitivity, TaskResult, Usage,
};
use crate::check::{cid, code, name, range, safe_integer};
use crate::limits::{OUTPUT_BYTES_MAX, TOP_P_MILLI_MAX};
use crate::{ActionHash, AgentPubKey};

/// Judges a result: by the authority's worker, for the authority's attempt.
pub(super) fn check<F, E>(found: &TaskResult, at: &At, fetch: &mut Fetch<F>) -> Result<(), Stop<E>>
where
    F: FnMut(&ActionHash) -> Result<Option<Known>, E>,
{
    check_form(found)?;
    let authority = fetch.get(found.authority.as_ref())?;
    check_authority(found, at, &authority)?;
    let Some(output) = &found.output else {
        return Ok(());
    };
    let asked = fetch.get(found.task.as_ref())?;
    if output.encrypted == (asked.task()?.sensitivity == Sensitivity::Public) {
        return Err(Refusal::BadEncryption.into());
    }
    Ok(())
}

fn check_authority(found: &TaskResult, at: &At, authority: &Known) -> Result<(), Refusal> {
    let (task, attempt, worker): (_, _, &AgentPubKey) = match &authority.entry {
        MeshEntry::Grant(grant) => (&grant.task, grant.attempt, grant.worker.as_ref()),
        MeshEntry::FallbackClaim(claim) => (&claim.task, claim.attempt, &authority.author),
        _ => return Err(Refusal::BadAuthority),
    };
    if task != &found.task {
        return Err(Refusal::BadAuthority);
    }
    if worker != &at.author {
        return Err(Refusal::NotTheWorker);
    }
    if attempt != found.attempt {
        return Err(Refusal::OtherAttempt);
    }
    Ok(())
}

fn check_form(found: &TaskResult) -> Result<(), Refusal> {
    if matches!(found.status, RunStatus::Ok {}) != found.output.is_some() {
        return Err(Refusal::BadOutput);
    }
    if let RunStatus::Failed { code: why } = &found.status {
        code("status.code", why)?;
    }
    found.output.as_ref().map_or(Ok(()), check_output)?;
    name("engine_build", &found.engine_build)?;
    name("backend_class", &found.backend_class)?;
    check_parameters(&found.parameters)?;
    check_usage(&found.usage)
}

fn check_output(output: &Output) -> Result<(), Refusal> {
    range("output.bytes", output.bytes, 0, OUTPUT_BYTES_MAX)?;
    Ok(cid("output.cid", &output.cid)?)
}

fn check_parameters(parameters: &Parameters) -> Result<(), Refusal> {
    count(
        "parameters.top_p_milli",
        parameters.top_p_milli,
        0,
        TOP_P_MILLI_MAX,
    )
}

fn check_usage(usage: &Usage) -> Result<(), Refusal> {
    safe_integer("usage.cpu_ms", usage.cpu_ms)?;
    safe_integer("usage.wall_ms", usage.wall_ms)?;
    Ok(safe_integer("usage.peak_rss_bytes", usage.peak_rss_bytes)?)
}
