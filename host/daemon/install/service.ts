/** Installs, removes and shows the service that runs the daemon for this user. */
import { mkdir, readFile, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Env } from '../../config/env.ts'
import { dataPaths } from '../../config/paths.ts'
import { RippleError } from '../../errors/ripple-error.ts'
import { writeAtomic } from '../../files/write-atomic.ts'
import type { ServiceView } from '../../operations/context.ts'
import type { LocalService } from '../../operations/local.ts'
import { ownNode } from '../../setup/paths.mjs'
import { versions } from '../../setup/versions.mjs'
import { locateProgram, type Program } from '../machine/programs.ts'
import { SERVICE_MARK, type ServiceCommand } from './service-file.ts'
import { manage, type ServiceManager, serviceManager } from './service-manager.ts'

/** The parts of a user's machine that a service needs. */
export interface ServiceNeeds {
  readonly env: Env
  /** The data folder of the daemon that the service runs. */
  readonly data: string
  readonly cache: string
  readonly platform: NodeJS.Platform
  /** Returns the pid of the daemon that runs on the data folder; null if none does. */
  readonly daemonPid: () => Promise<number | null>
}

/** Variables that are no settings of a daemon, or that its arguments name. */
const notForService = ['RIPPLE_DATA', 'RIPPLE_FAILPOINT', 'RIPPLE_TOOLS_FROM']

/** The search path of a service, after the folders of the conductor and the bootstrap server. */
const SYSTEM_PATH = ['/usr/local/bin', '/usr/bin', '/bin']

/** Opens the service of this user. Nothing is read or written before its verbs run. */
export function openService(needs: ServiceNeeds): LocalService {
  const manager = serviceManager(needs.env, needs.platform)
  return {
    install: (print, signal) => install(manager, needs, print, signal),
    uninstall: (signal) => uninstall(manager, signal),
    status: (signal) => viewOf(manager, signal),
  }
}

async function install(manager: ServiceManager, needs: ServiceNeeds, print: boolean, signal: AbortSignal) {
  const { file } = manager
  const command = await commandOf(needs, signal)
  const planned = {
    content: manager.textOf(command),
    commands: manager.starting.map(({ words }) => words.join(' ')),
  }
  if (print) return { ...planned, file, service: null }
  const isOurs = await isInstalled(file)
  const { pid } = await manager.state(signal)
  const running = await needs.daemonPid()
  if (running !== null && running !== pid) throw new RippleError('RIPPLE_DATA_IN_USE', { data: needs.data })
  await mkdir(dirname(file), { recursive: true })
  await mkdir(dirname(command.log), { recursive: true, mode: 0o700 })
  await writeAtomic(file, planned.content)
  try {
    for (const one of manager.starting) await manage(one, signal)
  } catch (thrown) {
    if (!isOurs) await uninstall(manager, signal).catch(() => {})
    throw thrown
  }
  return { ...planned, file, service: await viewOf(manager, signal) }
}

async function uninstall(manager: ServiceManager, signal: AbortSignal) {
  const { file } = manager
  if (!(await isInstalled(file))) return { file, removed: false }
  for (const one of manager.ending) await manage(one, signal)
  await rm(file)
  for (const one of manager.forgetting) await manage(one, signal)
  return { file, removed: true }
}

async function viewOf(manager: ServiceManager, signal: AbortSignal): Promise<ServiceView> {
  const { file } = manager
  if (!(await isInstalled(file)))
    return { file, installed: false, active: null, enabled: false, pid: null, lingers: null }
  return {
    file,
    installed: true,
    ...(await manager.state(signal)),
    lingers: await manager.lingers(signal),
  }
}

/** Whether our file is there. Rejects with `RIPPLE_SERVICE_FOREIGN` if somebody else wrote it. */
async function isInstalled(file: string): Promise<boolean> {
  const text = await readFile(file, 'utf8').catch((thrown: NodeJS.ErrnoException) => {
    if (thrown.code === 'ENOENT') return null
    throw thrown
  })
  if (text !== null && !text.includes(SERVICE_MARK)) throw new RippleError('RIPPLE_SERVICE_FOREIGN', { file })
  return text !== null
}

/**
 * Returns the command of the service. The service does not see the user's shell, so the command names what this shell knows:
 * the data folder, the XDG folders, the settings, and the folders of the programs that set-up did not build.
 */
async function commandOf(needs: ServiceNeeds, signal: AbortSignal): Promise<ServiceCommand> {
  const { env, data, cache } = needs
  const found = await Promise.all(
    (Object.keys(versions) as Program[]).map((name) => locateProgram(name, env, cache, signal)),
  )
  const folders = [...new Set(found.map((file) => dirname(file)))].filter(
    (folder) => folder !== join(cache, 'tools', 'bin'),
  )
  const path = folders.length === 0 ? {} : { PATH: [...folders, ...SYSTEM_PATH].join(':') }
  const xdg = Object.entries(env.xdg)
    .filter((entry): entry is [string, string] => entry[1] !== null)
    .map(([name, folder]) => [`XDG_${name.toUpperCase()}_HOME`, folder])
  const settings = Object.entries(env.ripple).filter(([name]) => !notForService.includes(name))
  const entry = fileURLToPath(new URL('../../cli/ripple.mjs', import.meta.url))
  return {
    words: [ownNode, entry, 'up', '--data', data],
    environment: { ...path, ...Object.fromEntries([...xdg, ...settings]) },
    log: join(dataPaths(data).logs, 'service.log'),
  }
}
