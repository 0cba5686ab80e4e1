import 'vant/lib/style/base.css'
import '../ui/tokens.css'
import '../ui/base.css'
import { createPinia } from 'pinia'
import { createApp } from 'vue'
import { openDraft } from '../features/drafts'
import { useEngine } from '../features/engine'
import { kioskNow } from '../features/evaluation/kiosk'
import { makeI18n } from '../locales'
import { openEngine } from '../sync/engine'
import { usePreferences } from '../ui/preferences'
import App from './App.vue'
import Blocked from './Blocked.vue'
import { makeRouter, type GuardState } from './router'
import { listenToWorker } from './workerMessages'

async function start() {
  const pinia = createPinia()
  const preferences = usePreferences(pinia)
  const i18n = makeI18n(preferences.language)
  const store = useEngine(pinia)

  try {
    store.attach(await openEngine({ appVersion: __APP_VERSION__ }))
  } catch (error) {
    // Without a safe place for data there is no offline mode, and never plain text.
    createApp(Blocked, { error }).use(i18n).mount('#app')
    return
  }

  const engine = store.use()
  const state = (): GuardState => ({
    phase: store.status.phase,
    needsLogin: store.status.needsLogin,
    isHead: store.isHead,
    isField: store.isField,
    oversees: store.oversees,
    chooses: store.chooses,
    watches: store.watches,
    strategist: store.strategist,
    kiosk: () => kioskNow(engine.drafts),
    openDraft: () => (engine.status().phase === 'ready' ? openDraft(engine.drafts) : undefined),
  })
  const router = makeRouter(state, store.whole)
  listenToWorker(router, engine)
  createApp(App).use(pinia).use(i18n).use(router).mount('#app')
}

void start()
