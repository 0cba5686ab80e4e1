/** Bugs planted into a phone from outside: around its fetch, its disk and its save. The product's code is untouched. */
import { pack, unpack } from '../../../pwa/src/store/codec'
import { setTamper } from './disk'
import type { Fetch } from './web'

export interface Bug {
  fetch: (own: Fetch) => Fetch
  save: (act: { mark?: string; kind?: string }, save: () => Promise<unknown>, again: () => Promise<unknown>) => Promise<unknown>
}

const HELD_MS = 400

/** True with a chance of one in `n`, the same for a seed. */
function chance(seed: number, n: number): () => boolean {
  let state = (seed * 2_654_435_761) >>> 0 || 1
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    state >>>= 0
    return state % n === 0
  }
}

/** The bug of a name; none for an empty or a server's name. */
export function plant(name: string, seed: number): Bug {
  const now = chance(seed, 2)
  const none: Bug = { fetch: (own) => own, save: (_act, save) => save() }
  switch (name) {
    case 'command-dropped':
      return { ...none, save: async (_act, save) => (now() ? undefined : save()) }
    case 'command-doubled':
      return { ...none, save: async (_act, save, again) => void (await save(), now() && (await again())) }
    case 'commands-reordered':
      return { ...none, save: later() }
    case 'stale-chunk':
      setTamper((entry) => {
        if (entry.ops.some(([store]) => store === 'meta') && now()) {
          entry.ops = entry.ops.filter(([store, what, key]) => !(store === 'chunks' && what === 'put' && String(key).endsWith('|changes')))
        }
      })
      return none
    case 'lost-tombstone':
      return { ...none, fetch: withoutTombstones }
    case 'field-unsealed': {
      let mark = ''
      setTamper((entry) => {
        if (mark && entry.ops.some(([store]) => store === 'outbox')) entry.ops.push(['meta', 'put', 'last', { key: 'last', value: mark }])
      })
      return { ...none, save: (act, save) => ((mark = act.mark ?? ''), save()) }
    }
    default:
      return none
  }
}

/** An edit is held back for a moment, so that the next one goes first. */
function later(): Bug['save'] {
  let held: (() => Promise<unknown>) | null = null
  return async (act, save) => {
    if (act.kind !== 'edit') return save()
    if (held) {
      await save()
      const first = held
      held = null
      return first()
    }
    held = save
    setTimeout(() => {
      const mine = held === save ? held : null
      if (mine) held = null
      void mine?.()
    }, HELD_MS)
    return undefined
  }
}

function withoutTombstones(own: Fetch): Fetch {
  return async (input, init) => {
    const answer = await own(input, init)
    if (!input.endsWith('/sync/pull') || !answer.ok) return answer
    const body = unpack(new Uint8Array(await answer.arrayBuffer())) as { partitions: { groups?: { gone: unknown[] }[] }[] }
    for (const partition of body.partitions) for (const group of partition.groups ?? []) group.gone = []
    return new Response(pack(body), { status: answer.status, headers: { 'Content-Type': 'application/msgpack' } })
  }
}
