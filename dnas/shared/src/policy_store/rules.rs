//! What may be written to `policy_store`.

use super::limits::{REASONS_MAX, SEGMENT_RECORDS_MAX, SOURCE_BYTES_MAX, SUBJECT_BYTES_MAX};
use super::{AuditRecord, Decision, Policy};
use crate::check::{cid, code, length, line, name, range, require, safe_integer, Checked, Writing};
use crate::{AgentPubKey, Digest};

/// Whether the author may publish this policy. `prev` is the policy that it names and that one's author.
pub fn check_policy(
    policy: &Policy,
    prev: Option<(&Policy, &AgentPubKey)>,
    writing: &Writing,
) -> Checked {
    writing.check(policy.dna_hash.as_ref())?;
    name("name", &policy.name)?;
    length("source", policy.source.len(), 1, SOURCE_BYTES_MAX)?;
    let digest = Digest::of(policy.source.as_bytes());
    require(
        policy.source_digest == digest,
        "source_digest is not the sha256 of the source",
    )?;
    policy
        .wasm_cid
        .as_deref()
        .map_or(Ok(()), |text| cid("wasm_cid", text))?;
    require(
        policy.publisher.as_ref() == writing.author,
        "publisher is not the author",
    )?;
    check_policy_follows(policy, prev, writing.author)
}

fn check_policy_follows(
    policy: &Policy,
    prev: Option<(&Policy, &AgentPubKey)>,
    author: &AgentPubKey,
) -> Checked {
    let Some((before, before_author)) = prev else {
        return require(policy.version == 1, "a policy without prev is version 1");
    };
    require(
        before_author == author,
        "prev is another publisher's policy",
    )?;
    require(
        before.name == policy.name,
        "prev is a policy of another name",
    )?;
    require(
        before.version.checked_add(1) == Some(policy.version),
        "version is one more than prev's",
    )
}

/// Whether the author may record this decision.
pub fn check_decision(decision: &Decision, writing: &Writing) -> Checked {
    writing.check(decision.dna_hash.as_ref())?;
    name("policy.name", &decision.policy.name)?;
    code("rule", &decision.rule)?;
    line("subject", &decision.subject, 1, SUBJECT_BYTES_MAX)?;
    length("reasons", decision.reasons.len(), 0, REASONS_MAX)?;
    decision
        .reasons
        .iter()
        .try_for_each(|reason| code("reasons", reason))?;
    require(
        decision.allow || !decision.reasons.is_empty(),
        "a refusal has at least one reason",
    )?;
    safe_integer("at", decision.at)
}

/// Whether the author may seal this segment. `prev` is the seal that it names and that one's author.
pub fn check_audit_record(
    record: &AuditRecord,
    prev: Option<(&AuditRecord, &AgentPubKey)>,
    writing: &Writing,
) -> Checked {
    writing.check(record.dna_hash.as_ref())?;
    code("kind", &record.kind)?;
    range(
        "count",
        u64::from(record.count),
        1,
        u64::from(SEGMENT_RECORDS_MAX),
    )?;
    safe_integer("to", record.to)?;
    range("from", record.from, 0, record.to)?;
    let Some((before, before_author)) = prev else {
        return Ok(());
    };
    require(
        before_author == writing.author,
        "prev is another author's seal",
    )?;
    require(before.kind == record.kind, "prev is a seal of another kind")?;
    require(
        before.to <= record.from,
        "a segment starts where the one before ends, or later",
    )
}
