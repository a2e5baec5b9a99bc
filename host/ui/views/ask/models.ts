/** Holds the models that may be asked. */
import { computed, signal } from '@preact/signals'
import type { modelList } from '../../../api/openai/models.ts'
import { fetchJson } from '../../daemon/call.ts'
import type { Trouble } from '../../daemon/refusal.ts'
import { machine, nameOf } from '../../state/machines.ts'
import { key, refused } from '../../state/session.ts'
import { groupModels, type Model } from './model-groups.ts'

const models = signal<readonly Model[]>([])
/** The error of reading the models. */
export const modelTrouble = signal<Trouble | null>(null)
/** The models in the picker. */
export const groups = computed(() => groupModels(models.value, machine.value?.agent ?? '', nameOf))

/** Reads the models again. */
export async function readModels(): Promise<void> {
  try {
    models.value = (
      await fetchJson<ReturnType<typeof modelList>>({ path: '/v1/models', key: key.value })
    ).data
    modelTrouble.value = null
  } catch (thrown) {
    modelTrouble.value = refused(thrown)
  }
}
