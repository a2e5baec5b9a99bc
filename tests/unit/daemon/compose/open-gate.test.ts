/** Tests how the gate is opened. */
import { expect, test } from 'vitest'
import type { Config } from '../../../../host/config/config.ts'
import { policySection } from '../../../../host/config/policy.ts'
import type { OpenData } from '../../../../host/daemon/compose/open-data.ts'
import { openGate } from '../../../../host/daemon/compose/open-gate.ts'

test('a denied tool that does not exist is refused, because it would deny nothing', async () => {
  const policy = policySection.parse({ deny_calls: ['*@cursor', 'tool.call', 'task.post@cursor'] })
  const config = { file: 'config.yaml', policy } as Partial<Config> as Config
  await expect(openGate(config, {} as OpenData, 'local')).rejects.toMatchObject({
    code: 'RIPPLE_CONFIG_INVALID',
    facts: { detail: expect.stringContaining("no tool is called 'task.post@cursor'") },
  })
})
