/** What a person had typed, as lines to read. Pure. */

export interface ContentLine {
  /** Names from the outside in; places in a list as their number from 1. */
  path: string[]
  /** The field of the file that it is a value of, where the body names one beside it. */
  of?: string
  value: string
}

/** Every value of a command's body, in its order; what is empty is left out, for it was not typed. */
export function contentLines(body: unknown, path: string[] = [], of?: string): ContentLine[] {
  if (body === null || body === undefined || body === '') return []
  if (Array.isArray(body)) return body.flatMap((one, i) => contentLines(one, body.length > 1 ? [...path, String(i + 1)] : path, of))
  if (typeof body === 'object') {
    const { field } = body as { field?: unknown }
    const named = typeof field === 'string' ? field : of
    return Object.entries(body).flatMap(([key, one]) => contentLines(one, [...path, key], key === 'field' ? undefined : named))
  }
  return [{ path, value: String(body), ...(of === undefined ? {} : { of }) }]
}

/** Ids and hashes say nothing to a person; they stay in the exported file. */
export const isReference = (line: ContentLine): boolean => /^[0-9a-f-]{32,}$/.test(line.value)
