// Makes one file of a driver and what it uses of the app: node build.mjs OUT.cjs [SOURCE]. Run from anywhere; uses the app's packages.
// start.cjs beside it runs that file, and keeps what V8 made of it: phones are opened often.
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'

const packages = fileURLToPath(new URL('../../../pwa/node_modules/', import.meta.url))
const { rolldown } = await import(createRequire(packages).resolve('rolldown'))
const bundle = await rolldown({
  input: fileURLToPath(new URL(process.argv[3] ?? 'driver.ts', import.meta.url)),
  platform: 'node',
  resolve: { modules: [packages], conditionNames: ['import', 'module', 'browser', 'default'] },
  // its paths are for types; they would lead past what packages export
  tsconfig: false,
  logLevel: 'warn',
})
await bundle.write({ file: process.argv[2], format: 'cjs', codeSplitting: false, minify: true })
