import { expect, test } from 'vitest'
import { cpuClass } from '../../../host/engine/child/backend.ts'
import { defaultThreads } from '../../../host/engine/llama.ts'
import { limits } from '../../../host/limits.ts'

test('a backend class names the instruction sets that affect a result', () => {
  const haswell =
    'CPU : SSE3 = 1 | SSSE3 = 1 | AVX = 1 | AVX2 = 1 | F16C = 1 | FMA = 1 | BMI2 = 1 | LLAMAFILE = 1 | REPACK = 1 | '
  expect(cpuClass('x64', haswell)).toBe('cpu-x64-avx2-f16c-fma-bmi2')
  expect(cpuClass('arm64', 'CPU : NEON = 1 | ARM_FMA = 1 | DOTPROD = 1 | ')).toBe(
    'cpu-arm64-neon-arm_fma-dotprod',
  )
  expect(cpuClass('x64', '')).toBe('cpu-x64')
})

test('a core is left to the rest of the machine', () => {
  expect([1, 2, 8, 1_000].map(defaultThreads)).toEqual([1, 1, 7, limits.engine_threads_max])
})
