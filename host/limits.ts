// The limits that more than one part of the daemon goes by.
import { apiLimits } from './limits/api.ts'
import { engineLimits } from './limits/engine.ts'
import { ensembleLimits } from './limits/ensemble.ts'
import { inferenceLimits } from './limits/inference.ts'
import { modelLimits } from './limits/models.ts'
import { openaiLimits } from './limits/openai.ts'
import { pageLimits } from './limits/page.ts'
import { policyLimits } from './limits/policy.ts'
import { upstreamLimits } from './limits/upstream.ts'

/**
 * Bounds of the host, each with its unit; one that a single file uses may stand there. The bounds of entries live in
 * `dnas/shared/src/limits.rs`, because peers hold each other to them; these here are one machine's own.
 */
export const limits = {
  ...apiLimits,
  ...engineLimits,
  ...ensembleLimits,
  ...inferenceLimits,
  ...modelLimits,
  ...openaiLimits,
  ...pageLimits,
  ...policyLimits,
  ...upstreamLimits,
  /** Longest prompt, in bytes: the payload bound less its envelope. */
  prompt_bytes_max: 1_000_000,
  /** Levels of nesting of a request's body: whoever checks it calls itself for each. */
  json_depth_max: 128,
  /** Longest request body of the API, in bytes. */
  body_bytes_max: 8 * 1024 * 1024,
  /** Largest message between daemons, in bytes: a payload and its envelope. */
  message_bytes_max: 2 * 1024 * 1024,
  /** Largest artifact that `artifact add` takes, in bytes. */
  artifact_bytes_max: 1024 * 1024 * 1024,
  /** Tasks that one poster's daemon keeps open: compute_policy's `scheduling.max_queue_depth`. */
  open_tasks_max: 1_000,
  /** Requests to post that wait for their turn; their prompts are held in memory. */
  posts_waiting_max: 256,
  /** After how long a client that was refused for want of room may come again, in seconds. */
  busy_retry_after_s: 5,
  /** The same for one that was refused because the conductor is being started again. */
  down_retry_after_s: 5,
  /** Grants that one worker's daemon holds at a time, running or waiting. */
  held_grants_max: 4,
  /** Tasks of one poster that a worker's daemon has anything to do with, delivered ones included until they are closed. */
  held_per_poster_max: 64,
  /** Places of a worker that background tasks leave free. */
  interactive_places: 1,
  /** How much later than it came a background task takes its turn at the engine, in milliseconds; then none passes it. */
  background_ages_ms: 60_000,
  /** Offers that a worker looks into for one poster: at once, and a second in the long run. */
  offers_burst: 64,
  offers_per_second: 16,
  /** Offers of one poster, and of all, that wait for a worker's answer. */
  asked_per_poster_max: 64,
  asked_max: 512,
  /** Posters that a worker remembers to be fair among them. */
  posters_noted_max: 256,
  /** After how long a busy worker asks to be asked again, in milliseconds. */
  busy_retry_ms: 1_000,
  /**
   * How long a poster that was turned away counts as one that wants a place, in milliseconds: it comes again sooner, after
   * `busy_retry_ms` and, with a background task, two spreads at most.
   */
  turned_away_ms: 45_000,
  /** The longest time that a poster lets a peer rest on its own word, in milliseconds. */
  rest_ms_max: 60_000,
  /**
   * How long a worker that lost a task is not given it again while another one may yet take it, in milliseconds: as long
   * as one that is busy may rest.
   */
  failed_worker_ms: 60_000,
  /** Over how long a poster spreads its offers to a peer that has rested, in milliseconds: at first, more by, at most. */
  rest_spread_ms: { min: 250, step: 100, max: 20_000 },
  /**
   * The brake on giving tasks anew: from so many peers that were heard of within so many beats on, when more than this
   * share of them is silent, over so many milliseconds. The share is that of Kubernetes (`unhealthy-zone-threshold`),
   * where a zone above it is no longer emptied at full speed.
   */
  brake_peers_min: 4,
  brake_lately_beats: 8,
  brake_silent_share: 0.55,
  brake_spread_ms: 60_000,
  /** How long an offer waits for its answer before the next peer is asked, in milliseconds. */
  offer_wait_ms: 2_000,
  /** How often a poster with no taker asks again, in milliseconds. */
  offer_again_ms: 5_000,
  /** Offers in a row that a peer may leave unanswered until the poster runs the task itself, if nobody else answers. */
  unanswered_offers_max: 2,
  /** Shortest and longest pause before a step of a task that got no answer is tried again, in milliseconds. */
  retry_ms: { min: 50, max: 5_000 },
  /** How often a Close that a worker was told of is looked for, before its output stays pinned in doubt. */
  close_looks_max: 24,
  /** How often at most generated text is passed on to the poster, and how often it counts as a sign of life, in milliseconds. */
  tokens_every_ms: 20,
  tokens_told_ms: 250,
  /** How long the work loop may take to give back its grants when it stops, in milliseconds. */
  work_stop_ms: 5_000,
  /** How long after a run a drain waits for the task's Close, in milliseconds: a fetch of the output, and a second try. */
  drain_handover_ms: 120_000,
  /** How often a drain that is waited for looks whether anything is still in hand, in milliseconds. */
  drain_look_ms: 250,
  /** Default lease, in milliseconds. */
  lease_ms: 30_000,
  /**
   * How long at least a worker that has run a task goes on renewing its lease while its Result cannot be written, in
   * milliseconds: the Grant must have come to its conductor, and conductors that lost each other take up to a minute.
   */
  attest_patience_ms: 60_000,
  /** How often a worker renews its lease, as a divisor of the lease. */
  lease_renewals: 3,
  /**
   * Largest parts of an event that one daemon hands to another, in bytes: a Task may carry a payload of 64 KiB, sealed and
   * in base64, with the keys to it; an action names its author, its place and its entry.
   */
  event_entry_bytes_max: 128 * 1024,
  event_action_bytes_max: 1_024,
  event_signature_bytes: 64,
  /** For how long the DHT alone is asked for an event before its author is asked too, in milliseconds. */
  event_ask_after_ms: 250,
  /** How long a worker waits for a payload, which comes with the word of its Grant, before it asks for it, in milliseconds. */
  payload_ask_after_ms: 50,
  /** How long the first piece of a run that begins before its Grant may keep the write of its Task waiting, in milliseconds. */
  head_start_ms: 200,
  /** Events that are being handed to one peer, and to all, at a time: each costs the conductor a call. */
  events_handed_per_peer_max: 8,
  events_handed_max: 32,
  /** Payloads that are on their way to one grantee, and to all, at a time: each may have 1 MiB. */
  payloads_given_per_peer_max: 8,
  payloads_given_max: 64,
  /** Answers about tasks on their way to one peer, and to all: four times as many as one poster has tasks here. */
  answers_per_peer_max: 256,
  answers_max: 1_024,
  /** Events from one peer, and from all, that wait for another one that they name. */
  events_waiting_per_peer_max: 32,
  events_waiting_max: 512,
  /** Events that came from peers and that are remembered, to judge others by them. */
  events_by_message_max: 1_024,
  /** How long a worker may say nothing while it runs a task before it counts as silent, in milliseconds. */
  silence_ms: 5_000,
  /** How late the work loop's alarm must ring for this machine to have slept or stood still, in milliseconds. */
  stood_still_ms: 5_000,
  /** How often tasks that allow fallback are looked for, and how far back the first time, in milliseconds. */
  standby_list_ms: 10_000,
  standby_history_ms: 86_400_000,
  /** Tasks that are fetched in one listing, in all and of one poster: each may carry its payload. */
  standby_fetches_max: 128,
  standby_fetches_each_max: 32,
  /**
   * Tasks that one call names, no more than the zome gives; and calls for one bucket in one listing: all that one key can
   * post in an epoch, and more.
   */
  standby_page: 1_000,
  standby_pages_max: 4,
  /** Buckets that may fail before the rest of a listing is left for the next one. */
  standby_failures_max: 4,
  /** Listed tasks that are remembered, so that they are not fetched again. */
  standby_known_max: 20_000,
  /** How long each stand-in has before the next one's turn comes, in milliseconds. */
  standby_step_ms: 30_000,
  /** How wrong another machine's clock may be, in milliseconds. */
  clock_skew_ms: 600_000,
  /**
   * How long a poster that was off leaves a task to those that may have stood in for it, in milliseconds: they hear that it is
   * back, connect, and say what they did. Given away sooner, such a task is run twice.
   */
  stand_in_word_ms: 20_000,
  /** Default deadlines of a task, in milliseconds: to its first grant, of one run, and in all. */
  deadlines_ms: { queue: 600_000, run: 600_000, total: 3_600_000 },
  /** Attempts that a task gets by default. */
  attempts: 3,
  /** How often a peer says that it is there, in milliseconds. */
  presence_every_ms: 30_000,
  /** How often a machine that hears of no other looks for new cards, in milliseconds. */
  presence_look_ms: 2_000,
  /** Missed beats after which a peer counts as offline. */
  presence_missed_max: 3,
  /** Peers that a beat reaches by stream; those above it hear it by signal, because a node keeps so many connections. */
  presence_streams_max: 192,
  /**
   * The longest pause between two signals to a peer that no stream reaches and that does not answer, in beats. Each
   * signal to an address that is dead holds up the conductor until its connecting has timed out.
   */
  presence_signal_beats_max: 10,
  /** Shortest pause between two beats out of turn, and between two answers to one peer, in milliseconds. */
  presence_answer_ms: 1_000,
  /** How long the last beat may take when the daemon stops, in milliseconds. */
  presence_goodbye_ms: 1_000,
  /** Agents that one look may say hello to, because the network names them and no card of them is here. */
  strangers_max: 16,
  /** Cards kept that came from the machines themselves and not yet by the DHT. */
  introduced_cards_max: 1_024,
  /** Agents whose beats are kept. */
  presence_agents_max: 4_096,
  /** Peers whose addresses outlive a restart, and the shortest pause between two notes of them, in milliseconds. */
  addresses_kept_max: 256,
  addresses_write_ms: 1_000,
  /** How often a write is tried when others move the chain's head, and the longest first pause, in milliseconds. */
  head_moved_tries: 8,
  head_moved_pause_ms: 40,
  /** Deadline of one zome call, in milliseconds. */
  zome_call_ms: 30_000,
  /**
   * How long the writes of a chain wait for the one before them, in milliseconds: many times what one takes, and less than the
   * seconds for which a peer that has died holds up one that names what others wrote.
   */
  write_patience_ms: 1_000,
  /** Deadline of one message to a peer, in milliseconds. */
  message_send_ms: 10_000,
  /** Deadline of fetching an output, in milliseconds. */
  artifact_fetch_ms: 60_000,
  /**
   * Deadline of the conductor's first try to become ready, in milliseconds; each further try has twice the time. A start takes
   * some 60 ms of a core more for each task of the epochs that it holds, whoever posted it (docs/BENCHMARKS.md).
   */
  conductor_ready_ms: 120_000,
  /** How often a start of the conductor is tried before the daemon's own start fails. */
  conductor_starts_max: 3,
  /** After how long in which writes failed and none succeeded the conductor is started anew, in milliseconds. */
  writes_fail_ms: 60_000,
  /** How long the first write of a run waits for a peer that can be asked what it holds of the own chain, in milliseconds. */
  peers_view_ms: 5_000,
  /**
   * How long it waits for the words of the peers that have been asked, in milliseconds: a peer that has shown itself since the
   * start answers, and a busy machine takes seconds to read what it holds.
   */
  peer_word_ms: 15_000,
  /**
   * How long a peer's word alone stops writes, in milliseconds: gossip hands over within it what is truly there. Conductors were
   * seen to need 65 s to meet again; what a liar holds up is late, and a fork is for ever.
   */
  head_claim_ms: 300_000,
  /** How often a chain that is being checked, or that lacks actions, is looked at, in milliseconds. */
  head_look_ms: 500,
  /** After how long work that could not go on is told again that it may, in milliseconds. */
  hold_retry_ms: 2_000,
  /** Chains that one question or answer about heads may name, and peers that are asked in one run. */
  heads_named_max: 16,
  heads_asked_max: 8,
  /** How often it is looked whether another conductor uses this machine's key, in milliseconds. */
  twin_look_ms: 10_000,
  /** Shortest pause between two answers to one peer about its heads, in milliseconds. */
  heads_answer_ms: 2_000,
  /** Deadline for a chain to come back from the peers, in milliseconds. */
  restore_ms: 300_000,
  /** Deadline of one administrative call, in milliseconds: installing compiles the zomes, slowly on a busy machine. */
  conductor_admin_ms: 240_000,
  /** How long the conductor may take to stop before it is killed, in milliseconds. */
  conductor_stop_ms: 8_000,
  /**
   * Room on the disk with which a conductor that had none is started again, in bytes, and how often it is looked for, in
   * milliseconds: a start and some thousand actions take less.
   */
  conductor_room_bytes_min: 8 * 1024 * 1024,
  disk_look_ms: 1_000,
  /** Deadline for a bootstrap server to become ready, and to stop before it is killed, in milliseconds. */
  bootstrap_ready_ms: 15_000,
  bootstrap_stop_ms: 3_000,
  /** Largest log of a child, in bytes; one older part of the same size is kept. */
  log_bytes_max: 8 * 1024 * 1024,
  /** Connections that a forwarder keeps open at a time, all daemons of the network on this machine together. */
  forwarder_connections_max: 512,
  /** How long a request through the forwarder may be silent, in milliseconds; upgraded connections may be for ever. */
  forwarder_idle_ms: 30_000,
  /** Shortest and longest pause before a dead child is started again, in milliseconds. */
  restart_backoff_ms: { min: 500, max: 30_000 },
  /** Deadline for two peers of one machine to hear from each other, in milliseconds. */
  peer_seen_ms: 60_000,
  /** How long the daemon may take to stop, in milliseconds. */
  shutdown_ms: 20_000,
  /** Deadline of one hardware probe, in milliseconds. */
  hardware_probe_ms: 4_000,
  /** Port of the API on loopback, where none is named. */
  api_port_default: 4747,
  /**
   * Length of an epoch, for how long a task of it may be open, and the most actions of one key in it, where no network
   * file is at hand.
   */
  epoch_ms: 86_400_000,
  task_life_ms: 86_400_000,
  max_action_seq: 5_000,
  /** The share of a chain from which on it is said what it still takes, and how often that is looked at, in milliseconds. */
  chain_tight_share: 0.8,
  chain_look_ms: 10_000,
  /**
   * How long a worker keeps what it answered for a poster that is away, in milliseconds: a laptop that was closed before a
   * week's holiday finds it. Its epoch stays open here for as long, and its output pinned.
   */
  answer_life_ms: 10 * 86_400_000,
  /**
   * How long before its epoch begins a cell is opened, which is also how far clocks of a network may be apart, in
   * milliseconds; a quarter of the epoch where that is shorter.
   */
  epoch_ahead_ms: 600_000,
  /**
   * For how long after an epoch's end a machine that was not in it joins it to help with its open tasks, in
   * milliseconds: the default deadline of a task; half of the epoch where that is shorter.
   */
  epoch_overlap_ms: 3_600_000,
  /** How often a machine looks whether an epoch can be left, in milliseconds. */
  epoch_look_ms: 600_000,
  /** Longest sleep until an epoch is due, in milliseconds: the machine may sleep meanwhile. */
  epoch_step_ms: 5_000,
  /** How soon an epoch that could not be opened is tried again, in milliseconds. */
  epoch_retry_ms: 5_000,
  /** Longest configuration file, in bytes. */
  config_bytes_max: 64 * 1024,
  /** Task events that the daemon keeps for a stream that comes back: so many, and so many bytes of them. */
  events_kept_max: 2_000,
  events_kept_bytes_max: 4 * 1024 * 1024,
  /** Bytes that a slow reader of events may lag behind: more than all that are kept, which it is given at once. */
  event_stream_bytes_max: 8 * 1024 * 1024,
  /** Streams of events open at a time. */
  event_streams_max: 32,
  /** How often an idle stream of events says that it lives, in milliseconds. */
  event_ping_ms: 15_000,
  /** How long after a task's life and one lease more `task post --wait` still waits for its Close, in milliseconds. */
  task_close_ms: 120_000,
  /** Longest time that a timer of the platform waits, in milliseconds. */
  timer_ms_max: 2 ** 31 - 1,
  /** How long a post that lets others go on without this machine looks whether a peer holds it, and how often, in milliseconds. */
  held_look_ms: 2_000,
  held_ask_ms: 500,
  /** How long a client waits for a daemon's answer where the verb does not wait by design, in milliseconds. */
  client_call_ms: 60_000,
  /** A second signal within this time is the same Ctrl-C arriving twice, in milliseconds. */
  signal_settle_ms: 500,
  /** Deadline of one check of `doctor`, in milliseconds. */
  doctor_check_ms: 10_000,
  /** Connections to other machines that the libp2p node keeps. */
  peer_connections_max: 256,
  /** Of these, connections of peers that no card binds. */
  peer_strangers_max: 64,
  /** Connections to one peer at a time: where a link is slow, each message of a second would else dial one more. */
  peer_connections_each_max: 3,
  /** Connections to one machine's node that are being set up at a time. */
  peer_pending_max: 32,
  /** Connections that one address may open a second. */
  peer_connections_per_second_max: 32,
  /** Streams of one protocol that a peer may hold open to this machine. */
  peer_streams_max: 64,
  /** What a peer may send on a stream before it is told to go on, in bytes: one block without a pause. */
  peer_stream_window_bytes: 1024 * 1024,
  /** Messages on their way to or from one peer at a time; further ones to it wait, further ones from it are dropped. */
  messages_in_flight_max: 16,
  /** Messages that wait for their turn to one peer: two for each task that may be open. What is large is counted by itself. */
  messages_waiting_max: 2_048,
  /** Bytes of messages that are being received at a time, from all peers together. */
  messages_bytes_in_flight_max: 256 * 1024 * 1024,
  /** How long a peer may take to say that it has a message, before it goes over a new connection too, in milliseconds. */
  message_word_ms: 1_000,
  /** Deadline for a message by stream before the DHT's own transport is tried, in milliseconds. */
  message_stream_ms: 4_000,
  /** Largest piece of a message that passes through the conductor, in bytes. */
  message_chunk_bytes_max: 1_000_000,
  /** Messages from one agent that are being put together from pieces at a time. */
  message_assemblies_max: 4,
  /** Agents whose messages are being put together from pieces at a time. */
  message_assembling_agents_max: 64,
  /** Deadline for dialling a peer, in milliseconds. */
  peer_dial_ms: 3_000,
  /** Deadline of a short request to Kubo, in milliseconds. */
  kubo_call_ms: 10_000,
  /** How long Kubo may look for a block that it holds itself, in milliseconds. */
  kubo_local_ms: 2_000,
  /** How long a block that was asked for may stay out before its peers are asked again, in milliseconds. */
  artifact_ask_again_ms: 2_000,
  /** Pause in which bitswap forgets one request before it takes the next for the same block, in milliseconds. */
  artifact_ask_pause_ms: 100,
  /** Blocks of one artifact that are fetched at a time. */
  artifact_blocks_in_flight_max: 16,
  /** Tasks of past epochs that are listed where no number is named, and at most: each is read from the journal. */
  past_listed: 100,
  past_listed_max: 10_000,
  /** Newest tasks of a list whose prompts are read for it. */
  prompts_listed: 500,
  /** How often a receipt that could not be written is tried again, in milliseconds. */
  receipt_again_ms: 30_000,
  /** Largest receipt that is read, in bytes: payload and output at their bounds, and the events around them. */
  receipt_bytes_max: 32 * 1024 * 1024,
  /** Most bytes that a command reads from a file or standard input to send, in bytes: a request's, less base64. */
  stdin_bytes_max: 6 * 1024 * 1024 - 64 * 1024,
  /** Free disk and memory below which `doctor` warns, in MiB. */
  disk_free_mib_min: 1_024,
  memory_free_mib_min: 1_024,
} as const

/** How long a daemon may take to end in good order, its conductor included, in milliseconds. */
export const daemonStopMs = limits.shutdown_ms + limits.conductor_stop_ms
