/** The words on the screens, from the app's own texts: a test finds things as people do, by what they say. */
import en from '../../../pwa/src/locales/en'
import zh from '../../../pwa/src/locales/zh-CN'

export type Language = 'zh-CN' | 'en'

type Tree = { [key: string]: string | Tree }

/** The text of a key like `visits.log`, with `{name}` filled in. Throws for a key that is not there. */
export function words(language: Language = 'zh-CN'): (key: string, values?: Record<string, string | number>) => string {
  const texts = (language === 'en' ? en : zh) as unknown as Tree
  return (key, values = {}) => {
    let at: string | Tree | undefined = texts
    for (const part of key.split('.')) at = typeof at === 'object' ? at[part] : undefined
    if (typeof at !== 'string') throw new Error(`the app has no text ${key}`)
    return at.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole))
  }
}

/** The text of a key as a pattern: what is filled in may be anything. */
export function pattern(key: string, language: Language = 'zh-CN'): RegExp {
  const text = words(language)(key)
  return new RegExp(
    text
      .split(/\{\w+\}/)
      .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
      .join('.+'),
  )
}
