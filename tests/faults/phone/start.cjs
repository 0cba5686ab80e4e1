// Runs the bundle with V8's code cache beside it: node start.cjs BUNDLE ARGUMENTS…
const { existsSync, readFileSync, writeFileSync } = require('node:fs')
const { createRequire } = require('node:module')
const vm = require('node:vm')

const [bundle] = process.argv.splice(2, 1)
const cache = `${bundle}.cache`
const cachedData = existsSync(cache) ? readFileSync(cache) : undefined
const script = new vm.Script(`(function (require, module, exports) {${readFileSync(bundle, 'utf8')}\n})`, {
  filename: bundle,
  cachedData,
  importModuleDynamically: vm.constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
})
const module_ = { exports: {} }
script.runInThisContext()(createRequire(bundle), module_, module_.exports)
if (process.argv[2] === 'cache') {
  writeFileSync(cache, script.createCachedData())
  process.exit(0)
}
