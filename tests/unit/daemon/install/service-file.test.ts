/** Checks the files of a service with the readers of systemd and Python. */
import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { plistText, unitText } from '../../../../host/daemon/install/service-file.ts'

/** A name that each reader has to unquote. */
const ODD = 'a "b" \'c\' $d %e \\f <g> & é'
/** The same for the path of a program, in which systemd takes neither quotes nor backslashes. */
const ODD_FOLDER = 'a $d %e <g> & é'

let folder: string
let command: Parameters<typeof unitText>[0]
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ripple-unit-'))
  const program = join(folder, ODD_FOLDER, 'node')
  mkdirSync(join(folder, ODD_FOLDER))
  writeFileSync(program, '#!/bin/sh\n')
  chmodSync(program, 0o755)
  command = {
    words: [program, 'up', '--data', join(folder, ODD)],
    environment: { RIPPLE_NAME: ODD },
    log: join(folder, 'service.log'),
  }
})
afterEach(() => rmSync(folder, { recursive: true }))

const hasSystemd = spawnSync('systemd-analyze', ['--version']).status === 0

/** Returns what systemd says about a unit; nothing if all is well. */
function verify(text: string): string {
  const file = join(folder, 'ripple.service')
  writeFileSync(file, text)
  const env = { ...process.env, XDG_RUNTIME_DIR: folder }
  const { status, stderr, stdout } = spawnSync('systemd-analyze', ['verify', '--user', file], {
    env,
    encoding: 'utf8',
  })
  const about = `${stdout}${stderr}`.split('\n').filter((line) => line.includes('ripple'))
  return status === 0 ? about.join('\n') : `${status}: ${stdout}${stderr}`
}

test.skipIf(!hasSystemd)('systemd verifies the unit, also with odd characters in its paths', () => {
  expect(verify(unitText(command))).toBe('')
  rmSync(join(folder, ODD_FOLDER, 'node'))
  expect(verify(unitText(command))).toContain('is not executable')
})

test.skipIf(!hasSystemd)('systemd finds no setting in the unit that it does not know', () => {
  const [first = '', ...rest] = unitText(command).split('[Service]')
  expect(verify([first, '[Service]\nKillSignl=SIGINT', ...rest].join(''))).toContain('KillSignl')
})

test('the property list holds the command, the variables and the settings', () => {
  const program = 'import json, plistlib, sys; print(json.dumps(plistlib.loads(sys.stdin.buffer.read())))'
  const read = execFileSync('python3', ['-c', program], { input: plistText(command), encoding: 'utf8' })
  expect(JSON.parse(read)).toEqual({
    Label: 'ripple.daemon',
    ProgramArguments: command.words,
    EnvironmentVariables: { RIPPLE_NAME: ODD },
    RunAtLoad: true,
    KeepAlive: { SuccessfulExit: false },
    ThrottleInterval: 10,
    ExitTimeOut: expect.any(Number),
    ProcessType: 'Interactive',
    Umask: 0o077,
    HardResourceLimits: { Core: 0 },
    StandardOutPath: '/dev/null',
    StandardErrorPath: command.log,
  })
})
