/** Defines the verbs `up`, `down` and `bootstrap`. */
import { z } from 'zod'
import { type ConfigLayer, settingsSchema } from '../config/settings.ts'
import { RippleError } from '../errors/ripple-error.ts'
import { daemonStopMs } from '../limits.ts'
import { typedHere } from './command-name.ts'
import { fields } from './layout.ts'
import type { Local, Ready } from './local.ts'
import { readyView } from './local-views.ts'
import type { Screen } from './present.ts'
import { joinNotes } from './text.ts'
import { operation } from './whole.ts'

const { network, name, bootstrap_url } = settingsSchema.shape

const upInput = z.strictObject({
  network: network.unwrap().optional(),
  name: name.unwrap().optional(),
  bootstrap: bootstrap_url.unwrap().optional(),
  new: z.boolean().default(false),
  port: z.number().int().min(0).max(65_535).optional(),
  detach: z.boolean().default(false),
})

/** Starts the daemon. */
export const up = operation<Local, typeof upInput, typeof readyView>({
  name: 'up',
  effect: 'write',
  summary: 'Start the daemon, in the foreground unless --detach',
  examples: [
    'ripple up',
    'ripple up --network local --data ~/second-peer --port 4748 --detach',
    "ripple up --bootstrap 'http://192.168.1.20:41000#k3v9'",
    'ripple up --new',
  ],
  input: upInput,
  output: readyView,
  doing: 'starting the daemon',
  cli: {
    network: { as: '--network <NAME>', about: 'local, testnet or mainnet' },
    name: { as: '--name <NAME>', about: "this machine's name, as peers see it" },
    bootstrap: { as: '--bootstrap <URL>', about: 'join the network of this bootstrap server' },
    new: { as: '--new', about: 'leave the network of the last run and found one', kind: 'boolean' },
    port: { as: '--port <PORT>', about: 'port of the API on loopback; 0 takes any', kind: 'number' },
    detach: {
      as: '--detach',
      about: 'return when the daemon is ready, and leave it running',
      kind: 'boolean',
    },
  },
  run: async (local, given, signal) => {
    if (given.new && given.bootstrap !== undefined)
      throw new RippleError('RIPPLE_USAGE', { detail: '--new founds a network, and --bootstrap joins one' })
    const flags = layerOf(given)
    // A failure here is ignored: the start itself finds a daemon that does not answer.
    const running = await local.running(signal).catch(() => null)
    if (running !== null) return { ...running, same_network: isOn(running, given.bootstrap) }
    if (given.detach) return local.detach(flags, signal)
    const daemon = await local.serve(local.configure(flags), signal)
    local.hold(daemon.ended)
    return daemon.ready
  },
  render: (ready, screen) => ({ lines: readyLines(ready, screen), notes: readyNotes(ready, screen) }),
})

/**
 * Returns whether a daemon is on the network that a URL names; null if none is named. A session has one secret, but its
 * server may have several addresses.
 */
function isOn({ server, join }: Ready, asked: string | null | undefined): boolean | null {
  if (asked == null) return null
  const here = new URL(/https?:[^']+/.exec(join ?? '')?.[0] ?? server)
  const wanted = new URL(asked)
  return here.hash === wanted.hash && (here.hash !== '' || here.href === wanted.href)
}

function layerOf(given: z.output<typeof upInput>): ConfigLayer {
  return {
    ...(given.network === undefined ? {} : { network: given.network }),
    ...(given.name === undefined ? {} : { name: given.name }),
    ...(given.bootstrap === undefined ? {} : { bootstrap_url: given.bootstrap }),
    ...(given.new ? { bootstrap_url: null } : {}),
    ...(given.port === undefined ? {} : { api: { port: given.port } }),
  }
}

function readyLines(ready: Ready, screen: Screen): string[] {
  return fields(
    [
      ['agent', ready.agent],
      ['network', networkText(ready)],
      ['data', ready.data],
      ['api', ready.api.url],
      ['token', ready.api.token_file],
      ['key for /v1', ready.api.key_file],
    ],
    screen,
  )
}

function networkText({ network, server, joined }: Ready): string {
  const how = {
    named: `joined at ${server}`,
    last: `the one of the last run, at ${server} (--new or --bootstrap for another)`,
    new: `a new one, at ${server}`,
  }
  return `${network}: ${how[joined]}`
}

function runningText({ same_network: sameNetwork, data }: Ready): string {
  if (sameNetwork === null) return '; other settings count from its next start'
  if (sameNetwork) return ', on the network of that URL: nothing is left to do'
  return `, on another network: to join that one, run 'ripple down --data ${data}', then this command again`
}

function readyNotes(ready: Ready, { command }: Screen): string[] {
  const { pid, join, data, already } = ready
  // A daemon in a process of its own does not receive Ctrl-C from the terminal.
  const stop = pid === process.pid ? 'Ctrl-C' : `'ripple down --data ${data}'`
  const before = already ? [`already running, pid ${pid}${runningText(ready)}`] : []
  return [...before, ...(join === null ? [] : joinNotes(typedHere(join, command()))), `stop it with ${stop}`]
}

const nothing = z.strictObject({})
const downOutput = z.strictObject({
  pid: z.number().int().nullable().describe('null where none ran'),
  stopped: z.boolean(),
})
const stopping = z.object({ pid: z.number().int() })

/** Stops the daemon and waits until its process has gone. */
export const down = operation<Local, typeof nothing, typeof downOutput>({
  name: 'down',
  effect: 'destroy',
  summary: 'Stop the daemon and wait until it has gone',
  examples: ['ripple down', 'ripple down --data ~/second-peer'],
  input: nothing,
  output: downOutput,
  cli: {},
  doing: 'stopping the daemon',
  run: async (local, _given, signal) => {
    if ((await local.pid()) === null) return { pid: null, stopped: false }
    const { pid } = stopping.parse(await local.call('down', {}, signal))
    if (!(await local.gone(pid, daemonStopMs, signal)))
      throw new RippleError('RIPPLE_TIMEOUT', { what: 'the stop', ms: daemonStopMs })
    return { pid, stopped: true }
  },
  render: ({ pid }) => ({
    lines: [pid === null ? 'no daemon runs on this folder' : `daemon ${pid} has stopped`],
  }),
})

const bootstrapInput = z.strictObject({
  listen: z.string().min(1).default('127.0.0.1:0'),
  new: z.boolean().default(false),
})
const bootstrapOutput = z.strictObject({ url: z.string(), join: z.string() })

/** Runs a bootstrap server for other machines to join. */
export const bootstrap = operation<Local, typeof bootstrapInput, typeof bootstrapOutput>({
  name: 'bootstrap',
  effect: 'write',
  summary: 'Run a bootstrap server in the foreground and print the line that joins it',
  examples: ['ripple bootstrap --listen 192.168.1.20:41000'],
  input: bootstrapInput,
  output: bootstrapOutput,
  cli: {
    listen: {
      as: '--listen <IP:PORT>',
      about: 'where to listen, the same as before with the same URL; port 0 takes any',
    },
    new: { as: '--new', about: 'begin another network, with another URL', kind: 'boolean' },
  },
  run: async (local, given, signal) => {
    const server = await local.bootstrap(given.listen, given.new, signal)
    local.hold(server.ended)
    return { url: server.ready.url, join: `ripple up --bootstrap '${server.ready.url}'` }
  },
  render: (given, { command }) => ({
    lines: [typedHere(given.join, command())],
    notes: ['the bootstrap server runs until Ctrl-C'],
  }),
})
