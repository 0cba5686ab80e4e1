/** The page of reviewers on their own phones: no engine, no service worker, no account. */
import 'vant/lib/style/base.css'
import '../ui/tokens.css'
import '../ui/base.css'
import { createPinia } from 'pinia'
import { createApp } from 'vue'
import Review from '../features/evaluation/Review.vue'
import { makeReviewI18n } from '../locales/review'
import { usePreferences } from '../ui/preferences'

const pinia = createPinia()
createApp(Review)
  .use(pinia)
  .use(makeReviewI18n(usePreferences(pinia).language))
  .mount('#app')
