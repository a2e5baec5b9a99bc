/** Defines the operations that ask and measure several models at once. */
import { z } from 'zod'
import { limits } from '../../limits.ts'
import { defaultDataClass } from '../../types/data-class.ts'
import { ensembleRecord } from '../../types/ensemble-record.ts'
import { signedCard } from '../../types/score-card.ts'
import { taskType } from '../../types/task-type.ts'
import { defineOperation } from '../operation.ts'
import {
  dataClassField,
  keyField,
  madeKeyField,
  nothing,
  pathField,
  promptField,
  traceField,
} from '../request-fields.ts'
import { answerView, cardKeyView, cardVerdictView, evalForm, routeView } from './view.ts'

const policyName = z.string().min(1).max(128)

/** The largest seed: seeds have 32 bits. */
const SEED_MAX = 0xffff_ffff

/** Asks several models at once and merges the answer that enough of them agree on. */
export const moeQuery = defineOperation({
  name: 'inference.moe_query',
  title: 'Ask several models',
  summary: 'Ask several models at once, and merge what enough of them agree on',
  description:
    'Asks several models the same question and returns the answer that enough of them agree on, with the votes. An empty response means that too few agreed; moe.show has the record. It costs up to max_tokens tokens of each member.',
  effect: 'write',
  scope: 'infer',
  idempotent: 'by key',
  input: z.strictObject({
    prompt: promptField.describe('the question'),
    task_type: taskType.describe('kind of the question, which decides how answers are compared'),
    policy_override: policyName
      .optional()
      .describe('a policy of inference_policy.yaml; if left out, the main one'),
    require_consensus: z
      .boolean()
      .default(true)
      .describe('whether nothing is merged unless as many agree as the policy asks for'),
    max_tokens: z
      .number()
      .int()
      .min(1)
      .max(limits.answer_tokens_default)
      .default(limits.answer_tokens_default)
      .describe('most tokens of each answer'),
    key: keyField
      .nullable()
      .default(null)
      .describe("idempotency key: the same question with the same key finds its members' tasks again"),
    trace_id: traceField.nullable().default(null).describe('name under which its steps are logged'),
    data_class: dataClassField
      .default(defaultDataClass)
      .describe('the class of its data; a secret question stays on this machine'),
  }),
  output: answerView,
  errors: [
    'RIPPLE_PROMPT_EMPTY',
    'RIPPLE_PROMPT_ENCODING',
    'RIPPLE_PROMPT_TOO_LARGE',
    'RIPPLE_PROMPT_FATAL',
    'RIPPLE_CONTEXT_TOO_LONG',
    'RIPPLE_MODEL_NOT_CHAT',
    'RIPPLE_ANSWER_KEY_SPENT',
    'RIPPLE_ANSWER_REFUSED',
    'RIPPLE_ENSEMBLE_CLOUD',
    'RIPPLE_ENSEMBLE_NO_MEMBER',
    'RIPPLE_ENSEMBLE_POLICY_UNKNOWN',
    'RIPPLE_ENSEMBLE_UNANSWERED',
    'RIPPLE_ENSEMBLE_UNPROVEN',
    'RIPPLE_POLICY_REFUSED',
    'RIPPLE_TASK_CONFLICT',
    'RIPPLE_BUSY',
    'RIPPLE_DISK_FULL',
    'RIPPLE_FILE_UNWRITABLE',
  ],
  waits: true,
  examples: [
    'ripple moe query "What is 12 times 12?" --type reasoning',
    'ripple moe query --file change.diff --type review --json',
    'ripple moe query "Name a river." --type general --no-consensus',
    'ripple moe query --file plan.txt --type general --data-class secret',
  ],
  surfaces: {
    mcp: 'inference.moe_query',
    cli: {
      words: 'moe query',
      flags: {
        prompt: [
          { as: '[PROMPT]', kind: 'prompt' },
          { as: '--file <FILE>', kind: 'prompt-file' },
        ],
        task_type: '--type <TYPE>',
        policy_override: '--policy <NAME>',
        require_consensus: {
          as: '--no-consensus',
          about: 'take the heaviest answer also where fewer agree than the policy asks for',
        },
        max_tokens: '--max-tokens <N>',
        key: '--key <KEY>',
        trace_id: '--trace <ID>',
        data_class: '--data-class <CLASS>',
      },
    },
  },
})

/** Shows the record of a question to several models. */
export const moeShow = defineOperation({
  name: 'moe.show',
  title: 'Show a question to several models',
  summary: 'Show what became of a question to several models: each member, its vote, the decision',
  description:
    'Returns the record of a question to several models: its members, how each was asked and what came of it, the vote, and the decision of the policy.',
  effect: 'read',
  input: z.strictObject({ id: traceField.describe('its trace id, or the beginning of it') }),
  output: ensembleRecord,
  errors: ['RIPPLE_ENSEMBLE_UNKNOWN'],
  examples: ['ripple moe show 4f1c', 'ripple moe show 4f1c --json'],
  surfaces: { mcp: 'moe.show', cli: { flags: { id: '<TRACE>' } } },
})

const evalSetLine =
  'tasks with known answers, a line each: {"id": "one", "task_type": "general", "prompt": "...", "answers": ["Paris"]}; max_tokens, stop and template may be added'

