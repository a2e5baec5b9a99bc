/** Walks through the first view. */
import type { Walk } from '../world.ts'

export const home: Walk = {
  title: 'the first view names the machine and its network',
  async walk({ open }) {
    const page = await open('home')
    await page.getByRole('heading', { name: 'Home', level: 1 }).waitFor()
    await page.context().close()
  },
}
