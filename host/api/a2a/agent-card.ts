/** Makes and signs the Agent Card, which tells programs how this mesh is asked over A2A. */
import { AgentCard, canonicalizeAgentCard } from '@a2a-js/sdk'
import { LegacyRestTransportHandler } from '@a2a-js/sdk/compat/v0_3/server'
import { ServerCallContext } from '@a2a-js/sdk/server'
import { canonicalJson } from '../../codec/canonical-json.ts'
import type { Context } from '../../operations/context.ts'
import type { Json } from '../../types/json.ts'
import { version } from '../../version.ts'

/** The path of the endpoint that takes A2A's calls. */
export const A2A_PATH = '/a2a'
/** The path of the public key that signs the card. */
export const KEYS_PATH = '/.well-known/jwks.json'

const text = ['text/plain']

/** Returns the card without signatures, for a daemon at this URL. */
export function agentCard(url: string): AgentCard {
  const at = { url: `${url}${A2A_PATH}`, protocolBinding: 'JSONRPC', tenant: '' }
  return {
    name: 'Ripple mesh',
    description:
      'Runs prompts as tasks on the machines of a mesh, each with a receipt that anybody can verify.',
    supportedInterfaces: ['1.0', '0.3'].map((protocolVersion) => ({ ...at, protocolVersion })),
    provider: undefined,
    version,
    capabilities: { streaming: true, pushNotifications: false, extendedAgentCard: false, extensions: [] },
    securitySchemes: {
      key: {
        scheme: {
          $case: 'httpAuthSecurityScheme',
          value: {
            scheme: 'Bearer',
            bearerFormat: '',
            description: "A key of 'ripple key create' with the scopes read and write.",
          },
        },
      },
    },
    securityRequirements: [{ schemes: { key: { list: [] } } }],
    defaultInputModes: text,
    defaultOutputModes: text,
    skills: [
      {
        id: 'task',
        name: 'Run a prompt',
        description: 'Runs a prompt on a machine of the mesh. The artifacts are the answer and its receipt.',
        tags: ['inference', 'llm', 'receipt'],
        examples: ['Why is the sky blue?'],
        inputModes: text,
        outputModes: [...text, 'application/vnd.ipld.dag-cbor'],
        securityRequirements: [],
      },
    ],
    signatures: [],
  }
}

/** The documents of the card: that of A2A 1.0, and that of 0.3, which also names the endpoint of 1.0. */
export interface CardDocuments {
  readonly now: object
  readonly legacy: object
}

/** Returns the signed documents of a card. The 0.3 form has a signature of its own, because its fields differ. */
export async function signedCards(
  card: AgentCard,
  url: string,
  signer: Pick<Context, 'agent' | 'machineKey'>,
): Promise<CardDocuments> {
  const sign = async (payload: string) => ({ signatures: [await signature(payload, url, signer)] })
  // Only this handler of the SDK writes a card in the form of 0.3.
  const translator = new LegacyRestTransportHandler({
    getAuthenticatedExtendedAgentCard: async () => card,
  } as unknown as ConstructorParameters<typeof LegacyRestTransportHandler>[0])
  const old = await translator.getAuthenticatedExtendedAgentCard(new ServerCallContext())
  const now = AgentCard.toJSON(card) as { supportedInterfaces: object }
  const legacy = JSON.parse(JSON.stringify({ ...old, supportedInterfaces: now.supportedInterfaces })) as Json
  return {
    now: { ...now, ...(await sign(canonicalizeAgentCard(card))) },
    legacy: { ...(legacy as object), ...(await sign(canonicalJson(legacy))) },
  }
}

/** Returns the public key that signs cards, as a JSON Web Key Set (RFC 8037). */
export function keySet({ publicKey }: Context['machineKey']): object {
  const x = Buffer.from(publicKey, 'hex').toString('base64url')
  return { keys: [{ kty: 'OKP', crv: 'Ed25519', use: 'sig', alg: 'EdDSA', kid: publicKey, x }] }
}

/**
 * Signs a payload as a JSON Web Signature (RFC 7515) with the machine's libp2p key, because the conductor lends the agent
 * key for chain actions only. The header names the agent, whose own card on the network names the libp2p key.
 */
async function signature(
  payload: string,
  url: string,
  { agent, machineKey }: Pick<Context, 'agent' | 'machineKey'>,
): Promise<{ protected: string; signature: string }> {
  const encode = (part: string): string => Buffer.from(part).toString('base64url')
  const header = { alg: 'EdDSA', typ: 'JOSE', kid: machineKey.publicKey, jku: `${url}${KEYS_PATH}`, agent }
  const head = encode(JSON.stringify(header))
  const signed = await machineKey.sign(`${head}.${encode(payload)}`)
  return { protected: head, signature: Buffer.from(signed, 'hex').toString('base64url') }
}
