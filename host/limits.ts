// Defines the limits that more than one part of the daemon uses.
import { apiLimits } from './limits/api.ts'
import { chatLimits } from './limits/chats.ts'
import { doctorLimits } from './limits/doctor.ts'
import { engineLimits } from './limits/engine.ts'
import { ensembleLimits } from './limits/ensemble.ts'
import { inferenceLimits } from './limits/inference.ts'
import { logLimits } from './limits/log.ts'
import { membershipLimits } from './limits/membership.ts'
import { metricLimits } from './limits/metrics.ts'
import { modelLimits } from './limits/models.ts'
import { nodeLimits } from './limits/nodes.ts'
import { openaiLimits } from './limits/openai.ts'
import { pageLimits } from './limits/page.ts'
import { policyLimits } from './limits/policy.ts'
import { presenceLimits } from './limits/presence.ts'
import { providerLimits } from './limits/providers.ts'
import { relayLimits } from './limits/relay.ts'
import { toolLimits } from './limits/tools.ts'
import { traceLimits } from './limits/traces.ts'
import { webhookLimits } from './limits/webhooks.ts'

/**
 * Bounds of the host, each with its unit; a bound of one file may stand there. The bounds of entries are in
 * `dnas/shared/src/limits.rs`, because peers validate them; the bounds here belong to one machine.
 */
