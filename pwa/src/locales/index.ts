import { createI18n } from 'vue-i18n'
import en from './en'
import zh, { type Messages } from './zh-CN'

declare module 'vue-i18n' {
  // The keys of the Chinese texts are the keys there are.
  // eslint-disable-next-line @typescript-eslint/no-empty-object-type
  export interface DefineLocaleMessage extends Messages {}
}

export function makeI18n(locale: 'zh-CN' | 'en') {
  return createI18n({
    legacy: false,
    locale,
    fallbackLocale: 'zh-CN',
    messages: { 'zh-CN': zh, en },
  })
}
