/** Opens the webhooks of a daemon with its secrets and tasks. */
import type { Env } from '../../config/env.ts'
import type { Context } from '../../operations/context.ts'
import { openWebhooks } from '../../webhooks/open-webhooks.ts'
import { systemClock } from '../../work/context/clock.ts'
import { openSecrets } from './open-secrets.ts'
import type { Parts } from './parts.ts'

/** Begins to notify the configured webhooks. Disposing ends that. */
export function notifyWebhooks({ config, events, emit }: Parts, env: Env, context: Context): AsyncDisposable {
  const { agent, tasks } = context
  return openWebhooks({
    ...{ webhooks: config.webhooks, agent, events, emit, clock: systemClock },
    secrets: openSecrets(config.data, env).all,
    whyEnded: async (task) => (await tasks.why(task)).ended?.why ?? null,
  })
}
