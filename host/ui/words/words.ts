/** Gathers the English text of the page, by view. Another language is another folder of the same form. */
import { artifacts } from './en/artifacts.ts'
import { ask } from './en/ask.ts'
import { bar } from './en/bar.ts'
import { home } from './en/home.ts'
import { join } from './en/join.ts'
import { launcher } from './en/launcher.ts'
import { mesh } from './en/mesh.ts'
import { models } from './en/models.ts'
import { parts } from './en/parts.ts'
import { policies } from './en/policies.ts'
import { receipts } from './en/receipts.ts'
import { settings } from './en/settings.ts'
import { shell } from './en/shell.ts'
import { tasks } from './en/tasks.ts'
import { usage } from './en/usage.ts'

/** All text of the page. */
export const words = {
  ...parts,
  ...shell,
  artifacts,
  ask,
  bar,
  home,
  join,
  launcher,
  mesh,
  models,
  receipts,
  tasks,
  usage,
  policies,
  settings,
}
