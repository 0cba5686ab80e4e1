// Run from pwa/, whose packages these tests use: vitest run --config ../tests/e2e/vitest.config.mjs
import { fileURLToPath } from 'node:url'

const here = fileURLToPath(new URL('.', import.meta.url))
const packages = fileURLToPath(new URL('../../pwa/node_modules', import.meta.url))

export default {
  root: here,
  cacheDir: `${packages}/.vite-e2e`,
  resolve: {
    alias: {
      'axe-core': `${packages}/axe-core/axe.js`,
      'playwright-core': `${packages}/playwright-core/index.mjs`,
      vitest: `${packages}/vitest/dist/index.js`,
    },
  },
  test: {
    environment: 'node',
    include: ['**/*.test.ts'],
    // each file starts a whole bank; one at a time on two cores
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 300_000,
    sequence: { concurrent: false, shuffle: false },
    reporters: ['verbose'],
  },
}
