//! Whether a receipt holds.

use super::report::{Problem, Report, Summary};
use super::{chain, events, reveal, Receipt, Reveal};
use crate::resource_mesh::{check_entry, At, Close, Known, MeshEntry, Task, TaskResult, Work};
use crate::{ActionHash, Digest, DnaHash};

const TASK: u8 = 0;
const GRANT: u8 = 1;
const RESULT: u8 = 2;
const CLOSE: u8 = 3;
const FALLBACK_CLAIM: u8 = 4;

/// Verifies the bytes of a receipt. It needs nothing else: no network, no clock, no keys.
pub fn verify(bytes: &[u8]) -> Report {
    match Receipt::decode(bytes).and_then(|receipt| examine(&receipt)) {
        Ok(summary) => Report {
            ok: true,
            problem: None,
            one_sided: summary.close.is_none(),
            shown: shown(&summary),
            not_shown: not_shown(&summary),
            summary: Some(summary),
        },
        Err(problem) => Report {
            ok: false,
            problem: Some(problem),
            one_sided: false,
            shown: Vec::new(),
            not_shown: Vec::new(),
            summary: None,
        },
    }
}

/// The events of a receipt, each with the part of the file that it stands in; signatures and hashes hold.
struct Events {
    task: Known,
    grants: Vec<Known>,
    claim: Option<Known>,
    result: Known,
    close: Option<Known>,
}

impl Events {
    fn read(receipt: &Receipt) -> Result<Self, Problem> {
        let grants = receipt.grants.iter().enumerate();
        Ok(Self {
            task: events::read(&receipt.task, TASK, "task")?,
            grants: grants
                .map(|(n, grant)| events::read(grant, GRANT, &format!("grants[{n}]")))
                .collect::<Result<_, _>>()?,
            claim: receipt
                .claim
                .as_ref()
                .map(|claim| events::read(claim, FALLBACK_CLAIM, "claim"))
                .transpose()?,
            result: events::read(&receipt.result, RESULT, "result")?,
            close: receipt
                .close
                .as_ref()
                .map(|close| events::read(close, CLOSE, "close"))
                .transpose()?,
        })
    }

    fn all(&self) -> impl Iterator<Item = (String, &Known)> {
        let grants = self.grants.iter().enumerate();
        std::iter::once(("task".to_owned(), &self.task))
            .chain(grants.map(|(n, grant)| (format!("grants[{n}]"), grant)))
            .chain(self.claim.iter().map(|claim| ("claim".to_owned(), claim)))
            .chain(std::iter::once(("result".to_owned(), &self.result)))
            .chain(self.close.iter().map(|close| ("close".to_owned(), close)))
    }

    /// Judges every event by the rules of the network, with no other events than these.
    fn check_rules(&self, dna: &DnaHash) -> Result<(), Problem> {
        for (place, event) in self.all() {
            let at = At {
                author: event.author.clone(),
                action_seq: event.action_seq,
                dna_hash: dna.clone(),
                max_action_seq: u32::MAX,
            };
            let known = |hash: &ActionHash| {
                let found = self.all().find(|(_, known)| &known.hash == hash);
                found
                    .map(|(_, known)| Some(known.clone()))
                    .ok_or_else(|| hash.clone())
            };
            match check_entry(&event.entry, &at, known) {
                Ok(Ok(())) => {}
                Ok(Err(refusal)) => {
                    return Err(Problem::new(refusal.code(), place, refusal.to_string()))
                }
                Err(hash) => {
                    let text = format!("it names {hash}, which the receipt does not hold");
                    return Err(Problem::new("missing_event", place, text));
                }
            }
        }
        Ok(())
    }

