/** Writes the text of the file by which systemd or launchd runs the daemon. */
import { daemonStopMs } from '../../limits.ts'

/** The command that a service runs. */
export interface ServiceCommand {
  /** The absolute path of the program, then its arguments. */
  readonly words: readonly string[]
  readonly environment: Readonly<Record<string, string>>
  /** The file for what the daemon prints, where the service manager keeps no log. */
  readonly log: string
}

/** The mark by which a file of `ripple service install` is known; it stands in its first lines. */
export const SERVICE_MARK = "Written by 'ripple service install'"

/** The service's name for launchd. */
export const LAUNCHD_LABEL = 'ripple.daemon'

/** Seconds between the end of a failed run and the next one. */
const PAUSE_S = 10

/** Seconds in which the daemon ends in good order; after them the service manager kills it. */
const STOP_S = Math.ceil(daemonStopMs / 1_000) + 5

/**
 * Returns a user unit of systemd. Its hardening works without a namespace of its own, which some distributions refuse to
 * users. V8 and the conductor compile code at run time, so memory may be written and executed.
 */
export function unitText({ words, environment }: ServiceCommand): string {
  const [program = '', ...args] = words
  const variables = Object.entries(environment).map(
    ([name, value]) => `Environment=${unitWord(`${name}=${value}`)}`,
  )
  return `# ${SERVICE_MARK}; 'systemctl --user edit ripple' changes it in a file of its own.
[Unit]
Description=Ripple, this machine's peer of a mesh that runs language models

[Service]
Type=exec
# The colon keeps $ in a path from being replaced.
ExecStart=:${[program, ...args].map(unitWord).join(' ')}
${variables.map((line) => `${line}\n`).join('')}# As Ctrl-C: running tasks are handed over, and the daemon ends its own children.
KillSignal=SIGINT
KillMode=mixed
TimeoutStopSec=${STOP_S}
Restart=on-failure
RestartSec=${PAUSE_S}
# A wrong setting stays wrong.
RestartPreventExitStatus=2
# The daemon survives the end of its engine.
OOMPolicy=continue
UMask=0077
LimitCORE=0
NoNewPrivileges=yes
LockPersonality=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallErrorNumber=EPERM

[Install]
WantedBy=default.target
`
}

/** Quotes a word for systemd: % begins a specifier there. */
function unitWord(word: string): string {
  const escaped = word.replaceAll('%', '%%').replaceAll(/["\\]/g, '\\$&')
  return `"${escaped.replaceAll(/[^\P{Cc}]/gu, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)}"`
}

/** Returns an agent of launchd. launchd ends it by SIGTERM, which the daemon takes as Ctrl-C. */
export function plistText({ words, environment, log }: ServiceCommand): string {
  const variables = Object.entries(environment).map(
    ([name, value]) => `    <key>${xml(name)}</key><string>${xml(value)}</string>\n`,
  )
  return `<?xml version="1.0" encoding="UTF-8"?>
<!-- ${SERVICE_MARK}. -->
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
  <key>Label</key><string>${LAUNCHD_LABEL}</string>
  <key>ProgramArguments</key>
  <array>
${words.map((word) => `    <string>${xml(word)}</string>\n`).join('')}  </array>
  <key>EnvironmentVariables</key>
  <dict>
${variables.join('')}  </dict>
  <key>RunAtLoad</key><true/>
  <key>KeepAlive</key><dict><key>SuccessfulExit</key><false/></dict>
  <key>ThrottleInterval</key><integer>${PAUSE_S}</integer>
  <key>ExitTimeOut</key><integer>${STOP_S}</integer>
  <key>ProcessType</key><string>Interactive</string>
  <key>Umask</key><integer>${0o077}</integer>
  <key>HardResourceLimits</key><dict><key>Core</key><integer>0</integer></dict>
  <key>StandardOutPath</key><string>/dev/null</string>
  <key>StandardErrorPath</key><string>${xml(log)}</string>
</dict>
</plist>
`
}

function xml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
