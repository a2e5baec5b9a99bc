/** Tests that machines join a private network by an invite, are refused with the reason, and are revoked. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { dataPaths } from '../../host/config/paths.ts'
import { readPrivateNetwork, writePrivateNetwork } from '../../host/config/private-networks.ts'
import type { TaskView } from '../../host/operations/context.ts'
import type { Ready } from '../../host/operations/local.ts'
import { here, type Running, ripple, rippleJson, running } from '../harness/peer.ts'
import { staying } from '../harness/processes.ts'
import { until } from '../harness/until.ts'
import { WARM_MS, warmData } from '../harness/warm-data.ts'

/** Milliseconds within which connected members refuse a revoked one. */
const REVOKED_MS = 60_000
/** This machine, for daemons with a tag that tasks can ask for. */
const tagged = { ...here, env: { RIPPLE_TAGS: 'kin' } }

let folder = ''
let family = ''
let url = ''
let founder: Running<Ready>
let server: Running<{ url: string }>
let line = ''

const at = (name: string) => ['--data', join(folder, name)]
const fresh = async (name: string) => void (await warmData(folder, name))
const peersOf = async (name: string) =>
  (await rippleJson<{ peers: { agent: string; name: string; state: string }[] }>(here, 'peers', ...at(name)))
    .peers
/** Posts a task that only a tagged machine can run, and returns it once it is closed. */
async function post(name: string, ...words: string[]): Promise<TaskView> {
  const asked = ['--prompt', 'Say yes.', '--max-tokens', '4', '--tag', 'kin', ...words]
  return JSON.parse((await ripple(here, 'task', 'post', ...asked, '--wait', '--json', ...at(name))).stdout)
}
const add = async (name: string, file: string) =>
  (await rippleJson<{ cid: string }>(here, 'artifact', 'add', file, ...at(name))).cid
const get = (name: string, cid: string, timeout: string) =>
  ripple(here, 'artifact', 'get', cid, '--timeout', timeout, ...at(name))

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ripple-invite-'))
  server = await running(here, 'relay', '--listen', '127.0.0.1:0', ...at('server'))
  await fresh('ann')
  family = (await rippleJson<{ name: string }>(here, 'network', 'create', 'family', ...at('ann'))).name
  url = `${server.ready.url.split('#')[0]}#${family}`
  founder = await running(tagged, 'up', '--bootstrap', url, '--name', 'ann', '--port', '0', ...at('ann'))
}, WARM_MS)
afterAll(async () => {
  for (const name of ['bob', 'carl']) await ripple(here, 'down', ...at(name))
  await founder?.end('SIGINT')
  await server?.end('SIGINT')
  expect(await staying(folder)).toEqual([])
  await rm(folder, { recursive: true, force: true })
})

