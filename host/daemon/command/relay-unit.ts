/** Writes the unit by which systemd runs a meeting point. */
import { userInfo } from 'node:os'
import type { Config } from '../../config/config.ts'
import type { Env } from '../../config/env.ts'
import { RippleError } from '../../errors/ripple-error.ts'
import type { MeetingPoint } from '../../operations/local.ts'
import type { TlsFiles } from '../../processes/bootstrap-server.ts'
import { readListenAddress } from '../machine/listen-address.ts'
import { locateProgram } from '../machine/programs.ts'
import { readTlsFiles } from '../machine/tls-files.ts'

/** The first port that a program may listen on without a privilege. */
const FREE_PORT_MIN = 1_024

/** The settings of the unit. */
export interface RelayService {
  /** Path of the server's program. */
  readonly program: string
  /** `IP:PORT`. */
  readonly listen: string
  readonly port: number
  /** The user as whom the server runs. */
  readonly user: string
  readonly tls: TlsFiles | null
}

/** Returns the unit of a meeting point, run as this user. Rejects with `RIPPLE_LISTEN_ADDRESS`, `RIPPLE_FILE_UNREADABLE`. */
export async function relayUnit(
  { listen: text, tls: files, config, env }: MeetingPoint & { readonly config: Config; readonly env: Env },
  signal: AbortSignal,
): Promise<string> {
  const { listen, port } = readListenAddress(text)
  if (port === 0) {
    const detail = 'a service needs a port of its own, such as 443'
    throw new RippleError('RIPPLE_LISTEN_ADDRESS', { listen: text, detail, addresses: '0.0.0.0' })
  }
  const tls = files === null ? null : readTlsFiles(files)
  const program = await locateProgram('kitsune2-bootstrap-srv', env, config.cache, signal)
  return unitText({ program, listen, port, user: userInfo().username, tls })
}

/**
 * Returns the text of the unit. systemd runs the server itself, with few rights. It hands the files of TLS to the server, so
 * that the user need not be able to read the key. Only SIGINT ends the server in good order.
 */
export function unitText({ program, listen, port, user, tls }: RelayService): string {
  const words = [word(program), '--listen', word(listen)]
  if (tls !== null) words.push('--tls-cert', '%d/cert.pem', '--tls-key', '%d/key.pem')
  const credentials =
    tls === null
      ? []
      : [`LoadCredential=cert.pem:${path(tls.cert)}`, `LoadCredential=key.pem:${path(tls.key)}`]
  const privilege = port < FREE_PORT_MIN ? 'CAP_NET_BIND_SERVICE' : ''
  const lines = [
    ...credentials,
    ...(privilege === '' ? [] : [`AmbientCapabilities=${privilege}`]),
    `CapabilityBoundingSet=${privilege}`,
  ]
  return `[Unit]
Description=Ripple meeting point
Wants=network-online.target
After=network-online.target

[Service]
ExecStart=:${words.join(' ')}
User=${user}
Environment=NO_COLOR=1 RUST_LOG=warn
${lines.join('\n')}
KillSignal=SIGINT
Restart=on-failure
RestartSec=5
NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=read-only
PrivateTmp=yes
PrivateDevices=yes
ProtectKernelTunables=yes
ProtectKernelModules=yes
ProtectControlGroups=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
RestrictNamespaces=yes
LockPersonality=yes
MemoryDenyWriteExecute=yes
SystemCallArchitectures=native
LimitCORE=0

[Install]
WantedBy=multi-user.target
`
}

/** Quotes a word of a command line: % begins a specifier there. */
function word(text: string): string {
  return `"${path(text).replaceAll(/["\\]/g, '\\$&')}"`
}

/** Escapes a path where systemd takes no quotes. */
function path(text: string): string {
  return text.replaceAll('%', '%%')
}
