/** Opens the daemon's ensemble with its policies and key. */
import type { DataPaths } from '../../config/paths.ts'
import { peerSigner } from '../../ensemble/cards/sign-card.ts'
import { type Ensemble, openEnsemble } from '../../ensemble/ensemble.ts'
import { loadPolicies } from '../../ensemble/members/load-policy.ts'
import { policyWarnings } from '../../ensemble/members/policy.ts'
import type { CloudMembers } from '../../ensemble/members/types.ts'
import { canChat } from '../../models/can-chat.ts'
import type { ModelStore } from '../../models/store.ts'
import { openPeerKey } from '../../net/peer-key.ts'
import { isOnline } from '../../peers/presence.ts'
import type { Emit } from '../../telemetry/events.ts'
import type { SharedInference } from '../../types/answer.ts'
import type { Clock, Random } from '../../types/clock.ts'
import type { Gate } from '../../types/decision.ts'
import type { AgentKey } from '../../types/events.ts'
import type { Peer } from '../../types/peer.ts'

/** Parts of the daemon that the ensemble uses. */
export interface OpenEnsembleNeeds {
  readonly agent: AgentKey
  readonly paths: DataPaths
  readonly inference: SharedInference
  readonly gate: Gate
  /** Null if no provider is configured. */
  readonly cloud: CloudMembers | null
  /** The network's short name: on `local` no provider votes. */
  readonly network: string
  /** The models of this machine. */
  readonly models: Pick<ModelStore, 'present'>
  /** Lists all known peers, self included. */
  peers(): readonly Peer[]
  readonly clock: Clock
  readonly random: Random
  readonly emit: Emit
}

/** Opens the ensemble with the shipped policy and the machine's own key. Rejects with `RIPPLE_CONFIG_INVALID`. */
export async function openDaemonEnsemble(needs: OpenEnsembleNeeds): Promise<Ensemble> {
  const { agent, paths, inference, gate, clock, random, emit } = needs
  const policies = loadPolicies()
  for (const detail of [policies.main, ...policies.others].flatMap(policyWarnings))
    emit({ type: 'policy_warned', detail })
  return openEnsemble({
    agent,
    inference,
    gate,
    canChat: (model) => canChat(model, needs.models.present()),
    peers: () => needs.peers().filter((peer) => isOnline(peer, clock.now())),
    cloud: needs.network === 'local' ? null : needs.cloud,
    now: () => clock.now(),
    sleep: (ms, signal) => clock.sleep(ms, signal),
    policies,
    signer: peerSigner(await openPeerKey(paths.peerKey), agent),
    random,
    folder: paths.ensemble,
    tell: (task_key, text) => emit({ type: 'task_note', task_key, text }),
  })
}
