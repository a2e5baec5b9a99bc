import { type Bench, bench } from './bench.ts'

const count = (about: string, otherwise: number) => ({ about, otherwise })
const among = (about: string, words: readonly [string, ...string[]]) => ({
  about,
  otherwise: words[0],
  among: words,
})

/** Everything that can be measured, by name. Each takes less than five minutes with what its options are otherwise. */
export const benches: Readonly<Record<string, Bench>> = {
  post: bench(
    'a post through the API, beside the same Task written straight to the engine',
    { n: count('posts', 60), payload: count('length of the prompt, in bytes', 1_024) },
    () => import('./post.ts'),
  ),
  discover: bench(
    'from when the Task stands on the chain until the worker has it, beside a raw remote signal and the raw lag of the DHT',
    { n: count('tasks', 30) },
    () => import('./discover.ts'),
  ),
  claim: bench(
    'from the offer until the Grant is written, beside one remote call and one write',
    { n: count('tasks', 30), contenders: count('peers that could run each', 1) },
    () => import('./claim.ts'),
  ),
  roundtrip: bench(
    "from the post until it is accepted, less the engine's own run, beside the same steps straight to the conductors",
    { n: count('tasks', 30) },
    () => import('./roundtrip.ts'),
  ),
  throughput: bench(
    'tasks a second of one poster and some workers, beside as many actions written straight to the conductors',
    {
      n: count('tasks in all', 60),
      open: count('tasks that clients keep open at a time', 8),
      workers: count('workers', 2),
      epoch: count("length of an epoch in minutes, 0 for the network's own", 0),
    },
    () => import('./throughput.ts'),
  ),
  growth: bench(
    'how the cost of a post (and what else the axis is about) grows',
    {
      axis: among('what grows: own actions, open tasks, closed tasks', ['chain', 'backlog', 'closed']),
      to: count('how far, 0 for 1500 actions, 450 open or 200 closed tasks', 0),
      n: count('posts at each of six points, and half as many tasks that are run', 12),
    },
    () => import('./growth.ts'),
  ),
  core: bench(
    'time of one input in the pure core, by open and by closed tasks; no conductor',
    { n: count('inputs at each point', 400), to: count('most tasks', 10_000) },
    () => import('./core.ts'),
  ),
  infer: bench(
    "speed, first token and memory of the daemon's engine, beside a plain loop over node-llama-cpp",
    {
      n: count('rounds of four runs', 6),
      tokens: count('tokens of each run', 96),
      cold: count('rounds of two runs that load the model', 6),
    },
    () => import('./infer.ts'),
  ),
  answers: bench(
    "first token and speed of answers by OpenAI's client: from a daemon's own model beside a plain loop over node-llama-cpp, from another machine beside one's own",
    { n: count('rounds of two answers each', 10), tokens: count('tokens of each', 384) },
    () => import('./answers.ts'),
  ),
  doors: bench(
    'first text of an answer through each door of a daemon, beside a chat; an answer of MCP beside a whole chat',
    { n: count('rounds of an answer through each door', 12), tokens: count('tokens of each answer', 16) },
    () => import('./doors.ts'),
  ),
  survive: bench(
    'workers that are killed amid an answer: whether it is whole, and how long its reader waited',
    {
      n: count('kills', 8),
      tokens: count('tokens of each answer', 192),
      seed: count('seed of the moments', 1),
    },
    () => import('./survive.ts'),
  ),
  ensemble: bench(
    'accuracy, tokens and time of 1, 3 and 5 voting members, beside the best single one; real models, no conductor',
    {
      n: count('items of the shipped set, 0 for all', 24),
      engines: count('engine processes that stand for peers', 2),
      models: count("models of the user's cache that take part", 1),
      seed: count("seed of the members' seeds and of the resamples", 1),
    },
    () => import('./ensemble.ts'),
  ),
  verbs: bench(
    "how often the largest chat model of the user's cache turns a request into the right verb and fields",
    {
      n: count('requests of the shipped ones', 60),
      skip: count('requests that are left out before them', 0),
      candidates: count('verbs that it chooses among, the first that the search finds', 5),
    },
    () => import('./verbs/verbs.ts'),
  ),
  fanout: bench(
    'a question to several members on different machines, beside its slowest member and beside one alone',
    {
      n: count('rounds', 8),
      workers: count('machines that answer', 2),
      tokens: count('most tokens of each answer', 48),
    },
    () => import('./fanout.ts'),
  ),
  idle: bench(
    'CPU and memory of an idle peer that has another one online',
    { settle: count('seconds before', 30), seconds: count('seconds measured', 60) },
    () => import('./idle.ts'),
  ),
  heal: bench(
    'from the end of a cut cable until both machines know the same (root, Linux)',
    { n: count('cuts', 3), cut: count('seconds of each', 30) },
    () => import('./heal.ts'),
  ),
  newcomer: bench(
    'how long a newcomer takes beside one living peer, where the others were killed, and where they have left',
    { n: count('newcomers of each kind', 3), dead: count('peers that are gone', 3) },
    () => import('./newcomer.ts'),
  ),
  console: bench(
    'the page in Chromium, with a made-up mesh behind the API: its first view, a killed daemon, frames while tasks move',
    {
      machines: count('machines of the mesh', 100),
      tasks: count('tasks that move', 1_000),
      n: count('first views, and killed daemons', 5),
      seed: count('seed of the machines and of the tasks', 1),
    },
    () => import('./console.ts'),
  ),
  reader: bench(
    "reads through the writer's cell, beside a second agent whose chain stays empty",
    {
      n: count('reads of each kind', 40),
      short: count('first chain length', 300),
      long: count('second', 4_000),
    },
    () => import('./reader.ts'),
  ),
}
