//! Whether an entry may be written, from the entry, its author and the events that it names.

use super::{
    fallback, offer, result, task, At, Close, FallbackClaim, Grant, Known, MeshEntry, Refusal,
};
use crate::{check, ActionHash, DnaHashB64};

/// Why a judgement stops: a refusal, or an event that could not be had.
pub(super) enum Stop<E> {
    Refused(Refusal),
    Unresolved(E),
}

impl<E> From<Refusal> for Stop<E> {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl<E> From<check::Refusal> for Stop<E> {
    fn from(refusal: check::Refusal) -> Self {
        Self::Refused(refusal.into())
    }
}

/// The events that an entry names, as they are asked for.
pub(super) struct Fetch<F>(F);

impl<F, E> Fetch<F>
where
    F: FnMut(&ActionHash) -> Result<Option<Known>, E>,
{
    /// A named event; refused when the hash is of something else.
    pub(super) fn get(&mut self, hash: &ActionHash) -> Result<Known, Stop<E>> {
        match (self.0)(hash) {
            Ok(Some(known)) => Ok(known),
            Ok(None) => Err(Refusal::NotAnEvent.into()),
            Err(error) => Err(Stop::Unresolved(error)),
        }
    }
}

/// Judges an entry: the inner result is the verdict.
///
/// `fetch` gives the valid event behind a hash, `None` when the hash is of an action that carries no entry of
/// `resource_mesh`, and an error when it cannot be had now: that error is handed on as it is, so that a zome can
/// let the conductor wait for the missing record.
pub fn check_entry<E>(
    entry: &MeshEntry,
    at: &At,
    fetch: impl FnMut(&ActionHash) -> Result<Option<Known>, E>,
) -> Result<Result<(), Refusal>, E> {
    match judge(entry, at, &mut Fetch(fetch)) {
        Ok(()) => Ok(Ok(())),
        Err(Stop::Refused(refusal)) => Ok(Err(refusal)),
        Err(Stop::Unresolved(error)) => Err(error),
    }
}

fn judge<F, E>(entry: &MeshEntry, at: &At, fetch: &mut Fetch<F>) -> Result<(), Stop<E>>
where
    F: FnMut(&ActionHash) -> Result<Option<Known>, E>,
{
    at.check_seq()?;
    if network_of(entry).as_ref() != &at.dna_hash {
        return Err(Refusal::OtherNetwork.into());
    }
    match entry {
        MeshEntry::Task(task) => Ok(task::check_form(task)?),
        MeshEntry::Grant(grant) => check_grant(grant, at, fetch),
        MeshEntry::Result(found) => result::check(found, at, fetch),
        MeshEntry::Close(close) => check_close(close, at, fetch),
        MeshEntry::FallbackClaim(claim) => check_claim(claim, at, fetch),
        MeshEntry::ResourceOffer(offered) => Ok(offer::check_offer(offered)?),
        MeshEntry::Allocation(share) => {
            offer::check_form(share)?;
            let offered = fetch.get(share.offer.as_ref())?;
            Ok(offer::check_allocation(share, at, &offered)?)
        }
    }
}

fn network_of(entry: &MeshEntry) -> &DnaHashB64 {
    match entry {
        MeshEntry::Task(task) => &task.dna_hash,
        MeshEntry::Grant(grant) => &grant.dna_hash,
        MeshEntry::Result(result) => &result.dna_hash,
        MeshEntry::Close(close) => &close.dna_hash,
        MeshEntry::FallbackClaim(claim) => &claim.dna_hash,
        MeshEntry::ResourceOffer(offer) => &offer.dna_hash,
        MeshEntry::Allocation(allocation) => &allocation.dna_hash,
    }
}

fn check_grant<F, E>(grant: &Grant, at: &At, fetch: &mut Fetch<F>) -> Result<(), Stop<E>>
where
    F: FnMut(&ActionHash) -> Result<Option<Known>, E>,
{
    task::check_grant_form(grant)?;
    let asked = fetch.get(grant.task.as_ref())?;
    let prev = fetch.get(grant.prev.as_ref())?;
    let before = check_follows(grant.task.as_ref(), &asked, &prev, at)?;
    if before.checked_add(1) != Some(grant.attempt) {
        return Err(Refusal::AttemptGap.into());
    }
    if grant.attempt > asked.task()?.max_attempts {
        return Err(Refusal::AttemptsSpent.into());
    }
    Ok(())
}

/// What a Grant and a Close have in common: the poster writes them, after its Task or a Grant. Gives `prev`'s attempt.
fn check_follows(about: &ActionHash, asked: &Known, prev: &Known, at: &At) -> Result<u32, Refusal> {
    asked.task()?;
    if asked.author != at.author {
        return Err(Refusal::NotThePoster);
    }
    let before = prev.attempt().ok_or(Refusal::BadPrev)?;
    if prev.about() != Some(about) {
        return Err(Refusal::OtherTask);
    }
    if prev.author != at.author {
        return Err(Refusal::PrevAuthor);
    }
    if prev.action_seq >= at.action_seq {
        return Err(Refusal::PrevOrder);
    }
    Ok(before)
}

fn check_close<F, E>(close: &Close, at: &At, fetch: &mut Fetch<F>) -> Result<(), Stop<E>>
where
    F: FnMut(&ActionHash) -> Result<Option<Known>, E>,
{
    task::check_close_form(close)?;
    let asked = fetch.get(close.task.as_ref())?;
    let prev = fetch.get(close.prev.as_ref())?;
    check_follows(close.task.as_ref(), &asked, &prev, at)?;
    let Some(accepted) = &close.result else {
        return Ok(());
    };
    let accepted = fetch.get(accepted.as_ref())?;
    let MeshEntry::Result(result) = &accepted.entry else {
        return Err(Refusal::NotAResult.into());
    };
    if result.task != close.task {
        return Err(Refusal::NotAResult.into());
    }
    if result.output.is_none() {
        return Err(Refusal::FailedResult.into());
    }
    if result.authority == close.prev {
        return Ok(());
    }
    let authority = fetch.get(result.authority.as_ref())?;
    let claimed = matches!(authority.entry, MeshEntry::FallbackClaim(_));
    if claimed && asked.task()?.fallback.is_some() {
        Ok(())
    } else {
        Err(Refusal::Superseded.into())
    }
}

fn check_claim<F, E>(claim: &FallbackClaim, at: &At, fetch: &mut Fetch<F>) -> Result<(), Stop<E>>
where
    F: FnMut(&ActionHash) -> Result<Option<Known>, E>,
{
    let asked = fetch.get(claim.task.as_ref())?;
    let asked = asked.task()?;
    if !fallback::allows_fallback(asked, &at.author) {
        return Err(Refusal::FallbackNotAllowed.into());
    }
    if claim.attempt == 0 || claim.attempt > asked.max_attempts {
        return Err(Refusal::AttemptsSpent.into());
    }
    Ok(())
}
