/** Lists the views of the page, in the order of the navigation. */
import type { FunctionComponent } from 'preact'
import type { Route } from '../state/route.ts'

/** A component that shows a view. */
export type ViewComponent = FunctionComponent<{ route: Route }>

/** A view of the page: the first word of its address, and its code, which is loaded when it is first opened. */
interface ViewEntry {
  readonly name: string
  readonly load: () => Promise<{ readonly default: ViewComponent }>
}

export const views: readonly ViewEntry[] = [
  { name: 'home', load: () => import('./home/home.tsx') },
  { name: 'mesh', load: () => import('./mesh/mesh.tsx') },
  { name: 'ask', load: () => import('./ask/ask.tsx') },
  { name: 'tasks', load: () => import('./tasks/tasks.tsx') },
  { name: 'models', load: () => import('./models/models.tsx') },
  { name: 'artifacts', load: () => import('./artifacts/artifacts.tsx') },
  { name: 'policies', load: () => import('./policies/policies.tsx') },
  { name: 'usage', load: () => import('./usage/usage.tsx') },
  { name: 'receipts', load: () => import('./receipts/receipts.tsx') },
  { name: 'settings', load: () => import('./settings/settings.tsx') },
  { name: 'join', load: () => import('./join/join.tsx') },
]
