/** Speaks with the service manager of this user: systemd on Linux, launchd on macOS. */
import { execFile } from 'node:child_process'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Env } from '../../config/env.ts'
import { RippleError } from '../../errors/ripple-error.ts'
import { LAUNCHD_LABEL, plistText, type ServiceCommand, unitText } from './service-file.ts'

/** A command of a service manager. */
export interface ManagerCommand {
  readonly words: readonly string[]
  /** Whether its failure means only that there was nothing to do. */
  readonly mayFail?: boolean
}

/** The state of a service, in the manager's words. */
export interface ServiceState {
  readonly active: string
  /** Whether it starts with the user's session. */
  readonly enabled: boolean
  readonly pid: number | null
}

/** A service manager and its file for the daemon. */
export interface ServiceManager {
  readonly file: string
  textOf(command: ServiceCommand): string
  /** The commands that start the service anew once its file is written. */
  readonly starting: readonly ManagerCommand[]
  /** The commands that end the service while its file is there. */
  readonly ending: readonly ManagerCommand[]
  /** The commands after the file was removed. */
  readonly forgetting: readonly ManagerCommand[]
  /** Rejects with `RIPPLE_SERVICE_MANAGER` if the manager does not answer. */
  state(signal: AbortSignal): Promise<ServiceState>
  /** Whether the user's services run while the user is logged out; null if that is not known. */
  lingers(signal: AbortSignal): Promise<boolean | null>
}

const run = promisify(execFile)

/** Milliseconds for one command of the manager. An end of the daemon may take a minute. */
const COMMAND_MS = 120_000

/** Returns the service manager of a platform. */
export function serviceManager(env: Pick<Env, 'home' | 'xdg'>, platform: NodeJS.Platform): ServiceManager {
  return platform === 'darwin' ? launchd(env.home) : systemd(env.xdg.config ?? join(env.home, '.config'))
}

/** Runs a command, and returns its output. Rejects with `RIPPLE_SERVICE_MANAGER`. */
export async function manage(
  { words, mayFail = false }: ManagerCommand,
  signal: AbortSignal,
): Promise<string> {
  const [program = '', ...args] = words
  try {
    return (await run(program, args, { signal, timeout: COMMAND_MS })).stdout
  } catch (thrown) {
    if (signal.aborted) throw signal.reason
    if (mayFail) return ''
    const { code, stderr = '', message } = thrown as NodeJS.ErrnoException & { readonly stderr?: string }
    const detail = code === 'ENOENT' ? 'it is not installed' : stderr.trim() || message
    throw new RippleError('RIPPLE_SERVICE_MANAGER', { program, detail }, { cause: thrown })
  }
}

function systemd(config: string): ServiceManager {
  const unit = 'ripple.service'
  const systemctl = (...words: string[]): ManagerCommand => ({ words: ['systemctl', '--user', ...words] })
  return {
    file: join(config, 'systemd', 'user', unit),
    textOf: unitText,
    starting: [systemctl('daemon-reload'), systemctl('enable', unit), systemctl('restart', unit)],
    ending: [systemctl('disable', '--now', unit)],
    forgetting: [systemctl('daemon-reload')],
    state: async (signal) => {
      const shown = await manage(
        systemctl('show', unit, '--property=ActiveState,UnitFileState,MainPID'),
        signal,
      )
      const value = (name: string) => new RegExp(`^${name}=(.*)$`, 'm').exec(shown)?.[1] ?? ''
      return {
        active: value('ActiveState') || 'unknown',
        enabled: value('UnitFileState') === 'enabled',
        pid: Number(value('MainPID')) || null,
      }
    },
    lingers: async (signal) => {
      const words = ['loginctl', 'show-user', String(userInfo().uid), '--property=Linger', '--value']
      const said = (await manage({ words, mayFail: true }, signal)).trim()
      return said === '' ? null : said === 'yes'
    },
  }
}

function launchd(home: string): ServiceManager {
  const file = join(home, 'Library', 'LaunchAgents', `${LAUNCHD_LABEL}.plist`)
  const domain = `gui/${userInfo().uid}`
  const end: ManagerCommand = { words: ['launchctl', 'bootout', `${domain}/${LAUNCHD_LABEL}`], mayFail: true }
  return {
    file,
    textOf: plistText,
    starting: [end, { words: ['launchctl', 'bootstrap', domain, file] }],
    ending: [end],
    forgetting: [],
    state: async (signal) => {
      // `print` of the service alone fails also if the service is merely not loaded.
      await manage({ words: ['launchctl', 'print', domain] }, signal)
      const words = ['launchctl', 'print', `${domain}/${LAUNCHD_LABEL}`]
      const shown = await manage({ words, mayFail: true }, signal)
      return {
        active: /^\s*state = (.+)$/m.exec(shown)?.[1] ?? 'not loaded',
        enabled: shown !== '',
        pid: Number(/^\s*pid = (\d+)$/m.exec(shown)?.[1]) || null,
      }
    },
    lingers: async () => null,
  }
}
