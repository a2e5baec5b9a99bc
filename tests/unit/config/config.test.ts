import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { resolveConfig, unknownVariables } from '../../../host/config/config.ts'
import { readEnv } from '../../../host/config/env.ts'
import { userPaths } from '../../../host/config/paths.ts'
import type { ConfigLayer } from '../../../host/config/settings.ts'
import { RippleError } from '../../../host/errors/ripple-error.ts'

let folder: string
let file: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ripple-config-'))
  file = join(folder, 'config.yaml')
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const env = (more: Record<string, string> = {}) => readEnv({ HOME: folder, ...more })
const withFile = (text: string | Buffer, more: Record<string, string> = {}, flags: ConfigLayer = {}) => {
  writeFileSync(file, text)
  return resolveConfig(env({ RIPPLE_CONFIG: file, ...more }), flags)
}

function refusal(act: () => unknown): string {
  try {
    act()
  } catch (thrown) {
    if (thrown instanceof RippleError) return `${thrown.code} ${thrown.message}`
    throw thrown
  }
  return 'no refusal'
}

describe('resolveConfig', () => {
  it('every setting has a default', () => {
    expect(resolveConfig(env(), {}, 'linux')).toMatchObject({
      network: 'local',
      data: join(folder, '.local/share/ripple'),
      cache: join(folder, '.cache/ripple'),
      bootstrap_url: null,
      api: { port: 4747 },
      artifacts: { kubo_url: null },
    })
  })

  it('every setting has an origin: the layer that wins, or the default', () => {
    const text =
      'name: attic\nshare:\n  cores: 2\n  on_battery: true\nupstream:\n  budget: { tokens_per_day: 5 }\n'
    const more = { RIPPLE_SHARE_CORES: '3', RIPPLE_LOG_LEVEL: 'warn' }
    const { origins } = withFile(text, more, { log: { level: 'debug' } })
    expect(origins).toEqual({
      'log.level': 'command line',
      'share.cores': 'environment',
      name: 'file',
      'share.on_battery': 'file',
      upstream: 'file',
    })
  })

  it("Ollama's API is off at its usual port, and its callers are chosen by name", () => {
    expect(resolveConfig(env(), {}).api).toMatchObject({ ollama: 'off', ollama_port: 11_434 })
    const set = { RIPPLE_API_OLLAMA: 'key', RIPPLE_API_OLLAMA_PORT: '0' }
    expect(withFile('api: { ollama: open }\n', set).api).toMatchObject({ ollama: 'key', ollama_port: 0 })
    expect(withFile('api: { ollama: open }\n').api.ollama).toBe('open')
    expect(refusal(() => withFile('api: { ollama: yes }\n'))).toMatch(/api\.ollama/)
  })

  it('`api.hosts` and `api.origins` take plain names and no patterns', () => {
    const text = 'api:\n  hosts: [Host.docker.internal, "ripple.lan:8080"]\n'
    const more = { RIPPLE_API_ORIGINS: 'app://obsidian.md,http://localhost:3000' }
    expect(withFile(text, more).api).toMatchObject({
      port: 4747,
      hosts: ['host.docker.internal', 'ripple.lan:8080'],
      origins: ['app://obsidian.md', 'http://localhost:3000'],
    })
    expect(resolveConfig(env(), {}).api).toMatchObject({ hosts: [], origins: [] })
    for (const host of ['*', 'http://a', 'a/b', 'a b', '', ':80'])
      expect(refusal(() => resolveConfig(env(), { api: { hosts: [host] } }))).toMatch(
        /api\.hosts.*not a host/,
      )
    for (const origin of ['*', 'null', 'https://a/', 'https://*.a', 'obsidian.md', 'https://u@a'])
      expect(refusal(() => resolveConfig(env(), { api: { origins: [origin] } }))).toMatch(
        /api\.origins.*not an origin/,
      )
  })

  it('each policy setting is taken by itself', () => {
    const key = `uhCAk${'a'.repeat(48)}`
    const text = `policy:\n  deny_posters: [${key}]\n  max_tokens: 256\n  allow_models: null\n`
    const { policy } = withFile(text, { RIPPLE_POLICY_MAX_TOKENS: '128', RIPPLE_POLICY_DENY_TOOLS: 'true' })
    expect(policy).toEqual({
      deny_posters: [key],
      allow_posters: null,
      deny_models: [],
      allow_models: null,
      max_tokens: 128,
      deny_tools: true,
      deny_calls: [],
      deny_public: false,
    })
    const denied = { RIPPLE_POLICY_DENY_CALLS: 'tool.call,model.pull@cursor,*@visitor' }
    expect(withFile('', denied).policy.deny_calls).toEqual(['tool.call', 'model.pull@cursor', '*@visitor'])
    expect(refusal(() => withFile('policy:\n  deny_calls: ["*"]\n'))).toMatch(/not a tool, tool@caller/)
    expect(refusal(() => withFile('policy:\n  deny_posters: [alice]\n'))).toMatch(
      /RIPPLE_CONFIG_INVALID.*agent's key/,
    )
  })

  it('share settings come from the file and the environment alike', () => {
    const { share } = withFile('share:\n  cores: 2\n  hours: ["22:00-06:00"]\n  on_battery: true\n', {
      RIPPLE_SHARE_MEMORY_MIB: '4096',
      RIPPLE_SHARE_PAUSE_WHEN_USED: 'true',
    })
    const given = { cores: 2, memory_mib: 4_096, hours: ['22:00-06:00'], on_battery: true }
    expect(share).toEqual({ models: true, offers: true, pause_when_used: true, ...given })
    expect(refusal(() => withFile('share:\n  hours: ["22-6"]\n'))).toContain('not hours such as 22:00-06:00')
  })

  it('flags win over the environment, and the environment over the file', () => {
    const text = 'name: file\nmodel: file\nregion: file-1\napi:\n  port: 1000\n'
    const config = withFile(
      text,
      { RIPPLE_NAME: 'env', RIPPLE_REGION: 'env-1', RIPPLE_API_PORT: '2000' },
      { api: { port: 3000 } },
    )
    expect([config.model, config.name, config.region, config.api.port]).toEqual([
      'file',
      'env',
      'env-1',
      3000,
    ])
  })

  it('tags are a list without repeats, separated by commas in the environment', () => {
    expect(withFile('tags: [rack:2, trusted]\n').tags).toEqual(['rack:2', 'trusted'])
    expect(resolveConfig(env({ RIPPLE_TAGS: 'trusted, rack:2,trusted' })).tags).toEqual(['trusted', 'rack:2'])
    expect(resolveConfig(env()).tags).toEqual([])
  })

  it.each([{}, { HOME: '' }])("the user's folder is found without HOME: %j", (source) => {
    expect(readEnv(source).home).toBe(userInfo().homedir)
  })

  it.each(['x'.repeat(65), 'ü'.repeat(33)])('a name too long for a card is refused', (name) => {
    expect(refusal(() => withFile(`name: ${name}\n`))).toContain('RIPPLE_CONFIG_INVALID')
    expect(withFile(`name: ${name.slice(1)}\n`).name).toBe(name.slice(1))
  })

  it('settings of one section from several variables are merged', () => {
    const config = resolveConfig(env({ RIPPLE_NET_PORT: '5', RIPPLE_NET_MDNS: 'false' }))
    expect(config.net).toMatchObject({ port: 5, mdns: false })
  })

  it('the data folder is made absolute', () => {
    expect(resolveConfig(env({ RIPPLE_DATA: 'here' })).data).toBe(join(process.cwd(), 'here'))
  })

  it.each([
    ['an unknown field', 'nmae: x\n', 1, "unknown field 'nmae'"],
    ['an unknown field of a section', '# a\napi:\n  prot: 1\n', 3, "unknown field 'api.prot'"],
    ['a wrong type', 'name: x\napi:\n  port: many\n', 3, "'api.port'"],
    ['a tag with spaces', 'tags: [ok, not ok]\n', 1, "'tags.1'"],
    ['a tag that says what only the machine knows', 'tags: [gpu:true]\n', 1, 'sets itself'],
    ['a region with spaces', 'region: eu central\n', 1, "'region'"],
    ['a negative port', 'api:\n  port: -1\n', 2, "'api.port'"],
    ['a huge port', 'api:\n  port: 70000\n', 2, "'api.port'"],
    ['half a port', 'api:\n  port: 1.5\n', 2, "'api.port'"],
    ['a section that is a text', 'api: 4747\n', 1, "'api'"],
    ['an empty name', "name: '  '\n", 1, "'name'"],
    ['a name that forges a line', 'name: "bob\\nuhCAk online"\n', 1, "'name'"],
    ['a name that drives a terminal', 'name: "\\e[2J"\n', 1, "'name'"],
    ['a name that turns the reading direction round', 'name: "\\u202Ebob"\n', 1, "'name'"],
    ['a URL of another kind', 'bootstrap_url: ftp://a\n', 1, "'bootstrap_url'"],
    ['a key twice', 'name: a\nname: b\n', 2, 'unique'],
    [
      'several documents',
      'name: a\n---\nname: b\n',
      2,
      "a second document begins here: remove the line '---'",
    ],
    ['broken YAML', 'name: a\nb: [\n', 3, ''],
    ['a list', '- a\n', 1, ''],
    ['__proto__', '__proto__:\n  port: 1\n', 1, ''],
    ['a level that does not exist', 'log:\n  level: loud\n', 2, "'log.level'"],
  ])('a configuration file with %s is refused with the line', (_what, text, line, words) => {
    const said = refusal(() => withFile(text))
    expect(said).toContain(`RIPPLE_CONFIG_INVALID ${file}:${line}: `)
    expect(said).toContain(words)
  })

  it('a configuration file that is not UTF-8, too large or missing is refused', () => {
    expect(refusal(() => withFile(Buffer.from([0x6e, 0xff, 0xfe])))).toContain('not UTF-8')
    expect(refusal(() => withFile(`# ${'x'.repeat(70_000)}`))).toContain('larger than')
    expect(refusal(() => resolveConfig(env({ RIPPLE_CONFIG: join(folder, 'none') })))).toContain(
      'RIPPLE_CONFIG_INVALID',
    )
  })

  it('a configuration file with exploding aliases is refused', () => {
    const bomb = Array.from(
      { length: 12 },
      (_, i) => `a${i}: &a${i} [${i === 0 ? 'x' : `*a${i - 1},`.repeat(9)}]`,
    )
    expect(refusal(() => withFile(bomb.join('\n')))).toContain('RIPPLE_CONFIG_INVALID')
  })

  it.each([
    ['RIPPLE_API_PORT', 'abc'],
    ['RIPPLE_API_PORT', '-1'],
    ['RIPPLE_API_PORT', '99999999999'],
    ['RIPPLE_NET_MDNS', 'maybe'],
    ['RIPPLE_NETWORK', '../etc'],
    ['RIPPLE_BOOTSTRAP_URL', 'nowhere'],
  ])('the variable of a bad value is named: %s=%s', (name, value) => {
    expect(refusal(() => resolveConfig(env({ [name]: value })))).toContain(`RIPPLE_CONFIG_INVALID ${name}: `)
  })
})

describe('the environment', () => {
  it('an unknown variable is reported', () => {
    expect(unknownVariables(env({ RIPPLE_DATA: 'a', RIPPLE_DTAA: 'b', RIPPLE_CONFIG: 'c' }))).toEqual([
      'RIPPLE_DTAA',
    ])
  })

  it("relative XDG folders are ignored in favour of the platform's", () => {
    const given = readEnv({ HOME: '/h', XDG_DATA_HOME: 'rel', XDG_CACHE_HOME: '/c' })
    expect(userPaths(given, 'linux').data).toBe('/h/.local/share/ripple')
    expect(userPaths(given, 'linux').cache).toBe('/c/ripple')
    expect(userPaths(given, 'darwin').data).toBe('/h/Library/Application Support/ripple')
  })
})
