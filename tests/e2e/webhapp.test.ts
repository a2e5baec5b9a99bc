// Opens the packed web hApp as a Holochain launcher does, without a daemon.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname } from 'node:path'
import {
  type AppInfo,
  type CallZomeRequest,
  type CellId,
  CellType,
  encodeHashToBase64,
  signZomeCall,
} from '@holochain/client'
import type { Conductor } from '@holochain/tryorama'
import { unzipSync } from 'fflate'
import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { readBundle } from '../../zomes-bindings/build/happ/bundle.ts'
import { packWebHapp } from '../../zomes-bindings/build/webhapp.ts'
import { browserProblem, openChromium } from '../harness/browser.ts'
import { card } from '../harness/tryorama/card.ts'
import { Scene, type ScenePeer } from '../harness/tryorama/scene.ts'
import { WARM_MS } from '../harness/warm-data.ts'
import { watchPage } from '../harness/watch-page.ts'
import { whileLocked } from '../harness/while-locked.ts'

const problem = browserProblem()
const note = problem ? ` (${problem})` : ''
const id = 'ripple'
const role = 'agent_registry'

/** Unpacks the bundle into the files of its page and its hApp, by the paths of its manifest. */
async function unpack() {
  const { manifest, resources } = readBundle(await packWebHapp())
  const { ui, happ } = manifest as Record<'ui' | 'happ', { path: string }>
  return { files: unzipSync(resources[ui.path] ?? new Uint8Array()), happ: resources[happ.path] }
}

/** The cell of the registry. */
function registryCell({ cell_info }: AppInfo) {
  const [cell] = cell_info[role] ?? []
  if (cell?.type !== CellType.Provisioned) throw new TypeError('the registry has no cell')
  return { cell: cell.value.cell_id, seed: cell.value.dna_modifiers.network_seed }
}

/** Installs the hApp on the network of this seed, and opens an interface for a page of this origin. */
async function install(conductor: Conductor, happ: Uint8Array, network_seed: string, origin: string) {
  const admin = conductor.adminWs()
  const app = await whileLocked(async () => {
    const agent_key = await admin.generateAgentPubKey()
    const source = { type: 'bytes' as const, value: happ }
    return admin.installApp({ source, installed_app_id: id, agent_key, network_seed })
  })
  await admin.enableApp({ installed_app_id: id })
  const { cell } = registryCell(app)
  await admin.authorizeSigningCredentials(cell)
  const { port } = await admin.attachAppInterface({ allowed_origins: origin })
  const { token } = await admin.issueAppAuthenticationToken({ installed_app_id: id })
  const env = { APP_INTERFACE_PORT: port, INSTALLED_APP_ID: id, APP_INTERFACE_TOKEN: [...token] }
  return { env, cell, agent: encodeHashToBase64(app.agent_pub_key) }
}

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
}

/** Serves the page with the launcher's environment, which `begin` sets, before its scripts. */
async function serveAsLauncher(files: Readonly<Record<string, Uint8Array>>) {
  let env: unknown = null
  const server = createServer((request, response) => {
    const name = request.url === '/' ? 'index.html' : (request.url ?? '').slice(1)
    const bytes = files[name]
    if (bytes === undefined) return void response.writeHead(404).end()
    const script = `<head><script>window.__HC_LAUNCHER_ENV__ = ${JSON.stringify(env)}</script>`
    const body = name === 'index.html' ? Buffer.from(bytes).toString().replace('<head>', script) : bytes
    response.writeHead(200, { 'content-type': types[extname(name)] ?? 'application/octet-stream' }).end(body)
  })
  await new Promise<void>((done) => void server.listen(0, '127.0.0.1', done))
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    begin: (given: unknown) => {
      env = given
    },
    [Symbol.asyncDispose]: () => new Promise<void>((done) => void server.close(() => done())),
  }
}

/** Signs the page's calls with the key that the launcher keeps. */
async function signFor(page: Page, cell_id: CellId): Promise<void> {
  await page.exposeFunction('signForTest', async (zome_name: string, fn_name: string, payload: unknown) => {
    const call = { cell_id, zome_name, fn_name, payload, provenance: cell_id[1] }
    const { bytes, signature } = await signZomeCall(call)
    return { bytes: [...bytes], signature: [...signature] }
  })
  await page.addInitScript(() => {
    const { signForTest } = globalThis as unknown as {
      signForTest(
        zome: string,
        fn: string,
        payload: unknown,
      ): Promise<{ bytes: number[]; signature: number[] }>
    }
    const signZomeCall = async ({ zome_name, fn_name, payload }: CallZomeRequest) => {
      const { bytes, signature } = await signForTest(zome_name, fn_name, payload)
      return { bytes: Uint8Array.from(bytes), signature: Uint8Array.from(signature) }
    }
    Object.assign(globalThis, { __HC_ZOME_CALL_SIGNER__: { signZomeCall } })
  })
}

test.skipIf(problem !== null)(
  `a launcher shows the machines of the mesh without a daemon${note}`,
  async () => {
    const { files, happ } = await unpack()
    await using scene = await Scene.open()
    const bert: ScenePeer = await scene.join(await scene.conductor('honest'), { roles: [role] })
    await bert.registry.capabilities.publish(
      { ...card(bert.agent), agent_name: 'bert' },
      AbortSignal.timeout(WARM_MS),
    )
    const { seed } = registryCell(await bert.appWs.appInfo())

    await using launcher = await serveAsLauncher(files)
    const conductor = await scene.conductor('honest')
    const { env, cell, agent } = await install(conductor, happ ?? new Uint8Array(), seed, launcher.origin)
    launcher.begin(env)
    await scene.meet(bert, { conductor, dna: cell[0], agent })

    await using stack = new AsyncDisposableStack()
    const browser = await openChromium()
    stack.defer(() => browser.close())
    const page = await browser.newPage()
    const wrong: string[] = []
    watchPage(page, wrong, (url) => url.startsWith(`${launcher.origin}/`))
    await signFor(page, cell)
    await page.goto(launcher.origin)
    const row = page.getByRole('row', { name: /bert/ })
    await row.waitFor({ timeout: WARM_MS })
    expect(await row.textContent()).toMatch(/2 cores x86_64, 4 GiB memory.*tiny/)
    await page.getByText(seed, { exact: true }).waitFor()
    await page.getByText('a machine needs a Ripple daemon').waitFor()
    expect(wrong).toEqual([])
  },
  WARM_MS,
)
