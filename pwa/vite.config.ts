import { readFileSync } from 'node:fs'
import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vite'
import { VitePWA } from 'vite-plugin-pwa'
import { precompress } from './build/precompress'

const { version } = JSON.parse(readFileSync(new URL('./package.json', import.meta.url), 'utf8')) as { version: string }

/** Of CodeMirror, which is as large as half the app. */
const isOfEditor = (id: string) => /node_modules\/(@codemirror|codemirror|@lezer|style-mod|crelt|w3c-keyname)\//.test(id)

export default defineConfig({
  define: {
    __APP_VERSION__: JSON.stringify(version),
    __VUE_OPTIONS_API__: 'false',
    __VUE_PROD_DEVTOOLS__: 'false',
    __VUE_I18N_LEGACY_API__: 'false',
    __VUE_I18N_FULL_INSTALL__: 'false',
    __INTLIFY_PROD_DEVTOOLS__: 'false',
  },
  plugins: [
    vue(),
    VitePWA({
      strategies: 'injectManifest',
      srcDir: 'src/worker',
      filename: 'sw.ts',
      registerType: 'prompt',
      injectRegister: false,
      includeAssets: ['icons/*.png', 'icons/*.svg'],
      injectManifest: {
        // the page of reviewers is for phones without this app
        // the editor of rules is for head office's desks, which need the network anyway
        globIgnores: ['**/node_modules/**/*', 'review.html', 'assets/review-*', 'assets/editor-*'],
        globPatterns: ['**/*.{js,css,html,svg,png,wasm}'],
        maximumFileSizeToCacheInBytes: 4 * 1024 * 1024,
      },
      manifest: {
        id: '/',
        name: '田格',
        short_name: '田格',
        description: '网格走访、建档和预授信，没有网络也能用',
        lang: 'zh-CN',
        dir: 'ltr',
        start_url: '/',
        scope: '/',
        display: 'standalone',
        orientation: 'any',
        theme_color: '#1A4F37',
        background_color: '#F4F2EC',
        categories: ['business', 'finance'],
        icons: [
          { src: '/icons/icon-192.png', sizes: '192x192', type: 'image/png', purpose: 'any' },
          { src: '/icons/icon-512.png', sizes: '512x512', type: 'image/png', purpose: 'any' },
          { src: '/icons/maskable-192.png', sizes: '192x192', type: 'image/png', purpose: 'maskable' },
          { src: '/icons/maskable-512.png', sizes: '512x512', type: 'image/png', purpose: 'maskable' },
          { src: '/icons/mono-512.png', sizes: '512x512', type: 'image/png', purpose: 'monochrome' },
        ],
        shortcuts: [
          { name: '记走访', url: '/visits/new', icons: [{ src: '/icons/icon-192.png', sizes: '192x192' }] },
          { name: '今日', url: '/today', icons: [{ src: '/icons/icon-192.png', sizes: '192x192' }] },
        ],
      },
    }),
    // nobody is offered the app on a reviewer's phone
    { name: 'review-is-no-app', transformIndexHtml: { order: 'post', handler: (html, { path }) => (path.endsWith('/review.html') ? html.replace(/<link rel="manifest"[^>]*>/, '') : html) } },
    precompress(),
  ],
  build: {
    target: 'es2022',
    assetsDir: 'assets',
    sourcemap: false,
    rollupOptions: {
      input: { index: 'index.html', review: 'review.html' },
      output: { chunkFileNames: ({ moduleIds }) => (moduleIds.some(isOfEditor) ? 'assets/editor-[hash].js' : 'assets/[name]-[hash].js') },
    },
    // Everything is precached: a preload list would only fetch it twice.
    modulePreload: { polyfill: false },
  },
})
