use super::chain::{self, Header};
use super::{read_event, reveal, verify, Receipt, Reveal, SignedBytes, VERSION};
use crate::resource_mesh::*;
use crate::{ActionHash, AgentPubKey, Digest, DnaHash};
use ed25519_dalek::{Signer, SigningKey};
use serde_bytes::ByteBuf;

const SALT: [u8; 32] = [7; 32];
const KEY: [u8; 32] = [9; 32];
const PAYLOAD: &str = r#"{"format":{"type":"text"},"input":{"template":"auto","text":"Name three primes.","type":"text"},"parameters":{"context_tokens":2048,"max_tokens":16,"temperature_milli":0,"top_k":0,"top_p_milli":1000},"penalties":{"frequency_milli":0,"presence_milli":0},"seed":7,"stop":[]}"#;
const ANSWER: &[u8] = b"2, 3, 5";

struct Chain {
    key: SigningKey,
    agent: AgentPubKey,
    seq: u32,
}

impl Chain {
    fn new(n: u8) -> Self {
        let key = SigningKey::from_bytes(&[n; 32]);
        let agent = agent_of(&key);
        Self { key, agent, seq: 4 }
    }

    fn write(&mut self, entry: MeshEntry) -> (ActionHash, SignedBytes) {
        self.seq += 1;
        let envelope = chain::encode_entry(&entry).expect("an entry encodes");
        let header = Header {
            author: self.agent.clone(),
            timestamp: 1_700_000_000_000_000,
            action_seq: self.seq,
            prev_action: Some(chain::hash(&[0])),
        };
        let action = chain::encode_action(&chain::create(header, &entry, &envelope))
            .expect("an action encodes");
        let signature = self.key.sign(&action).to_bytes().to_vec();
        let hash = chain::hash(&action);
        (
            hash,
            SignedBytes {
                action: action.into(),
                entry: envelope.into(),
                signature: signature.into(),
            },
        )
    }
}

fn agent_of(key: &SigningKey) -> AgentPubKey {
    let mut whole = key.verifying_key().to_bytes().to_vec();
    whole.extend(holo_hash::encode::holo_dht_location_bytes(&whole));
    AgentPubKey::from_raw_36(whole)
}

fn network() -> DnaHash {
    chain::hash(b"a network")
}

fn task() -> MeshEntry {
    MeshEntry::Task(Task {
        dna_hash: network().into(),
        id: "0123456789abcdef".into(),
        class: TaskClass::Inference,
        work: Work::Model {
            name: "tiny".into(),
            digest: Digest::of(b"model"),
        },
        requirements: Requirements {
            cpu_cores: 0,
            memory_mib: 0,
            disk_mib: 0,
            gpu_count: 0,
            vram_mib: 0,
            tags: Vec::new(),
        },
        payload_digest: reveal::salted(&SALT, PAYLOAD.as_bytes()),
        payload_bytes: PAYLOAD.len() as u64,
        sensitivity: Sensitivity::Private,
        deterministic: None,
        deadlines_ms: Deadlines {
            queue: 60_000,
            run: 60_000,
            total: 60_000,
        },
        lease_ms: 30_000,
        max_attempts: 3,
        redundancy: 1,
        depends_on: Vec::new(),
        priority: Priority::Interactive,
        placement: Placement {
            prefer: Prefer::Any,
            strategy: Strategy::LocalityAwareBinpack,
        },
        fallback: None,
        created_at: 1_700_000_000_000,
    })
}

fn grant(task: &ActionHash, worker: &AgentPubKey) -> MeshEntry {
    MeshEntry::Grant(Grant {
        dna_hash: network().into(),
        task: task.clone().into(),
        prev: task.clone().into(),
        attempt: 1,
        worker: worker.clone().into(),
        lease_ms: 30_000,
        reason: SupersedeReason::None,
        prefix_digest: None,
    })
}

fn result(task: &ActionHash, authority: &ActionHash) -> MeshEntry {
    MeshEntry::Result(TaskResult {
        dna_hash: network().into(),
        task: task.clone().into(),
        authority: authority.clone().into(),
        attempt: 1,
        status: RunStatus::Ok {},
        output: Some(Output {
            digest: reveal::salted(&SALT, ANSWER),
            bytes: ANSWER.len() as u64,
            cid: reveal::raw_cid(&reveal::seal(ANSWER, &SALT, &KEY)).expect("a CID"),
            encrypted: true,
        }),
        model_digest: Some(Digest::of(b"model")),
        template_digest: None,
        engine_build: "engine 1".into(),
        backend_class: "cpu-x64".into(),
        parameters: Parameters {
            max_tokens: 16,
            temperature_milli: 0,
            top_p_milli: 1_000,
            top_k: 0,
            context_tokens: 2_048,
        },
        seed: 7,
        usage: Usage {
            tokens_in: 5,
            tokens_out: 6,
            cpu_ms: 10,
            wall_ms: 12,
            peak_rss_bytes: 1_000,
        },
        policy_hash: None,
    })
}

