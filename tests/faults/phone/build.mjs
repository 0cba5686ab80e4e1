// Makes one file of the driver and the engine: node build.mjs OUT. Run from anywhere; uses the app's packages.
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'

const packages = fileURLToPath(new URL('../../../pwa/node_modules/', import.meta.url))
const { rolldown } = await import(createRequire(packages).resolve('rolldown'))
const bundle = await rolldown({
  input: fileURLToPath(new URL('driver.ts', import.meta.url)),
  platform: 'node',
  resolve: { modules: [packages], conditionNames: ['import', 'module', 'browser', 'default'] },
  logLevel: 'warn',
})
await bundle.write({ file: process.argv[2], format: 'esm', codeSplitting: false, minify: true })
