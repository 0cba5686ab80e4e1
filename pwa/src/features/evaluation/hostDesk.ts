/** A turn on the host's phone: sealed forms are encrypted as drafts are, and handed in as one entry of the outbox. */
import { build } from '../../domain/commands'
import type { Id } from '../../domain/rows'
import type { Engine } from '../../sync/types'
import type { Desk, Sealed } from './turn'

interface Kept {
  sealed: Sealed
}

const turnKey = (session: Id, reviewer: Id): string => `evaluation:${session}:${reviewer}`

/** How many households a reviewer has answered who has not handed in. */
export const answeredIn = (engine: Engine, session: Id, reviewer: Id): number => Object.keys(engine.drafts.get<Kept>(turnKey(session, reviewer))?.sealed ?? {}).length

/** `needs`: the entries that the bank must have before. The draft goes in the same transaction. Throws as `Engine.save`. */
export function hostDesk(engine: Engine, session: Id, reviewer: Id, needs: () => Id[]): Desk {
  const key = turnKey(session, reviewer)
  return {
    kept: engine.drafts.get<Kept>(key)?.sealed ?? {},
    seal: (customer, answers) => engine.sealForm(session, reviewer, customer, answers),
    keep: (sealed) => engine.drafts.put(key, { sealed } satisfies Kept),
    handIn: async (forms) => {
      await engine.save([build.evaluationHandIn({ session_id: session, reviewer_id: reviewer, forms }, { needs: needs() })], [], { draft: key })
    },
  }
}
