/** The words of the reviewers' page, which is light: not those of the whole app. */
import { createI18n } from 'vue-i18n'
import evaluationEn from './evaluation.en'
import evaluationZh from './evaluation.zh-CN'
import reviewEn from './review.en'
import reviewZh from './review.zh-CN'
import uiEn from './ui.en'
import uiZh from './ui.zh-CN'
import type { Messages } from './zh-CN'

export function makeReviewI18n(locale: 'zh-CN' | 'en') {
  return createI18n({
    legacy: false,
    locale,
    fallbackLocale: 'zh-CN',
    // the page asks for no other words
    messages: {
      'zh-CN': { evaluation: evaluationZh, review: reviewZh, ui: uiZh },
      en: { evaluation: evaluationEn, review: reviewEn, ui: uiEn },
    } as unknown as Record<'zh-CN' | 'en', Messages>,
  })
}