export const limits = {
  ...apiLimits,
  ...chatLimits,
  ...doctorLimits,
  ...engineLimits,
  ...ensembleLimits,
  ...inferenceLimits,
  ...logLimits,
  ...membershipLimits,
  ...metricLimits,
  ...modelLimits,
  ...nodeLimits,
  ...openaiLimits,
  ...pageLimits,
  ...policyLimits,
  ...presenceLimits,
  ...providerLimits,
  ...toolLimits,
  ...relayLimits,
  ...traceLimits,
  ...webhookLimits,
  /** The longest prompt, in bytes: the payload bound less its envelope. */
  prompt_bytes_max: 1_000_000,
  /** The most levels of nesting of a request's body: the check calls itself for each. */
  json_depth_max: 128,
  /** The largest message between daemons, in bytes: a payload and its envelope. */
  message_bytes_max: 2 * 1024 * 1024,
  /** The largest artifact that `artifact add` takes, in bytes. */
  artifact_bytes_max: 1024 * 1024 * 1024,
  /** The most closed tasks whose answers a list of artifacts recognises, and the most names of artifacts that it reads. */
  artifact_tasks_max: 1_000,
  artifact_names_max: 10_000,
  /** The most open tasks of one poster's daemon: compute_policy's `scheduling.max_queue_depth`. */
  open_tasks_max: 1_000,
  /** The most requests to post that wait for their turn; their prompts are held in memory. */
  posts_waiting_max: 256,
  /** Seconds until a client that was refused for lack of room may return. */
  busy_retry_after_s: 5,
  /** Seconds until a client that was refused during a restart of the conductor may return. */
  down_retry_after_s: 5,
  /** The most grants that one worker's daemon holds at a time, running or waiting. */
  held_grants_max: 4,
  /** The most tasks of one poster that a worker's daemon handles; delivered ones count until they are closed. */
  held_per_poster_max: 64,
  /** The places of a worker that background tasks leave free. */
  interactive_places: 1,
  /** Milliseconds by which a background task queues later at the engine; after them no new task passes it. */
  background_ages_ms: 60_000,
  /** The offers of one poster that a worker considers: at once, and per second in the long run. */
  offers_burst: 64,
  offers_per_second: 16,
  /** The most offers that wait for a worker's answer, of one poster and of all. */
  asked_per_poster_max: 64,
  asked_max: 512,
  /** The most posters that a worker remembers to be fair among them. */
  posters_noted_max: 256,
  /** Milliseconds after which a busy worker wants to be asked again. */
  busy_retry_ms: 1_000,
  /**
   * Milliseconds for which a refused poster counts as wanting a place. It returns sooner: after `busy_retry_ms`, and with a
   * background task after two more spreads at most.
   */
  turned_away_ms: 45_000,
  /** The longest rest that a peer can request from a poster, in milliseconds. */
  rest_ms_max: 60_000,
  /**
   * Milliseconds for which a worker that lost a task does not get it again while another may take it. It is as long as a
   * busy worker may rest.
   */
  failed_worker_ms: 60_000,
  /** Milliseconds over which a poster spreads its offers to a peer that has rested: first value, step and maximum. */
  rest_spread_ms: { min: 250, step: 100, max: 20_000 },
  /**
   * The brake on granting tasks again. It needs this many peers heard within so many beats, with more than this share of
   * them silent. It spreads the grants over so many milliseconds. The share is that of Kubernetes
   * (`unhealthy-zone-threshold`): above it a zone is no longer emptied at full speed.
   */
  brake_peers_min: 4,
  brake_lately_beats: 8,
  brake_silent_share: 0.55,
  brake_spread_ms: 60_000,
  /** Milliseconds that an offer waits for its answer before the next peer is asked. */
  offer_wait_ms: 2_000,
  /** Milliseconds until a poster that found no worker asks again. */
  offer_again_ms: 5_000,
  /** The most offers in a row that a peer may leave unanswered. Then the poster runs the task itself, if nobody else answers. */
  unanswered_offers_max: 2,
  /** The shortest and longest pause before a step of a task that got no answer is repeated, in milliseconds. */
  retry_ms: { min: 50, max: 5_000 },
  /** The most looks for a Close that was announced to a worker, before its output stays pinned in doubt. */
  close_looks_max: 24,
  /** The least milliseconds between two pieces of text to the poster, and between two that count as signs of life. */
  tokens_every_ms: 20,
  tokens_told_ms: 250,
  /** Milliseconds for the work loop to return its grants when it stops. */
  work_stop_ms: 5_000,
  /** Milliseconds after a run in which a drain waits for the task's Close: a fetch of the output, and a second try. */
  drain_handover_ms: 120_000,
  /** Milliseconds between two checks of a drain whether work is left. */
  drain_look_ms: 250,
  /** The default lease, in milliseconds. */
  lease_ms: 30_000,
  /**
   * Milliseconds for which a worker renews its lease at least, while the Result of its finished run cannot be written. The
   * Grant must reach its conductor, and conductors that lost each other take up to a minute.
   */
  attest_patience_ms: 60_000,
  /** The renewals of a worker within one lease. */
  lease_renewals: 3,
  /**
   * The largest parts of an event that one daemon sends another, in bytes. A Task may carry a payload of 64 KiB, sealed and
   * in base64, with its keys. An action names its author, its place and its entry.
   */
  event_entry_bytes_max: 128 * 1024,
  event_action_bytes_max: 1_024,
  event_signature_bytes: 64,
  /** Milliseconds for which only the DHT is asked for an event, before its author is asked too. */
  event_ask_after_ms: 250,
  /** Milliseconds that a worker waits for a payload, which comes with the notice of its Grant, before it asks for it. */
  payload_ask_after_ms: 50,
  /** Milliseconds for which the first piece of a run before its Grant may delay the write of its Task. */
  head_start_ms: 200,
  /** The most events that are being sent at a time, to one peer and to all: each costs the conductor a call. */
  events_handed_per_peer_max: 8,
  events_handed_max: 32,
  /** The most payloads on their way at a time, to one grantee and to all: each may have 1 MiB. */
  payloads_given_per_peer_max: 8,
  payloads_given_max: 64,
  /** The most answers about tasks on their way, to one peer and to all: four times as many as one poster has tasks here. */
  answers_per_peer_max: 256,
  answers_max: 1_024,
  /** The most events that wait for another event that they name, from one peer and from all. */
  events_waiting_per_peer_max: 32,
  events_waiting_max: 512,
  /** The most events from peers that are remembered, to validate others by them. */
  events_by_message_max: 1_024,
  /** Milliseconds without a message until a worker that runs a task counts as silent. */
  silence_ms: 5_000,
  /** Milliseconds by which the work loop's alarm must be late to show that this machine slept or stood still. */
  stood_still_ms: 5_000,
  /** Milliseconds between two searches for tasks that allow fallback, and the history of the first one. */
  standby_list_ms: 10_000,
  standby_history_ms: 86_400_000,
  /** The most tasks that are fetched in one listing, in all and of one poster: each may carry its payload. */
  standby_fetches_max: 128,
  standby_fetches_each_max: 32,
  /**
   * The most tasks that one call names, which is also the zome's limit. The most calls for one bucket in one listing: more
   * than one key can post in an epoch.
   */
  standby_page: 1_000,
  standby_pages_max: 4,
  /** The most failed buckets before the rest of a listing is left for the next one. */
  standby_failures_max: 4,
  /** The most listed tasks that are remembered, so that they are not fetched again. */
  standby_known_max: 20_000,
  /** Milliseconds that each stand-in has before the next one's turn. */
  standby_step_ms: 30_000,
  /** Milliseconds by which another machine's clock may be wrong. */
  clock_skew_ms: 600_000,
  /**
   * Milliseconds for which a poster that was off leaves a task to its possible stand-ins. They notice that it is back,
   * connect, and report. A task that is granted sooner runs twice.
   */
  stand_in_word_ms: 20_000,
  /** The default deadlines of a task, in milliseconds: to its first grant, of one run, and in all. */
  deadlines_ms: { queue: 600_000, run: 600_000, total: 3_600_000 },
  /** The default number of attempts of a task. */
  attempts: 3,
  /** The most peers whose addresses outlive a restart, and the shortest pause between two writes of them, in milliseconds. */
  addresses_kept_max: 256,
  addresses_write_ms: 1_000,
  /** The tries of a write while others move the chain's head, and the longest first pause, in milliseconds. */
  head_moved_tries: 8,
  head_moved_pause_ms: 40,
  /** Milliseconds for one zome call. */
  zome_call_ms: 30_000,
  /**
   * Milliseconds that a chain's writes wait for the one before. It is many times the usual duration. It is less than the
   * seconds for which a dead peer delays a write that names others' entries.
   */
  write_patience_ms: 1_000,
  /** Milliseconds for one message to a peer. */
  message_send_ms: 10_000,
  /** Milliseconds for fetching an output. */
  artifact_fetch_ms: 60_000,
  /**
   * Milliseconds until the conductor must be ready on its first try; each further try has twice the time. A start takes some
   * 60 ms of a core for each task in its epochs, whoever posted it (docs/BENCHMARKS.md).
   */
  conductor_ready_ms: 120_000,
  /** The tries to start the conductor before the daemon's own start fails. */
  conductor_starts_max: 3,
  /** Milliseconds of failed writes, without a success, after which the conductor is restarted. */
  writes_fail_ms: 60_000,
  /** Milliseconds that the first write of a run waits for a peer that can say what it holds of the own chain. */
  peers_view_ms: 5_000,
  /**
   * Milliseconds that it waits for the answers of asked peers. A peer that was seen since the start answers, and a busy
   * machine takes seconds to read its data.
   */
  peer_word_ms: 15_000,
  /**
   * Milliseconds for which a peer's claim alone stops writes: gossip delivers existing data within it. Conductors were seen
   * to need 65 s to meet again. A liar's delay ends, but a fork is for ever.
   */
  head_claim_ms: 300_000,
  /** Milliseconds between two looks at a chain that is being checked or that lacks actions. */
  head_look_ms: 500,
  /** Milliseconds until blocked work is notified again that it may continue. */
  hold_retry_ms: 2_000,
  /** The most chains that one question or answer about heads names, and the most peers that are asked in one run. */
  heads_named_max: 16,
  heads_asked_max: 8,
  /** Milliseconds between two checks whether another conductor uses this machine's key. */
  duplicate_key_look_ms: 10_000,
  /** The shortest pause between two answers to one peer about its heads, in milliseconds. */
  heads_answer_ms: 2_000,
  /** Milliseconds for a chain to come back from the peers. */
  restore_ms: 300_000,
  /** Milliseconds for one administrative call: installing compiles the zomes, slowly on a busy machine. */
  conductor_admin_ms: 240_000,
  /** Milliseconds for the conductor to stop before it is killed. */
  conductor_stop_ms: 8_000,
  /**
   * The free disk space at which a conductor that ran out of it is restarted, in bytes, and the milliseconds between two
   * checks. A start and some thousand actions take less.
   */
  conductor_room_bytes_min: 8 * 1024 * 1024,
  disk_look_ms: 1_000,
  /** Milliseconds for a bootstrap server to become ready, and to stop before it is killed. */
  bootstrap_ready_ms: 15_000,
  bootstrap_stop_ms: 3_000,
  /** The largest log of a child, in bytes; one older part of the same size is kept. */
  log_bytes_max: 8 * 1024 * 1024,
  /** The most open connections of a forwarder, for all daemons of the network on this machine. */
  forwarder_connections_max: 512,
  /** Milliseconds that a request through the forwarder may be silent; upgraded connections have no limit. */
  forwarder_idle_ms: 30_000,
  /** The shortest and longest pause before a dead child is restarted, in milliseconds. */
  restart_backoff_ms: { min: 500, max: 30_000 },
  /** Milliseconds for two peers of one machine to hear from each other. */
  peer_seen_ms: 60_000,
  /** Milliseconds for the daemon to stop. */
  shutdown_ms: 20_000,
  /** Milliseconds for one hardware probe. */
  hardware_probe_ms: 4_000,
  /** The default port of the API on loopback. */
  api_port_default: 4747,
  ollama_port_default: 11434,
  /**
   * The defaults without a network file: the length of an epoch, how long its tasks may be open, and the most actions of one
   * key in it.
   */
  epoch_ms: 86_400_000,
  task_life_ms: 86_400_000,
  max_action_seq: 5_000,
  /** The share of a chain above which its remaining capacity is reported, and the milliseconds between two checks. */
  chain_tight_share: 0.8,
  chain_look_ms: 10_000,
  /**
   * Milliseconds for which a worker keeps its answer for a poster that is away: enough for a laptop that is closed for a
   * week's holiday. The epoch stays open here for as long, and the output pinned.
   */
  answer_life_ms: 10 * 86_400_000,
  /**
   * Milliseconds by which a cell is opened before its epoch begins, which is also the most by which clocks of a network may
   * differ. In shorter epochs it is a quarter of the epoch.
   */
  epoch_ahead_ms: 600_000,
  /**
   * Milliseconds after an epoch's end in which a machine that was not in it joins it to help with open tasks. It is the
   * default deadline of a task, or half of a shorter epoch.
   */
  epoch_overlap_ms: 3_600_000,
  /** Milliseconds between two checks whether an epoch can be left. */
  epoch_look_ms: 600_000,
  /** The longest sleep until an epoch is due, in milliseconds: the machine may sleep meanwhile. */
  epoch_step_ms: 5_000,
  /** Milliseconds until an epoch that could not be opened is tried again. */
  epoch_retry_ms: 5_000,
  /** The most machines that a configuration names for mDNS. */
  net_peers_max: 64,
  /** The longest configuration file, in bytes. */
  config_bytes_max: 64 * 1024,
  /** The most events of each kind that the daemon keeps for clients that return, and their most bytes. */
  events_kept_max: 2_000,
  events_kept_bytes_max: 1024 * 1024,
  /** The bytes that a slow reader of events may lag behind: more than all kept events, which it gets at once. */
  event_stream_bytes_max: 8 * 1024 * 1024,
  /** The most open streams of events. */
  event_streams_max: 32,
  /** Milliseconds between two pings on an idle stream of events. */
  event_ping_ms: 15_000,
  /** Milliseconds that `task post --wait` still waits for a Close, after the task's life and one lease more. */
  task_close_ms: 120_000,
  /** The longest time that a timer of the platform waits, in milliseconds. */
  timer_ms_max: 2 ** 31 - 1,
  /** Milliseconds for which a post that other machines may finish checks whether a peer holds it, and between two checks. */
  held_look_ms: 2_000,
  held_ask_ms: 500,
  /** Milliseconds that a client waits for a daemon's answer, if the verb does not wait by design. */
  client_call_ms: 60_000,
  /** A second signal within this time is the same Ctrl-C arriving twice, in milliseconds. */
  signal_settle_ms: 500,
  /** The most connections to other machines that the libp2p node keeps. */
  peer_connections_max: 256,
  /** The most of these connections to peers that no card binds. */
  peer_strangers_max: 64,
  /** The most connections to one peer: on a slow link, each message would otherwise dial one more. */
  peer_connections_each_max: 3,
  /** The most connections to one machine's node that are being opened at a time. */
  peer_pending_max: 32,
  /** The most connections that one address may open a second. */
  peer_connections_per_second_max: 32,
  /** The most streams of one protocol that a peer may hold open to this machine. */
  peer_streams_max: 64,
  /** The bytes that a peer may send on a stream before it needs permission for more: one block without a pause. */
  peer_stream_window_bytes: 1024 * 1024,
  /** The most messages on their way to or from one peer; further ones to it wait, further ones from it are dropped. */
  messages_in_flight_max: 16,
  /**
   * The most messages that wait for their turn to one peer: two for each task that may be open. Large data has limits of its
   * own.
   */
  messages_waiting_max: 2_048,
  /** The bytes of messages that are being received at a time, from all peers together. */
  messages_bytes_in_flight_max: 256 * 1024 * 1024,
  /** Milliseconds for a peer to acknowledge a message, before it also goes over a new connection. */
  message_word_ms: 1_000,
  /** Milliseconds for a message by stream before the DHT's own transport is tried. */
  message_stream_ms: 4_000,
  /** The largest piece of a message that passes through the conductor, in bytes. */
  message_chunk_bytes_max: 1_000_000,
  /** The most messages from one agent that are being joined from pieces at a time. */
  message_assemblies_max: 4,
  /** The most agents whose messages are being joined from pieces at a time. */
  message_assembling_agents_max: 64,
  /** Milliseconds for dialling a peer. */
  peer_dial_ms: 3_000,
  /** Milliseconds for a short request to Kubo. */
  kubo_call_ms: 10_000,
  /** Milliseconds for Kubo to find a block that it holds itself. */
  kubo_local_ms: 2_000,
  /** Milliseconds that a requested block may stay out before its peers are asked again. */
  artifact_ask_again_ms: 2_000,
  /** The pause in which bitswap forgets one request before it takes the next for the same block, in milliseconds. */
  artifact_ask_pause_ms: 100,
  /** The most blocks of one artifact that are fetched at a time. */
  artifact_blocks_in_flight_max: 16,
  /** The closed tasks that are listed by default, and at most: each is read from the journal. */
  past_listed: 100,
  past_listed_max: 10_000,
  /** Milliseconds of one wait for a task by default: less than the minute after which clients of MCP give up. */
  task_wait_ms: 45_000,
  /** The UTC days for which the use of machines is counted by day, and those that are shown by default. */
  usage_days_max: 366,
  usage_days: 30,
  /** The most counts of one day that are read: one for each peer and class. */
  usage_rows_day_max: 1_024,
  /** The newest tasks of a list whose prompts are read for it. */
  prompts_listed: 500,
  /** Milliseconds until a receipt that could not be written is tried again. */
  receipt_again_ms: 30_000,
  /** The most bytes that a command reads from a file or standard input to send: a request's, less base64. */
  stdin_bytes_max: 6 * 1024 * 1024 - 64 * 1024,
  /** The free disk and memory below which `doctor` warns, in MiB. */
  disk_free_mib_min: 1_024,
  memory_free_mib_min: 1_024,
} as const

/** Milliseconds for a daemon to end in good order, with its conductor. */
export const daemonStopMs = limits.shutdown_ms + limits.conductor_stop_ms
