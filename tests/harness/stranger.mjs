// Plays another user of the machine, who tries each door of a daemon and prints the results as JSON. It gets the paths, process
// ids and ports as arguments, although it could find them itself.
import { readdirSync, readFileSync } from 'node:fs'
import { request } from 'node:http'
import { connect } from 'node:net'

const { paths, pids, ports, sockets, origins } = JSON.parse(process.argv[2])

/** How long one door is tried, in milliseconds. */
const TRY_MS = 2_000

const files = Object.fromEntries(paths.flatMap((path) => gotFrom(path)))
const processes = Object.fromEntries(
  pids.flatMap((pid) =>
    ['environ', 'mem', 'maps', 'auxv', 'fd'].flatMap((name) => gotFrom(`/proc/${pid}/${name}`)),
  ),
)
const commands = pids.map((pid) => readFileSync(`/proc/${pid}/cmdline`, 'utf8'))
const upgrades = []
for (const port of ports) upgrades.push(...(await upgradesOf(port)))
const answers = []
for (const port of ports) answers.push(...(await answersOf(port)))
const opened = []
for (const path of sockets) if (await opens(path)) opened.push(path)
process.stdout.write(
  JSON.stringify({ uid: process.getuid(), files, processes, commands, upgrades, answers, opened }),
)

function gotFrom(path) {
  try {
    return [[path, readFileSync(path, 'latin1')]]
  } catch {}
  try {
    return [[path, readdirSync(path).join(' ')]]
  } catch {
    return []
  }
}

/** Opens websockets with each origin, and with those that a refusal has disclosed. */
async function upgradesOf(port) {
  const tries = [null, ...origins, 'null', '*', `http://127.0.0.1:${port}`, `http://localhost:${port}`]
  const results = []
  for (const origin of tries) {
    const key = { 'sec-websocket-version': '13', 'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==' }
    const own = origin === null ? {} : { origin }
    const headers = { connection: 'Upgrade', upgrade: 'websocket', ...key, ...own }
    const result = await ask({ port, path: '/', headers })
    results.push({ origin, port, ...result })
    const disclosed = result.headers?.['access-control-allow-origin']?.split(',') ?? []
    for (const one of disclosed) if (!tries.includes(one)) tries.push(one)
  }
  return results
}

async function answersOf(port) {
  const results = []
  const json = { 'content-type': 'application/json' }
  for (const path of [
    '/',
    '/healthz',
    '/api/events',
    '/v1/models',
    '/v1',
    '/api',
    '//v1/models',
    '/../api.token',
  ])
    results.push({ port, path, ...(await ask({ port, path, headers: {} })) })
  for (const path of ['/api/status', '/api/task/list', '/api/stop', '/api/page/open', '/v1/chat/completions'])
    for (const authorization of ['', 'Bearer ', 'Bearer undefined', 'Bearer null'])
      results.push({
        port,
        path,
        ...(await ask({ port, path, method: 'POST', headers: { ...json, authorization }, body: '{}' })),
      })
  const code = JSON.stringify({ code: 'x' })
  results.push({
    port,
    path: '/api/page/key',
    ...(await ask({ port, path: '/api/page/key', method: 'POST', headers: json, body: code })),
  })
  return results
}

function ask({ port, path, method = 'GET', headers, body = '' }) {
  return new Promise((done) => {
    const asked = request({ host: '127.0.0.1', port, path, method, headers, timeout: TRY_MS })
    asked.on('upgrade', (answer, socket) => {
      socket.destroy()
      done({ status: answer.statusCode })
    })
    asked.on('response', (answer) => {
      let text = ''
      answer.on('data', (bytes) => {
        text += bytes
      })
      answer.on('close', () => done({ status: answer.statusCode, headers: answer.headers, text }))
    })
    asked.on('timeout', () => asked.destroy(new Error('silent')))
    asked.on('error', (error) => done({ status: null, text: error.message }))
    asked.end(body)
  })
}

function opens(path) {
  return new Promise((done) => {
    const socket = connect(path, () => {
      socket.destroy()
      done(true)
    })
    socket.on('error', () => done(false))
  })
}
