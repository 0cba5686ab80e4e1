/** The phone's browser as far as the engine needs it: a fetch with a cookie jar that outlives the process. */
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { LedgerPlace } from '../../../pwa/src/store/ledger'

/** The browser's localStorage as far as the engine needs it; it outlives the databases. */
export function filePlace(path: string): LedgerPlace {
  const items = new Map<string, string>(existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as [string, string][]) : [])
  return {
    get length() {
      return items.size
    },
    key: (index) => [...items.keys()][index] ?? null,
    getItem: (key) => items.get(key) ?? null,
    setItem: (key, value) => {
      items.set(key, value)
      writeFileSync(`${path}.new`, JSON.stringify([...items]))
      renameSync(`${path}.new`, path)
    },
  }
}

/**
 * Node's fetch compiles its parser at the first connection of a process, and where that one breaks meanwhile it never says
 * so: a phone that was opened while there was no network hung until its request timed out, after a minute.
 */
export async function warmFetch(): Promise<void> {
  const server = createServer((_, answer) => answer.setHeader('Connection', 'close').end())
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  server.close()
}

export type Fetch = (input: string, init?: RequestInit) => Promise<Response>

export function cookieFetch(path: string): Fetch {
  const jar = new Map<string, string>(existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as [string, string][]) : [])
  return async (input, init = {}) => {
    const headers = new Headers(init.headers)
    if (jar.size) headers.set('Cookie', [...jar].map(([name, value]) => `${name}=${value}`).join('; '))
    const answer = await fetch(input, { ...init, headers })
    const given = answer.headers.getSetCookie()
    for (const line of given) {
      const [pair = ''] = line.split(';')
      const at = pair.indexOf('=')
      if (/max-age=0(;|$)/i.test(line)) jar.delete(pair.slice(0, at))
      else jar.set(pair.slice(0, at), pair.slice(at + 1))
    }
    if (given.length) {
      writeFileSync(`${path}.new`, JSON.stringify([...jar]))
      renameSync(`${path}.new`, path)
    }
    return answer
  }
}
