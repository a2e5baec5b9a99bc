use super::*;
use crate::sample::{action, agent, dna};
use crate::{ActionHash, Digest};
use proptest::prelude::*;

fn nothing() -> Requirements {
    Requirements {
        cpu_cores: 0,
        memory_mib: 0,
        disk_mib: 0,
        gpu_count: 0,
        vram_mib: 0,
        tags: Vec::new(),
    }
}

fn task(fallback: bool) -> Known {
    let entry = MeshEntry::Task(Task {
        dna_hash: dna(1).into(),
        id: "0123456789abcdef".into(),
        class: TaskClass::Inference,
        work: Work::Model {
            name: "tiny".into(),
            digest: Digest::of(b"model"),
        },
        requirements: nothing(),
        payload_digest: Digest::of(b"payload"),
        payload_bytes: 7,
        sensitivity: Sensitivity::Private,
        deterministic: None,
        deadlines_ms: Deadlines {
            queue: 1_000,
            run: 1_000,
            total: 1_000,
        },
        lease_ms: 1_000,
        max_attempts: 16,
        redundancy: 1,
        depends_on: Vec::new(),
        priority: Priority::Interactive,
        placement: Placement {
            prefer: Prefer::Any,
            strategy: super::Strategy::LocalityAwareBinpack,
        },
        fallback: fallback.then(|| Fallback {
            after_ms: 1,
            allow: FallbackAllow::Any {},
            payload: PublishedPayload::Clear {
                salt: "07".repeat(32),
                text: "payload".into(),
            },
        }),
        created_at: 1_200_000,
    });
    Known {
        hash: action(0),
        author: agent(1),
        action_seq: 3,
        entry,
    }
}

fn grant(n: u8, prev: &Known, attempt: u32, seq: u32) -> Known {
    let reason = if prev.hash == action(0) {
        SupersedeReason::None
    } else {
        SupersedeReason::Expired
    };
    let entry = MeshEntry::Grant(Grant {
        dna_hash: dna(1).into(),
        task: action(0).into(),
        prev: prev.hash.clone().into(),
        attempt,
        worker: agent(n).into(),
        lease_ms: 1_000,
        reason,
        prefix_digest: None,
    });
    Known {
        hash: action(n),
        author: agent(1),
        action_seq: seq,
        entry,
    }
}

fn close(n: u8, prev: &Known, seq: u32) -> Known {
    let entry = MeshEntry::Close(Close {
        dna_hash: dna(1).into(),
        task: action(0).into(),
        prev: prev.hash.clone().into(),
        outcome: CloseOutcome::Cancelled,
        result: None,
        superseded: Vec::new(),
        checks: vec![Check::None],
    });
    Known {
        hash: action(n),
        author: agent(1),
        action_seq: seq,
        entry,
    }
}

fn at(author: u8, action_seq: u32) -> At {
    At {
        author: agent(author),
        action_seq,
        dna_hash: dna(1),
        max_action_seq: 1_000,
    }
}

fn judge(event: &Known, known: &[Known]) -> Result<(), Refusal> {
    let fetch = |hash: &ActionHash| {
        known
            .iter()
            .find(|one| &one.hash == hash)
            .cloned()
            .map(Some)
            .ok_or(())
    };
    check_entry(&event.entry, &at(1, event.action_seq), fetch).expect("every named event is known")
}

/// A poster's list in which each step hangs an event, a Grant or a Close, on one that came before, if the rules let it.
fn list(steps: &[(u8, bool)]) -> Vec<Known> {
    let mut events = vec![task(false)];
    for (n, (pick, ends)) in (1..).zip(steps) {
        let prev = events[usize::from(*pick) % events.len()].clone();
        let seq = 3 + u32::from(n);
        let next = match prev.attempt() {
            Some(attempt) if !ends => grant(n, &prev, attempt + 1, seq),
            _ => close(n, &prev, seq),
        };
        if judge(&next, &events).is_ok() {
            events.push(next);
        }
    }
    events
}