    /// Holds the events to be one list of one task: the rules judge each event alone.
    fn check_chain(&self) -> Result<(), Problem> {
        let mut before = &self.task.hash;
        for (n, grant) in self.grants.iter().enumerate() {
            if grant.prev() != Some(before) {
                return Err(Problem::new(
                    "broken_chain",
                    format!("grants[{n}]"),
                    "it does not follow the event before",
                ));
            }
            before = &grant.hash;
        }
        let result = self.result()?;
        let authority = self.claim.as_ref().map_or(before, |claim| &claim.hash);
        if result.task.as_ref() != &self.task.hash || result.authority.as_ref() != authority {
            return Err(Problem::new(
                "broken_chain",
                "result",
                "it is of another task or attempt",
            ));
        }
        let Some(close) = self.close()? else {
            return Ok(());
        };
        if close.prev.as_ref() != before {
            return Err(Problem::new(
                "broken_chain",
                "close",
                "it does not follow the event before",
            ));
        }
        if close.result.as_ref().map(AsRef::as_ref) != Some(&self.result.hash) {
            return Err(Problem::new(
                "not_accepted",
                "close",
                "it does not accept this result",
            ));
        }
        Ok(())
    }

    fn task(&self) -> Result<&Task, Problem> {
        self.task
            .task()
            .map_err(|refusal| Problem::new(refusal.code(), "task", refusal.to_string()))
    }

    fn result(&self) -> Result<&TaskResult, Problem> {
        match &self.result.entry {
            MeshEntry::Result(result) => Ok(result),
            _ => Err(Problem::new(
                "bad_entry_type",
                "result",
                "the entry is of another type",
            )),
        }
    }

    /// What the Grant of the result's attempt says of text that was there before.
    fn prefix_digest(&self) -> Option<&Digest> {
        let MeshEntry::Result(result) = &self.result.entry else {
            return None;
        };
        self.grants.iter().find_map(|grant| match &grant.entry {
            MeshEntry::Grant(entry) if result.authority == grant.hash.clone().into() => {
                entry.prefix_digest.as_ref()
            }
            _ => None,
        })
    }

    fn close(&self) -> Result<Option<&Close>, Problem> {
        match self.close.as_ref().map(|close| &close.entry) {
            None => Ok(None),
            Some(MeshEntry::Close(close)) => Ok(Some(close)),
            Some(_) => Err(Problem::new(
                "bad_entry_type",
                "close",
                "the entry is of another type",
            )),
        }
    }
}

fn examine(receipt: &Receipt) -> Result<Summary, Problem> {
    let dna = DnaHash::try_from_raw_39(receipt.dna.to_vec())
        .ok()
        .filter(chain::is_whole)
        .ok_or_else(|| Problem::new("bad_hash", "dna", "it is no hash of a network"))?;
    let events = Events::read(receipt)?;
    events.check_rules(&dna)?;
    events.check_chain()?;
    let (task, result) = (events.task()?, events.result()?);
    check_asked(task, result)?;
    let prompt = reveal::check_payload(&receipt.reveal, task, result)?;
    let named = events.prefix_digest();
    let prefix_bytes = reveal::check_prefix(&receipt.reveal, named)?;
    let cid_checked = reveal::check_output(&receipt.reveal, result.output.as_ref())?;
    Ok(Summary {
        dna: dna.into(),
        task: events.task.hash.clone().into(),
        task_id: task.id.clone(),
        poster: events.task.author.clone().into(),
        worker: events.result.author.clone().into(),
        self_made: events.task.author == events.result.author,
        work: task.work.clone(),
        created_at: task.created_at,
        grants: events
            .grants
            .iter()
            .map(|grant| grant.hash.clone().into())
            .collect(),
        authority: result.authority.clone(),
        fallback: events.claim.is_some(),
        attempt: result.attempt,
        result: events.result.hash.clone().into(),
        close: events.close.as_ref().map(|close| close.hash.clone().into()),
        checks: events
            .close()?
            .map(|close| close.checks.clone())
            .unwrap_or_default(),
        output: result.output.clone(),
        model_digest: result.model_digest.clone(),
        engine_build: result.engine_build.clone(),
        backend_class: result.backend_class.clone(),
        parameters: result.parameters.clone(),
        seed: result.seed,
        usage: result.usage,
        prompt,
        continued: named.is_some(),
        prefix_bytes,
        answer: answer(&receipt.reveal),
        cid_checked,
    })
}