fn sample() -> Receipt {
    let (mut poster, mut worker) = (Chain::new(1), Chain::new(2));
    let (task_hash, task) = poster.write(task());
    let (grant_hash, grant) = poster.write(grant(&task_hash, &worker.agent));
    let (result_hash, result) = worker.write(result(&task_hash, &grant_hash));
    let (_, close) = poster.write(MeshEntry::Close(Close {
        dna_hash: network().into(),
        task: task_hash.into(),
        prev: grant_hash.into(),
        outcome: CloseOutcome::Accepted,
        result: Some(result_hash.into()),
        superseded: Vec::new(),
        checks: vec![Check::Digest, Check::Length, Check::Decode],
    }));
    let some = |bytes: &[u8]| Some(ByteBuf::from(bytes));
    Receipt {
        version: VERSION,
        dna: network().get_raw_39().to_vec().into(),
        task,
        grants: vec![grant],
        claim: None,
        result,
        close: Some(close),
        reveal: Reveal {
            payload: some(PAYLOAD.as_bytes()),
            payload_salt: some(&SALT),
            output: some(ANSWER),
            output_salt: some(&SALT),
            output_key: some(&KEY),
            prefix_bytes: None,
        },
    }
}

/// A receipt whose accepted attempt went on with the text of the one before.
fn continued(prefix: &[u8]) -> Receipt {
    let (mut poster, mut worker) = (Chain::new(1), Chain::new(2));
    let (task_hash, task) = poster.write(task());
    let (first_hash, first) = poster.write(grant(&task_hash, &Chain::new(3).agent));
    let MeshEntry::Grant(entry) = grant(&task_hash, &worker.agent) else {
        unreachable!("it is a Grant")
    };
    let (second_hash, second) = poster.write(MeshEntry::Grant(Grant {
        prev: first_hash.into(),
        attempt: 2,
        reason: SupersedeReason::Silent,
        prefix_digest: Some(reveal::salted(&SALT, prefix)),
        ..entry
    }));
    let MeshEntry::Result(entry) = result(&task_hash, &second_hash) else {
        unreachable!("it is a Result")
    };
    let (result_hash, result) = worker.write(MeshEntry::Result(TaskResult {
        attempt: 2,
        ..entry
    }));
    let (_, close) = poster.write(MeshEntry::Close(Close {
        dna_hash: network().into(),
        task: task_hash.into(),
        prev: second_hash.into(),
        outcome: CloseOutcome::Accepted,
        result: Some(result_hash.into()),
        superseded: Vec::new(),
        checks: vec![Check::Digest, Check::Length, Check::Decode],
    }));
    let whole = sample();
    Receipt {
        task,
        grants: vec![first, second],
        result,
        close: Some(close),
        reveal: Reveal {
            prefix_bytes: Some(prefix.len() as u64),
            ..whole.reveal.clone()
        },
        ..whole
    }
}

#[test]
fn a_receipt_shows_where_another_worker_went_on() {
    let receipt = continued(b"2, 3");
    let report = verify(&bytes(&receipt));
    assert_eq!(report.problem, None);
    assert_eq!(
        report.summary.and_then(|summary| summary.prefix_bytes),
        Some(4)
    );
    assert!(report
        .shown
        .iter()
        .any(|line| line.contains("the first 4 bytes")));
    let with = |prefix_bytes| {
        let mut changed = receipt.clone();
        changed.reveal.prefix_bytes = prefix_bytes;
        verify(&bytes(&changed))
    };
    for wrong in [0, 3, 5, 7, 8, u64::MAX] {
        let problem = with(Some(wrong)).problem;
        assert_eq!(problem.map(|problem| problem.code), Some("prefix_digest"));
    }
    let hidden = with(None);
    assert!(hidden.ok);
    assert!(hidden
        .not_shown
        .iter()
        .any(|line| line.contains("goes on with the text")));
}

#[test]
fn a_prefix_that_no_grant_names_is_refused() {
    let mut receipt = sample();
    receipt.reveal.prefix_bytes = Some(4);
    assert_eq!(code(&receipt), "incomplete_reveal");
}

fn bytes(receipt: &Receipt) -> Vec<u8> {
    receipt.encode().expect("a receipt encodes")
}

fn code(receipt: &Receipt) -> &'static str {
    verify(&bytes(receipt))
        .problem
        .map_or("holds", |problem| problem.code)
}

#[test]
fn a_whole_receipt_holds_and_says_what_it_shows() {
    let report = verify(&bytes(&sample()));
    assert_eq!(report.problem, None);
    let summary = report.summary.expect("it holds");
    assert_eq!(summary.prompt.as_deref(), Some("Name three primes."));
    assert_eq!(summary.answer.as_deref(), Some("2, 3, 5"));
    assert!(summary.cid_checked && !summary.self_made && !report.one_sided);
}

