/** The same person in two households, the same household twice: what people say about it. */
import type { Id } from './rows'

export interface DuplicateBodies {
  /** The two are not one: nobody is asked about them again. */
  'duplicate.decline': { person_id: Id; other_id: Id }
}
