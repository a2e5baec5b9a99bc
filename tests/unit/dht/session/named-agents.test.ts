import { describe, expect, test } from 'vitest'
import { isElsewhere, readAgentInfo } from '../../../../host/dht/session/named-agents.ts'

const agent = 'uhCAkBhu9NvBpO9igBN98jIeVN_MWpL-g5tuu1nMdc06DjkPcBOzZ'
const now = 1_795_275_487_520

/** Makes the admin interface's answer about one agent, with these fields changed. */
function infoWith(changed: Record<string, unknown>): string {
  const info = {
    agent: 'Bhu9NvBpO9igBN98jIeVN_MWpL-g5tuu1nMdc06DjkM',
    space: 'FMvfQwlgdqMHKSIybqaeOqrYgRSh5I8JLsAJ5YZS_UM',
    createdAt: '1795275487520317',
    expiresAt: '1795276687520317',
    isTombstone: false,
    url: 'http://127.0.0.1:27522/cfa665cff2d9b8f48e6766b55e33a428',
    storageArc: null,
    ...changed,
  }
  return JSON.stringify({ agentInfo: JSON.stringify(info), signature: 'UURt' })
}

describe('readAgentInfo', () => {
  test("an agent info gives the agent's key with prefix and location", () => {
    expect(readAgentInfo(infoWith({}), now)).toBe(agent)
  })

  test.each([
    ['has left', infoWith({ isTombstone: true })],
    ['has expired', infoWith({ expiresAt: String(now * 1000) })],
    ['is not a key', infoWith({ agent: 'short' })],
    ['is not JSON', 'agent'],
    ['is another document', '{"agentInfo":7}'],
  ])('an agent info that %s gives no key', (_what, text) => {
    expect(readAgentInfo(text, now)).toBeNull()
  })
})

describe('isElsewhere', () => {
  const own = 'http://127.0.0.1:27522/cfa665cff2d9b8f48e6766b55e33a428'
  const begun = now - 60_000
  const other = { url: 'http://127.0.0.1:27522/elsewhere' }
  const before = { createdAt: String((begun - 1) * 1000) }

  test.each([
    ['this conductor', [infoWith({})], false],
    ['another one', [infoWith({}), infoWith(other)], true],
    ['an earlier run of this one', [infoWith({ ...other, ...before })], false],
    ['one that has left', [infoWith({ ...other, isTombstone: true })], false],
    ['another agent', [infoWith({ ...other, agent: 'A'.repeat(43) })], false],
  ])('`isElsewhere` recognises %s', (_what, infos, is) => {
    expect(isElsewhere(infos, agent, [own], begun)).toBe(is)
  })
})
