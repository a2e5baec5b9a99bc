/** Tests the owner's tools of a daemon. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { resolveConfig } from '../../../../host/config/config.ts'
import { readEnv } from '../../../../host/config/env.ts'
import { dataPaths } from '../../../../host/config/paths.ts'
import { ownersTools } from '../../../../host/daemon/compose/owners-tools.ts'
import { openLog } from '../../../../host/telemetry/log.ts'
import { forever } from '../../../harness/forever.ts'
import { stubContext } from '../../api/stub-context.ts'
import { call, render } from '../../operations/calls.ts'

function opened(variables: Record<string, string> = {}) {
  const data = mkdtempSync(join(tmpdir(), 'ripple-owner-'))
  onTestFinished(() => rmSync(data, { recursive: true }))
  const env = readEnv({ HOME: data, ...variables })
  const config = resolveConfig(env, { data })
  const paths = dataPaths(data)
  const log = openLog(paths.log, config.log.level)
  onTestFinished(() => log[Symbol.dispose]())
  const tools = ownersTools({ config, paths, logLevel: log.level }, env)
  return { data, log: log.log, context: stubContext(tools) }
}

test('the configuration names every setting with its value and origin', async () => {
  const { context } = opened({ RIPPLE_SHARE_HOURS: '22:00-06:00' })
  const output = await call('config.show', context, {}, forever)
  expect(output).toMatchObject({
    settings: expect.arrayContaining([
      expect.objectContaining({ name: 'share.hours', value: ['22:00-06:00'], from: 'environment' }),
      expect.objectContaining({ name: 'data', from: 'command line' }),
      expect.objectContaining({ name: 'log.level', value: 'info', from: 'default' }),
      expect.objectContaining({ name: 'upstream', variable: null, from: 'default' }),
    ]),
  })
  expect(render('config.show', output).lines.join(' ')).toMatch(
    /share\.hours +environment +\["22:00-06:00"\]/,
  )
})

test('a secret of the daemon lies sealed in the data folder, beside those of the environment', async () => {
  const { data, context } = opened({ RIPPLE_SECRET_OTHER: 'hush' })
  await call('secret.set', context, { name: 'acme', base64: btoa('a value nobody sees') }, forever)
  expect(await call('secret.ls', context, {}, forever)).toEqual({
    secrets: [
      { name: 'acme', from: 'file' },
      { name: 'other', from: 'environment' },
    ],
  })
  const files = readdirSync(join(data, 'secrets'))
  expect(files.map((file) => readFileSync(join(data, 'secrets', file), 'utf8')).join()).not.toContain(
    'nobody',
  )
})

test('the level of the log changes while the daemon runs', async () => {
  const { context, log } = opened()
  const read = async () => {
    const { lines, least } = await context.readLog(
      { level: 'debug', limit: 9, after: null, follow: false },
      forever,
    )
    return [least, ...lines.map(({ text }) => text)]
  }
  log.debug('unwritten')
  log.info('first')
  expect(await call('logs.level', context, { level: 'debug' }, forever)).toEqual({
    level: 'debug',
    was: 'info',
  })
  log.debug('second')
  expect(await read()).toEqual(['debug', 'first', 'second'])
  expect(await call('logs.level', context, { level: 'warn' }, forever)).toEqual({
    level: 'warn',
    was: 'debug',
  })
  log.info('unwritten')
  expect(await read()).toEqual(['warn', 'first', 'second'])
  expect(render('logs.level', { level: 'warn', was: 'debug' }).lines).toEqual(['warn, before debug'])
})
