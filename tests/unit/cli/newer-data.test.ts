// Tests a start on a data folder that a newer version of Ripple has used.
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, onTestFinished, test } from 'vitest'
import { dataPaths } from '../../../host/config/paths.ts'

const command = resolve(import.meta.dirname, '../../../host/cli/ripple.mjs')

test("`ripple up` refuses a newer version's data folder and leaves it unchanged", () => {
  const folder = mkdtempSync(join(tmpdir(), 'ripple-newer-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const { root, journal } = dataPaths(join(folder, 'data'))
  mkdirSync(root)
  const newer = new DatabaseSync(journal)
  newer.exec('CREATE TABLE later (a TEXT); PRAGMA user_version=42')
  newer.close()
  const before = readFileSync(journal)
  const words = [command, 'up', '--network', 'local', '--port', '0', '--data', root, '--json']
  const { status, stdout, stderr } = spawnSync(process.execPath, words, { encoding: 'utf8', timeout: 60_000 })
  expect(`${stdout}${stderr}`).toContain('RIPPLE_DATA_NEWER')
  expect(`${stdout}${stderr}`).toContain('version 42')
  expect(status).toBe(2)
  expect(readFileSync(journal).equals(before)).toBe(true)
  expect(readdirSync(root)).toEqual(['journal.sqlite'])
})
