// Run from pwa/, whose packages these tests use: vitest run --config ../tests/e2e/vitest.config.mjs
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

// The county is made once and copied for each file. A folder given from outside is kept, for work on the tests.
const given = process.env['TIANGE_E2E_TEMPLATE']
const template = given ?? mkdtempSync(join(tmpdir(), 'tiange-e2e-county-'))
if (!given) process.on('exit', () => rmSync(template, { recursive: true, force: true }))

const here = fileURLToPath(new URL('.', import.meta.url))
const packages = fileURLToPath(new URL('../../pwa/node_modules', import.meta.url))

// What takes long and proves the phone rather than the work on it: ./scripts/test --long
const LONG = ['accounts', 'apart', 'audience', 'badinput', 'duplicates', 'evaluation', 'grades', 'head_page', 'insists', 'moves', 'numbers', 'opportunities', 'ownphone', 'pace', 'pairs', 'provisional', 'questions', 'raises', 'records', 'storage', 'strategy', 'strategy_back', 'update', 'watch', 'withdraw'].map((name) => `**/${name}.test.ts`)
const long = process.env['TIANGE_E2E'] === 'long'
// a file that is named runs, whichever it is
const named = process.argv.some((word) => word.endsWith('.test.ts'))

export default {
  root: here,
  cacheDir: `${packages}/.vite-e2e`,
  resolve: {
    alias: {
      'axe-core': `${packages}/axe-core/axe.js`,
      jsqr: `${packages}/jsqr/dist/jsQR.js`,
      'playwright-core': `${packages}/playwright-core/index.mjs`,
      vitest: `${packages}/vitest/dist/index.js`,
    },
  },
  test: {
    environment: 'node',
    env: { TIANGE_E2E_TEMPLATE: template },
    include: long ? LONG : ['**/*.test.ts'],
    exclude: long || named ? [] : LONG,
    globalSetup: ['./support/county.ts'],
    // each file starts a whole bank; most of the time it waits, so two go side by side on two cores
    maxWorkers: 2,
    testTimeout: 400_000,
    hookTimeout: 300_000,
    sequence: { concurrent: false, shuffle: false },
    // the steps of a story build on one another
    bail: 1,
    reporters: ['verbose'],
  },
}