proptest! {
    #[test]
    fn every_order_of_arrival_resolves_the_same(
        steps in prop::collection::vec((any::<u8>(), any::<bool>()), 0..12),
        keys in prop::collection::vec(any::<u64>(), 13),
    ) {
        let events = list(&steps);
        let mut shuffled: Vec<_> = events.iter().cloned().zip(keys).collect();
        shuffled.sort_by_key(|(_, key)| *key);
        let mut shuffled: Vec<_> = shuffled.into_iter().map(|(event, _)| event).collect();
        shuffled.push(events[0].clone());
        prop_assert_eq!(resolve(&action(0), &events), resolve(&action(0), &shuffled));
    }

    #[test]
    fn attempts_rise_and_nothing_follows_a_close(steps in prop::collection::vec((any::<u8>(), any::<bool>()), 0..12)) {
        let events = list(&steps);
        let read = resolve(&action(0), &events).expect("the task is there");
        let find = |hash: &ActionHash| events.iter().find(|one| &one.hash == hash).expect("it is there");
        let path: Vec<_> = read.path.iter().map(|hash| find(hash.as_ref())).collect();
        for pair in path.windows(2) {
            prop_assert_eq!(pair[1].prev(), Some(&pair[0].hash));
            prop_assert!(pair[0].action_seq < pair[1].action_seq);
            let before = pair[0].attempt();
            prop_assert!(before.is_some(), "nothing follows a Close");
            prop_assert!(pair[1].attempt().is_none() || pair[1].attempt() > before);
        }
        for event in &events {
            let follows_close = event.prev().is_some_and(|prev| find(prev).attempt().is_none());
            prop_assert!(!follows_close);
        }
    }
}

#[test]
fn the_lowest_action_seq_counts() {
    let asked = task(false);
    let (first, second) = (grant(1, &asked, 1, 9), grant(2, &asked, 1, 5));
    let read = resolve(&action(0), &[first, second, asked]).expect("the task is there");
    assert_eq!(read.siblings, vec![action(1).into()]);
    assert_eq!(
        read.state,
        TaskState::Granted {
            grant: action(2).into(),
            attempt: 1,
            worker: agent(2).into()
        }
    );
}

#[test]
fn events_that_nobody_validated_do_not_hang_the_reading() {
    let asked = task(false);
    let real = grant(1, &asked, 1, 5);
    let mut looped = grant(1, &real, 2, 5);
    looped.hash = action(1);
    assert!(resolve(&action(0), &[asked, real, looped]).is_some());
    assert_eq!(resolve(&action(9), &[]), None);
}

#[test]
fn a_link_starts_where_its_target_says() {
    let listed = task(true);
    let bucket = check_link(LinkKind::BucketToTask, &at(1, 9), &listed, 0);
    assert_eq!(bucket, Ok(LinkBase::Bucket(2)));
    let ended = close(1, &listed, 5);
    assert_eq!(
        check_link(LinkKind::TaskToClose, &at(1, 9), &ended, 64),
        Ok(LinkBase::Action(action(0).into()))
    );
    let refused = |kind, who, target: &Known, tag| {
        check_link(kind, &at(who, 9), target, tag).map_err(|refusal| refusal.code())
    };
    assert_eq!(
        refused(LinkKind::BucketToTask, 1, &task(false), 0),
        Err("not_listed")
    );
    assert_eq!(
        refused(LinkKind::TaskToClose, 2, &ended, 0),
        Err("not_the_author")
    );
    assert_eq!(
        refused(LinkKind::TaskToResult, 1, &ended, 0),
        Err("bad_target")
    );
    assert_eq!(refused(LinkKind::TaskToClose, 1, &ended, 65), Err("length"));
    let late = check_link(LinkKind::TaskToClose, &at(1, 1_001), &ended, 0);
    assert_eq!(late, Err(Refusal::ChainFull));
}
