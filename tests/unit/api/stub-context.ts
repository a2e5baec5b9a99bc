import type { Context } from '../../../host/operations/context.ts'

const unused = (): never => {
  throw new Error('this test does not use it')
}

/** A context whose parts may not be used, but for those that a test gives. */
export function stubContext(given: Partial<Context>): Context {
  return {
    agent: 'uhCAkself',
    tasks: {
      post: unused,
      find: async () => null,
      list: async () => [],
      prompt: async () => null,
      request: unused,
      beginning: async () => [],
      show: unused,
      why: unused,
      plan: unused,
      cancel: unused,
    },
    members: { invite: unused, read: unused, revoke: unused },
    networks: { list: unused, show: unused, create: unused, use: unused },
    models: { list: unused, pull: unused, remove: unused, load: unused, unload: unused, fit: unused },
    inference: { models: unused, ask: unused },
    ensemble: { query: unused, begin: unused, show: unused, route: unused, evaluate: unused },
    chats: {
      list: unused,
      show: unused,
      send: unused,
      retry: unused,
      edit: unused,
      stop: unused,
      remove: unused,
    },
    artifacts: {
      add: unused,
      get: unused,
      has: unused,
      pin: unused,
      unpin: unused,
      ls: unused,
      [Symbol.asyncDispose]: unused,
    },
    events: { follow: () => () => {} },
    epochs: { list: unused, export: unused },
    upstreams: { list: unused, budget: unused },
    pageKeys: { code: unused, redeem: unused, accepts: () => false },
    pathTo: () => null,
    keys: {
      create: unused,
      remove: unused,
      list: () => [],
      find: () => null,
      admit: () => {},
      count: () => {},
    },
    policies: {
      list: unused,
      last: unused,
      about: unused,
      audit: unused,
      auditFolder: '',
      verifyAudit: unused,
      show: unused,
      test: unused,
      dryRun: unused,
    },
    strangers: { list: unused, accept: unused, forget: unused, redeem: unused },
    peers: unused,
    status: unused,
    usage: async () => [],
    doctor: { facts: unused, compare: unused, examine: unused, factsCode: unused },
    tell: () => {},
    holders: unused,
    siblings: unused,
    drain: unused,
    undrainedCount: unused,
    waitDrained: unused,
    stop: unused,
    ...given,
  }
}
