//! Sizes and ranges of what a poster writes.

use super::fallback::check_fallback;
use super::{
    Check, Close, CloseOutcome, Grant, Refusal, Requirements, SupersedeReason, Task, Work,
};
use crate::check::{length, name, range, require, safe_integer};
use crate::limits::{
    ATTEMPTS_MAX, DEADLINE_MS_MAX, DEPENDS_ON_MAX, LEASE_MS_MAX, LEASE_MS_MIN, PAYLOAD_BYTES_MAX,
    REDUNDANCY_MAX, SUPERSEDED_MAX, TAGS_MAX, TASK_ID_BYTES_MAX, TASK_ID_BYTES_MIN,
};
use std::collections::BTreeSet;

/// Refuses a task whose sizes or ranges are wrong.
pub(super) fn check_form(task: &Task) -> Result<(), Refusal> {
    key("id", &task.id)?;
    if let Work::Model { name: model, .. } = &task.work {
        name("work.name", model)?;
    }
    requirements("requirements", &task.requirements)?;
    range("payload_bytes", task.payload_bytes, 1, PAYLOAD_BYTES_MAX)?;
    range(
        "deadlines_ms.queue",
        task.deadlines_ms.queue,
        1,
        DEADLINE_MS_MAX,
    )?;
    range(
        "deadlines_ms.run",
        task.deadlines_ms.run,
        1,
        DEADLINE_MS_MAX,
    )?;
    range(
        "deadlines_ms.total",
        task.deadlines_ms.total,
        1,
        DEADLINE_MS_MAX,
    )?;
    lease(task.lease_ms)?;
    count("max_attempts", task.max_attempts, 1, ATTEMPTS_MAX)?;
    count(
        "redundancy",
        task.redundancy,
        1,
        REDUNDANCY_MAX.min(task.max_attempts),
    )?;
    length("depends_on", task.depends_on.len(), 0, DEPENDS_ON_MAX)?;
    unique("depends_on", &task.depends_on)?;
    check_fallback(task)?;
    Ok(safe_integer("created_at", task.created_at)?)
}

/// Refuses a grant that is wrong whatever its task says.
pub(super) fn check_grant_form(grant: &Grant) -> Result<(), Refusal> {
    lease(grant.lease_ms)?;
    if grant.attempt == 0 || grant.attempt > ATTEMPTS_MAX {
        return Err(Refusal::AttemptsSpent);
    }
    if (grant.reason == SupersedeReason::None) != (grant.prev == grant.task) {
        return Err(Refusal::BadReason);
    }
    if grant.attempt == 1 && grant.prefix_digest.is_some() {
        return Err(Refusal::PrefixAtFirst);
    }
    Ok(())
}

/// Refuses a close that is wrong whatever its task says.
pub(super) fn check_close_form(close: &Close) -> Result<(), Refusal> {
    if (close.outcome == CloseOutcome::Accepted) != close.result.is_some() {
        return Err(Refusal::BadOutcome);
    }
    require(
        !close.checks.is_empty(),
        "checks names at least one check, if only none",
    )?;
    if close.checks.contains(&Check::None) && close.checks.len() > 1 {
        return Err(Refusal::NoneNotAlone);
    }
    unique("checks", &close.checks)?;
    length("superseded", close.superseded.len(), 0, SUPERSEDED_MAX)?;
    unique("superseded", &close.superseded)?;
    match &close.result {
        Some(accepted) if close.superseded.contains(accepted) => Err(Refusal::AcceptedSuperseded),
        _ => Ok(()),
    }
}

/// Refuses requirements whose tags are too many, repeated or no names.
pub(super) fn requirements(field: &'static str, wanted: &Requirements) -> Result<(), Refusal> {
    length(field, wanted.tags.len(), 0, TAGS_MAX)?;
    wanted.tags.iter().try_for_each(|tag| name(field, tag))?;
    unique(field, &wanted.tags)
}

/// Refuses a client's key of another length, or one that would disturb a terminal.
pub(super) fn key(field: &'static str, text: &str) -> Result<(), Refusal> {
    length(field, text.len(), TASK_ID_BYTES_MIN, TASK_ID_BYTES_MAX)?;
    Ok(name(field, text)?)
}

/// Refuses a small count outside `min..=max`.
pub(super) fn count(field: &'static str, found: u32, min: u32, max: u32) -> Result<(), Refusal> {
    Ok(range(
        field,
        u64::from(found),
        u64::from(min),
        u64::from(max),
    )?)
}

fn lease(found: u64) -> Result<(), Refusal> {
    Ok(range("lease_ms", found, LEASE_MS_MIN, LEASE_MS_MAX)?)
}

/// Refuses a list that names something twice.
pub(super) fn unique<T: Ord>(field: &'static str, items: &[T]) -> Result<(), Refusal> {
    let mut seen = BTreeSet::new();
    if items.iter().all(|item| seen.insert(item)) {
        Ok(())
    } else {
        Err(Refusal::Repeated(field))
    }
}
