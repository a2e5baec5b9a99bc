/** Tests the service of a user with a stand-in for systemctl. */
import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { serviceManager } from '../../../../host/daemon/install/service-manager.ts'
import { COMMAND_MS, type Home, makeHome } from './home.ts'

const UNIT = '.config/systemd/user/ripple.service'
const { signal } = new AbortController()

let home: Home
let unit: string
beforeEach(() => {
  home = makeHome()
  unit = join(home.folder, UNIT)
})
afterEach(() => home[Symbol.dispose]())

test.skipIf(process.platform !== 'linux')(
  '`service install --print` shows the unit and changes nothing',
  async () => {
    const { code, stdout, stderr } = await home.ripple('service', 'install', '--print')
    expect(code, stderr).toBe(0)
    expect(stdout).toContain('\nKillSignal=SIGINT\n')
    expect(stdout).toContain(`"up" "--data" "${home.data}"`)
    expect(stderr).toContain(unit)
    expect(home.tree()).toEqual([])
    expect(home.changes()).toEqual([])
    expect((await home.service().install(true, signal)).content).toBe(stdout)
  },
  COMMAND_MS,
)

test('an installation writes the unit for its owner only, and starts it', async () => {
  const { content, service } = await home.service().install(false, signal)
  expect(service).toMatchObject({ active: 'active', enabled: true, lingers: false })
  expect(readFileSync(unit, 'utf8')).toBe(content)
  expect(statSync(unit).mode & 0o077).toBe(0)
  const calls = ['--user daemon-reload', '--user enable ripple.service', '--user restart ripple.service']
  expect(home.changes()).toEqual(calls)
  await home.service().install(false, signal)
  expect(home.changes()).toEqual([...calls, ...calls])
})

test('a unit names the settings of the shell, and no secret', async () => {
  const env = home.env({ RIPPLE_REGION: 'eu-1', RIPPLE_SECRET_ACME: 'hidden', XDG_STATE_HOME: '/state' })
  const { content } = await home.service({ env }).install(true, signal)
  expect(content).toContain('Environment="RIPPLE_REGION=eu-1"')
  expect(content).toContain('Environment="XDG_STATE_HOME=/state"')
  expect(content).not.toContain('hidden')
})

test('an uninstallation stops the service, removes its file alone, and can be repeated', async () => {
  home.write('.config/systemd/user/other.service')
  await home.service().install(false, signal)
  expect(await home.service().uninstall(signal)).toEqual({ file: unit, removed: true })
  expect(home.changes().slice(-2)).toEqual(['--user disable --now ripple.service', '--user daemon-reload'])
  expect(existsSync(unit)).toBe(false)
  expect(home.tree()).toContain('.config/systemd/user/other.service')
  expect(await home.service().uninstall(signal)).toEqual({ file: unit, removed: false })
})

test('the status is that of systemd', async () => {
  expect(await home.service().status(signal)).toMatchObject({ installed: false, active: null })
  await home.service().install(false, signal)
  vi.stubEnv('MAIN_PID', '4711')
  expect(await home.service().status(signal)).toEqual({
    file: unit,
    installed: true,
    active: 'active',
    enabled: true,
    pid: 4711,
    lingers: false,
  })
})

test.each([
  ['does not answer', 'DOWN', '1', 'Failed to connect to bus'],
  ['fails to start the unit', 'FAILS', 'restart', 'Job failed'],
])('a service manager that %s leaves no unit', async (_name, variable, value, reason) => {
  vi.stubEnv(variable, value)
  await expect(home.service().install(false, signal)).rejects.toMatchObject({
    code: 'RIPPLE_SERVICE_MANAGER',
    message: expect.stringContaining(reason),
  })
  expect(existsSync(unit)).toBe(false)
})

test('a unit of somebody else is neither replaced nor removed', async () => {
  home.write(UNIT, '[Service]\nExecStart=/bin/true\n')
  const refused = { code: 'RIPPLE_SERVICE_FOREIGN' }
  await expect(home.service().install(false, signal)).rejects.toMatchObject(refused)
  await expect(home.service().uninstall(signal)).rejects.toMatchObject(refused)
  await expect(home.service().status(signal)).rejects.toMatchObject(refused)
  expect(readFileSync(unit, 'utf8')).toContain('/bin/true')
  expect(home.changes()).toEqual([])
})

test('a daemon that runs on the data folder is not joined by a service', async () => {
  const running = home.service({ pid: process.pid })
  await expect(running.install(false, signal)).rejects.toMatchObject({ code: 'RIPPLE_DATA_IN_USE' })
  expect(existsSync(unit)).toBe(false)
  vi.stubEnv('MAIN_PID', String(process.pid))
  expect((await running.install(false, signal)).service?.pid).toBe(process.pid)
})

test('a service on macOS is an agent of launchd in the session of the user', () => {
  const { file, starting, ending } = serviceManager(
    { home: '/Users/ann', xdg: { config: null, data: null, cache: null, state: null } },
    'darwin',
  )
  expect(file).toBe('/Users/ann/Library/LaunchAgents/ripple.daemon.plist')
  const domain = `gui/${process.getuid?.()}`
  expect(starting.at(-1)?.words).toEqual(['launchctl', 'bootstrap', domain, file])
  expect(ending.map(({ words }) => words)).toEqual([['launchctl', 'bootout', `${domain}/ripple.daemon`]])
})
