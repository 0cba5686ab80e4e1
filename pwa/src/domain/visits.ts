/** What makes a visit odd: pure rules over the policy figures that came with the bank's partition. */
import type { Point } from './commands'
import { distanceMetres, type LonLat } from './geo'
import type { Channel, FieldValue } from './rows'

export interface VisitLimits {
  /** A visit further than this from the customer's point is flagged. */
  distance_m: number
  /** A fix less accurate than this is flagged. */
  accuracy_m: number
}

/** Reads the limits from policy; the defaults hold until the bank's partition has arrived. */
export function visitLimits(policy: (key: string) => FieldValue | undefined): VisitLimits {
  const figure = (key: string, otherwise: number): number => {
    const value = policy(key)
    return typeof value === 'number' ? value : otherwise
  }
  return { distance_m: figure('visit_distance_limit_m', 500), accuracy_m: figure('visit_accuracy_limit_m', 100) }
}

export type VisitFlag = 'far' | 'inaccurate' | 'no_fix'

export interface VisitCheck {
  /** Whole metres between the fix and the customer's point; null where either is missing. */
  distance_m: number | null
  flags: VisitFlag[]
}

/** Where people met in the village, so that a position belongs to it. */
export const inPlace = (channel: Channel): boolean => channel === 'onsite' || channel === 'meeting'

/** Checks a visit's fix. To a meeting people come from all over the village: it has no distance. An odd visit is accepted and flagged, never refused. */
export function checkVisit(channel: Channel, fix: Point | null, customer: LonLat | null, limits: VisitLimits): VisitCheck {
  if (!inPlace(channel)) return { distance_m: null, flags: [] }
  if (!fix) return { distance_m: null, flags: ['no_fix'] }
  const flags: VisitFlag[] = []
  const distance = customer && channel === 'onsite' ? Math.round(distanceMetres(fix, customer)) : null
  if (distance !== null && distance > limits.distance_m) flags.push('far')
  if (fix.accuracy_m > limits.accuracy_m) flags.push('inaccurate')
  return { distance_m: distance, flags }
}
