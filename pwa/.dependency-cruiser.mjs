/**
 * The layers of the phone app, each importing only what stands to its right:
 *   app → features → sync | ui → store | api → domain
 * Features don't import each other; sync, store, api and domain know no Vue.
 */
const order = ['app', 'features', '(sync|ui)', '(store|api)', 'domain']

/** A layer may not reach one that stands to its left. */
function noUpward(from, to) {
  return {
    name: `no-${from}-to-${to}`.replace(/[()|]/g, '_'),
    severity: 'error',
    comment: `${from} must not import ${to}`,
    from: { path: `^src/${from}/` },
    to: { path: `^src/${to}/` },
  }
}

const upward = order.flatMap((from, i) => order.slice(0, i).map((to) => noUpward(from, to)))

export default {
  forbidden: [
    ...upward,
    { name: 'sync-not-ui', severity: 'error', from: { path: '^src/sync/' }, to: { path: '^src/ui/' } },
    { name: 'ui-not-sync', severity: 'error', from: { path: '^src/ui/' }, to: { path: '^src/sync/' } },
    { name: 'store-not-api', severity: 'error', from: { path: '^src/store/' }, to: { path: '^src/api/' } },
    { name: 'api-not-store', severity: 'error', from: { path: '^src/api/' }, to: { path: '^src/store/' } },
    {
      name: 'features-stand-alone',
      severity: 'error',
      from: { path: '^src/features/([^/]+)/' },
      to: { path: '^src/features/[^/]+/', pathNot: '^src/features/$1/' },
    },
    {
      name: 'features-common-ground',
      severity: 'error',
      comment: 'What lies directly in features/ is shared by them and knows none of them.',
      from: { path: '^src/features/[^/]+$' },
      to: { path: '^src/features/[^/]+/' },
    },
    {
      name: 'engine-knows-no-vue',
      severity: 'error',
      from: { path: '^src/(sync|store|api|domain)/' },
      to: { path: 'node_modules/(vue|vant|vue-router|pinia|vue-i18n|@vue)(/|$)|\\.vue$' },
    },
    {
      name: 'locales-stand-alone',
      severity: 'error',
      comment: 'Texts are data: anything may read them, they read nothing.',
      from: { path: '^src/locales/', pathNot: '\\.test\\.ts$' },
      to: { path: '^src/', pathNot: '^src/locales/' },
    },
    {
      name: 'worker-is-an-entry',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/worker/' },
      to: { path: '^src/worker/' },
    },
    {
      name: 'worker-knows-no-screen',
      severity: 'error',
      from: { path: '^src/worker/' },
      to: { path: '^src/(app|features|ui)/|node_modules/(vue|vant|vue-router|pinia|vue-i18n|@vue)(/|$)' },
    },
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } } },
    { name: 'not-to-unresolvable', severity: 'error', from: {}, to: { couldNotResolve: true, pathNot: '^virtual:' } },
    {
      name: 'testing-only-in-tests',
      severity: 'error',
      from: { path: '^src/', pathNot: '\\.test\\.ts$|/testing/' },
      to: { path: '/testing/' },
    },
    {
      name: 'not-to-dev-dep',
      severity: 'error',
      from: { path: '^src/', pathNot: '\\.test\\.ts$|^src/worker/|/testing/' },
      to: { dependencyTypes: ['npm-dev'], pathNot: 'workbox-window' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'require', 'node', 'default', 'types'] },
  },
}