describe('a private network', () => {
  test(
    'a machine joins by a line, and ends with the number of its peers',
    async () => {
      const made = await rippleJson<{ line: string; private: boolean }>(
        here,
        'invite',
        '--once',
        ...at('ann'),
      )
      expect(made.private).toBe(true)
      line = made.line
      await fresh('bob')
      const joined = await ripple(here, 'join', line, '--name', 'bob', '--port', '0', ...at('bob'))
      expect([joined.stdout, joined.code]).toEqual(['connected to 1 peer\n', 0])
      const show = await rippleJson<{ role: string }>(here, 'network', 'show', ...at('bob'))
      expect(show.role).toBe('member')
    },
    WARM_MS,
  )

  test(
    'a used invite is refused with the reason, and leaves no network',
    async () => {
      await fresh('eve')
      const refused = await ripple(here, 'join', line, '--port', '0', ...at('eve'))
      expect(refused.code).toBe(4)
      expect(refused.stderr).toContain('another machine has joined with it already')
      expect(await readdir(dataPaths(join(folder, 'eve')).privateNetworks)).toEqual([])
    },
    WARM_MS,
  )

  test(
    'a stranger with hApp, seed and founder, but without a proof, is refused with the reason',
    async () => {
      await fresh('dan')
      const known = await readPrivateNetwork(join(folder, 'bob'), family)
      if (known === null) throw new Error('bob is not a member')
      const none = { ...known, proof: null, invite: null, delegation: null }
      await writePrivateNetwork(join(folder, 'dan'), none)
      const up = await ripple(here, 'up', '--bootstrap', url, '--port', '0', ...at('dan'))
      expect([up.code, up.stderr]).toEqual([4, expect.stringContaining('RIPPLE_NOT_MEMBER')])
      // The proof of another agent does not help.
      await writePrivateNetwork(join(folder, 'dan'), { ...known, invite: null })
      const thief = await ripple(here, 'up', '--bootstrap', url, '--port', '0', ...at('dan'))
      expect([thief.code, thief.stderr]).toEqual([4, expect.stringContaining('RIPPLE_NOT_MEMBER')])
    },
    WARM_MS,
  )

  test(
    'a revoked member is refused by the other members within a minute',
    async () => {
      const made = await rippleJson<{ line: string }>(here, 'invite', ...at('ann'))
      await fresh('carl')
      const joined = await ripple(tagged, 'join', made.line, '--name', 'carl', '--port', '0', ...at('carl'))
      expect(joined.stdout).toMatch(/^connected to [12] peers?\n$/)
      const sees = (who: string, whom: string) => async () =>
        (await peersOf(who)).some(({ name }) => name === whom)
      await until("carl has bob's card", sees('carl', 'bob'))
      const bob = (await peersOf('bob')).find(({ name }) => name === 'bob')?.agent
      expect(await post('bob')).toMatchObject({ state: 'accepted', poster: bob })
      expect((await get('bob', await add('carl', 'README.md'), '30s')).code).toBe(0)
      await rippleJson(here, 'network', 'revoke', 'bob', ...at('ann'))
      expect((await peersOf('ann')).map(({ name }) => name).sort()).toEqual(['ann', 'carl'])
      await until('carl refuses bob', async () => !(await sees('carl', 'bob')()), REVOKED_MS)
      expect((await peersOf('carl')).map(({ name }) => name).sort()).toEqual(['ann', 'carl'])
      const refused = await post('bob', '--force', '--timeout', '15s')
      expect(refused).toMatchObject({ state: 'expired', worker: null, attempts: [], claims: [] })
      const [ofAnn, ofBob] = await Promise.all([add('ann', 'package.json'), add('bob', 'tsconfig.json')])
      const gets = await Promise.all([
        get('bob', ofAnn, '10s'),
        get('carl', ofBob, '10s'),
        get('ann', ofBob, '10s'),
      ])
      for (const { stderr } of gets) expect(stderr).toContain('RIPPLE_ARTIFACT_UNAVAILABLE')
      expect((await get('carl', ofAnn, '30s')).code).toBe(0)
      for (const name of ['ann', 'carl']) {
        const log = await readFile(dataPaths(join(folder, name)).log, 'utf8')
        expect(log).toContain(`"agent":"${bob}","reason":"its membership was revoked"`)
      }
    },
    2 * WARM_MS,
  )
})

test.each<[string, string, number, RegExp]>([
  ['a cut line', 'cut', 2, /RIPPLE_INVITE_INVALID/],
  ['an expired invite', 'late', 4, /RIPPLE_INVITE_EXPIRED/],
])('%s is refused before anything is written', async (_what, kind, code, why) => {
  const made = await rippleJson<{ line: string; expires_at: number }>(
    here,
    'invite',
    '--expires',
    '1s',
    ...at('ann'),
  )
  const given = kind === 'cut' ? made.line.slice(0, -5) : made.line
  await until('the invite has expired', async () => Date.now() > made.expires_at)
  const refused = await ripple(here, 'join', given, '--data', join(folder, `new-${kind}`))
  expect([refused.code, refused.stderr]).toEqual([code, expect.stringMatching(why)])
  expect(await readdir(folder)).not.toContain(`new-${kind}`)
})