#[test]
fn every_flipped_byte_is_refused() {
    let whole = bytes(&sample());
    let mut touched = whole.clone();
    for at in 0..whole.len() {
        for flip in [0x01, 0x80, 0xff] {
            touched[at] = whole[at] ^ flip;
            let report = verify(&touched);
            assert!(!report.ok, "byte {at} ^ {flip:#x} passes");
            assert!(report
                .problem
                .is_some_and(|problem| !problem.place.is_empty()));
        }
        touched[at] = whole[at];
    }
}

#[test]
fn every_shorter_and_every_longer_file_is_refused() {
    let mut whole = bytes(&sample());
    for length in 0..whole.len() {
        assert!(!verify(&whole[..length]).ok);
    }
    whole.push(0);
    assert!(!verify(&whole).ok);
}

#[test]
fn without_what_is_revealed_it_holds_all_the_same() {
    let mut redacted = sample();
    redacted.reveal = Reveal::default();
    let report = verify(&bytes(&redacted));
    assert!(report.ok);
    assert!(report
        .not_shown
        .iter()
        .any(|line| line.starts_with("what was asked")));
}

#[test]
fn without_a_close_it_is_one_sided() {
    let mut one_sided = sample();
    one_sided.close = None;
    let report = verify(&bytes(&one_sided));
    assert!(report.ok && report.one_sided);
    assert!(report.not_shown[0].contains("one-sided"));
}

#[test]
fn parts_of_other_receipts_are_refused() {
    let receipt = sample();
    let other = {
        let (mut poster, worker) = (Chain::new(3), Chain::new(2));
        let (task_hash, _) = poster.write(task());
        poster.write(grant(&task_hash, &worker.agent)).1
    };
    let with = |change: &dyn Fn(&mut Receipt)| {
        let mut changed = receipt.clone();
        change(&mut changed);
        code(&changed)
    };
    assert_eq!(with(&|r| r.grants = vec![other.clone()]), "missing_event");
    assert_eq!(with(&|r| r.grants = Vec::new()), "missing_event");
    assert_eq!(with(&|r| r.task = r.grants[0].clone()), "bad_entry_type");
    assert_eq!(
        with(&|r| r.task.signature = r.result.signature.clone()),
        "bad_signature"
    );
    assert_eq!(
        with(&|r| r.task.entry = r.result.entry.clone()),
        "entry_differs"
    );
    assert_eq!(
        with(&|r| r.dna = chain::hash::<holo_hash::hash_type::Dna>(b"x")
            .get_raw_39()
            .to_vec()
            .into()),
        "other_network"
    );
    assert_eq!(with(&|r| r.reveal.payload_salt = None), "incomplete_reveal");
    assert_eq!(
        with(&|r| r.reveal.output = Some(ByteBuf::from("2, 3, 7"))),
        "output_digest"
    );
    assert_eq!(
        with(&|r| r.reveal.output_key = Some(ByteBuf::from([1; 32]))),
        "output_cid"
    );
    assert_eq!(with(&|r| r.version = 2), "unknown_version");
}

#[test]
fn an_event_is_read_from_its_signed_bytes_alone() {
    let mut poster = Chain::new(1);
    let (hash, signed) = poster.write(task());
    let event = read_event(&signed, "event").expect("it is an event");
    assert_eq!(event.hash, hash.into());
    assert_eq!(event.author, poster.agent.clone().into());
    assert_eq!((event.seq, event.at), (5, 1_700_000_000_000));
    assert_eq!(event.entry, task());
}

#[test]
fn an_event_with_a_touched_byte_is_none() {
    let (_, signed) = Chain::new(1).write(task());
    let parts: [fn(&mut SignedBytes) -> &mut ByteBuf; 3] = [
        |bytes| &mut bytes.action,
        |bytes| &mut bytes.entry,
        |bytes| &mut bytes.signature,
    ];
    for part in parts {
        for at in 0..part(&mut signed.clone()).len() {
            let mut touched = signed.clone();
            part(&mut touched)[at] ^= 1;
            assert!(read_event(&touched, "event").is_err(), "byte {at} passes");
        }
    }
}

#[test]
fn the_bytes_of_an_action_are_holochains() {
    use holochain_integrity_types::prelude as hc;
    let (_, signed) = Chain::new(1).write(task());
    let action: hc::Action =
        holochain_serialized_bytes::decode(&*signed.action).expect("Holochain reads it");
    assert_eq!(
        holochain_serialized_bytes::encode(&action).expect("it encodes"),
        *signed.action
    );
    let entry: hc::Entry =
        holochain_serialized_bytes::decode(&*signed.entry).expect("Holochain reads it");
    assert_eq!(
        holochain_serialized_bytes::encode(&entry).expect("it encodes"),
        *signed.entry
    );
}

/// Writes the fixture of the host's tests: `RIPPLE_FIXTURE=<file> cargo test --features receipt -- --ignored`.
#[test]
#[ignore = "writes a file"]
fn write_the_fixture() {
    if let Some(file) = std::env::var_os("RIPPLE_FIXTURE") {
        std::fs::write(file, bytes(&sample())).expect("the fixture is written");
    }
}