/// What the worker attests must be what was asked, as far as the Task says it openly.
fn check_asked(task: &Task, result: &TaskResult) -> Result<(), Problem> {
    let problem = |code, text: &str| Err(Problem::new(code, "result", text));
    if let (Work::Model { digest, .. }, true) = (&task.work, result.output.is_some()) {
        if result.model_digest.as_ref() != Some(digest) {
            return problem(
                "other_model",
                "the worker names another model than the task",
            );
        }
    }
    let Some(fixed) = &task.deterministic else {
        return Ok(());
    };
    if fixed.seed != result.seed {
        return problem("other_seed", "the worker names another seed than the task");
    }
    if reveal::parameters_digest(&result.parameters).as_ref() != Some(&fixed.parameters_digest) {
        return problem(
            "other_parameters",
            "the worker names other parameters than the task",
        );
    }
    Ok(())
}

fn answer(reveal: &Reveal) -> Option<String> {
    reveal
        .output
        .as_ref()
        .and_then(|output| String::from_utf8(output.to_vec()).ok())
}

fn shown(summary: &Summary) -> Vec<String> {
    let mut lines = vec![
        format!(
            "{} asked for task '{}' on the network {}",
            summary.poster, summary.task_id, summary.dna
        ),
        format!(
            "{} computed attempt {} under its {} {}",
            summary.worker,
            summary.attempt,
            if summary.fallback {
                "FallbackClaim"
            } else {
                "Grant"
            },
            summary.authority
        ),
        format!(
            "the worker attests {}: {} on {}, seed {}, {} tokens read, {} tokens written, {} ms",
            asked(&summary.work),
            summary.engine_build,
            summary.backend_class,
            summary.seed,
            summary.usage.tokens_in,
            summary.usage.tokens_out,
            summary.usage.wall_ms
        ),
    ];
    if let Some(output) = &summary.output {
        lines.push(format!(
            "the output has {} bytes and the salted digest {}, pinned as {}",
            output.bytes, output.digest, output.cid
        ));
    }
    if summary.prompt.is_some() {
        lines.push("the revealed prompt is the one that was asked".to_owned());
    }
    if summary.answer.is_some() {
        lines.push("the revealed answer is the one that was given".to_owned());
    }
    if let Some(bytes) = summary.prefix_bytes {
        lines.push(format!(
            "the first {bytes} bytes of the answer were there before attempt {}, which went on with them",
            summary.attempt
        ));
    }
    if summary.close.is_some() {
        let checks: Vec<_> = summary.checks.iter().map(|check| check.name()).collect();
        lines.push(format!(
            "the poster accepted it, and says that it checked: {}",
            checks.join(", ")
        ));
    }
    if summary.self_made {
        lines.push("poster and worker are the same key".to_owned());
    }
    lines
}

fn asked(work: &Work) -> String {
    match work {
        Work::Model { name, digest } => format!("the model '{name}' ({digest})"),
        Work::Command { digest } => format!("the command {digest}"),
    }
}

fn not_shown(summary: &Summary) -> Vec<String> {
    let mut lines = Vec::new();
    if summary.close.is_none() {
        lines.push("that the poster accepted it: the receipt is one-sided");
    } else {
        lines.push("that this is the only Close or the latest event: --online looks for siblings and forks");
    }
    lines.push("when it happened: the times are the authors' own");
    lines.push("who owns a key");
    lines.push("that the named model truly ran: --replay compares within one backend class");
    if summary.prompt.is_none() {
        lines.push("what was asked: the prompt is not revealed");
    }
    if summary.continued && summary.prefix_bytes.is_none() {
        lines.push(
            "whether the answer goes on with the text of the attempt before: that is not revealed",
        );
    }
    if summary.answer.is_none() {
        lines.push("what was answered: the answer is not revealed as text");
    } else if !summary.cid_checked {
        lines.push("that the CID is of this answer: it is larger than one block, so its CID is not checked");
    }
    lines.into_iter().map(str::to_owned).collect()
}