/** Measures an ensemble against its best member. */
export const moeEval = defineOperation({
  name: 'moe.eval',
  title: 'Measure an ensemble',
  summary: 'Measure the ensemble and its best member at equal tokens, and sign a score card',
  description:
    'Asks the ensemble and its best single member a set of tasks with known answers, and writes a signed score card. ripple/auto then asks the ensemble at the kinds of task that it wins. It takes long, and one runs at a time.',
  effect: 'write',
  input: z.strictObject({
    set: pathField
      .nullable()
      .default(null)
      .describe('file of the tasks; if left out, the set that ships with Ripple'),
    policy: policyName
      .nullable()
      .default(null)
      .describe('a policy of inference_policy.yaml; if left out, the main one'),
    form: evalForm
      .nullable()
      .default(null)
      .describe('ask all of it as a chat, or as text to be continued; if left out, as the set says'),
    members: z
      .number()
      .int()
      .min(1)
      .max(limits.members_max)
      .nullable()
      .default(null)
      .describe('how many vote; if left out, as many as the policy says'),
    seed: z
      .number()
      .int()
      .min(0)
      .max(SEED_MAX)
      .default(1)
      .describe("seed of the members' seeds and of the resamples"),
    id: madeKeyField.describe('key under which its progress is reported; if left out, a random one'),
  }),
  output: signedCard.extend({ file: z.string().describe('path of the score card') }),
  errors: [
    'RIPPLE_EVAL_RUNNING',
    'RIPPLE_EVAL_SET_INVALID',
    'RIPPLE_EVAL_STOPPED',
    'RIPPLE_ENSEMBLE_NO_MEMBER',
    'RIPPLE_ENSEMBLE_POLICY_UNKNOWN',
    'RIPPLE_FILE_UNREADABLE',
    'RIPPLE_DISK_FULL',
  ],
  progress: 'id',
  waits: true,
  examples: [
    'ripple moe eval',
    'ripple moe eval --form chat',
    'ripple moe eval --set questions.jsonl --members 5 --seed 7',
  ],
  surfaces: {
    mcp: 'moe.eval',
    cli: {
      flags: {
        set: { as: '--set <FILE>', kind: 'path', about: evalSetLine },
        policy: '--policy <NAME>',
        form: '--form <FORM>',
        members: '--members <K>',
        seed: '--seed <N>',
      },
    },
  },
})

/** Lists for each kind of task, and each form of a prompt, whether the ensemble may answer it, and why. */
export const moeRoutes = defineOperation({
  name: 'moe.routes',
  title: 'List routes',
  summary: 'Say at which tasks ripple/auto asks the ensemble, by the score cards',
  description:
    'Lists for each kind of task and each form of a prompt whether ripple/auto asks the ensemble or one model, with the reason. The score cards decide it.',
  effect: 'read',
  input: nothing,
  output: z.strictObject({ routes: z.array(routeView).describe('the ways that ripple/auto takes') }),
  errors: [],
  examples: ['ripple moe routes'],
  surfaces: { mcp: 'moe.routes', cli: {} },
})

/** Verifies a score card from its bytes alone. */
export const moeCardVerify = defineOperation({
  name: 'moe.card_verify',
  title: 'Verify a score card',
  summary: 'Verify a score card; needs no daemon, conductor or network',
  description:
    'Verifies the signature of a score card from its file alone, and lists the facts that it shows and those that it cannot show.',
  effect: 'read',
  input: z.strictObject({
    file: pathField.describe('the score card'),
    online: z
      .boolean()
      .default(false)
      .describe("ask the running daemon whether the agent's own card names the key that signed"),
  }),
  output: cardVerdictView,
  errors: [
    'RIPPLE_SCORE_CARD_INVALID',
    'RIPPLE_FILE_UNREADABLE',
    'RIPPLE_NO_DAEMON',
    'RIPPLE_DHT_UNAVAILABLE',
    'RIPPLE_CONDUCTOR_DOWN',
  ],
  examples: ['ripple moe card verify score.json', 'ripple moe card verify score.json --online'],
  surfaces: {
    http: false,
    cli: { words: 'moe card verify', flags: { file: { as: '<FILE>', kind: 'path' }, online: '--online' } },
  },
})

/** Checks whether an agent's own card, which that agent has signed, names a libp2p key. */
export const moeCardKey = defineOperation({
  name: 'moe.card_key',
  title: 'Check the key of a score card',
  summary: "Say whether an agent's own card on the network names a libp2p key",
  description:
    "Tells whether an agent's own card on the network, which that agent has signed, names a libp2p key. It shows whose machine signed a score card.",
  effect: 'read',
  input: z.strictObject({
    agent: z.string().max(64).describe("the agent's key"),
    public_key: z
      .string()
      .regex(/^[0-9a-f]{64}$/, 'not 64 hexadecimal digits')
      .describe('the libp2p key, 64 hexadecimal digits'),
  }),
  output: cardKeyView,
  errors: ['RIPPLE_DHT_UNAVAILABLE', 'RIPPLE_CONDUCTOR_DOWN'],
  examples: ['ripple moe card key uhCAk... 5f0c...'],
  surfaces: {
    mcp: 'moe.card_key',
    cli: { words: 'moe card key', flags: { agent: '<AGENT>', public_key: '<KEY>' } },
  },
})
