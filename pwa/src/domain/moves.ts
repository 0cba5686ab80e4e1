/** Households that move to another grid and that split: what may go where, and who looks after it then. Pure. */
import { distanceMetres, type LonLat } from './geo'
import type { CustomerRow, GridRow, Id, MemberRow } from './rows'

export interface MoveBodies {
  'customer.move': {
    customer_id: Id
    grid_id: Id
    reason: string
    address?: string
    point?: { lon: number; lat: number; accuracy_m: number; at: number } | null
  }
  'customer.split': { id: Id; customer_id: Id; name: string; address: string; member_ids: Id[]; head_id: Id; record_ids: Id[] }
  /** That somebody left, or died, was a mistake. */
  'member.restore': { id: Id; customer_id: Id }
  'member.move': { id: Id; customer_id: Id; into_id: Id; relation: string }
}

/** Why a household goes to another grid. */
export const MOVE_REASONS = ['wrong_grid', 'moved', 'other'] as const
export type MoveReason = (typeof MOVE_REASONS)[number]

/** A grid that a household may go to, whether the phone holds it or the bank named it. */
export interface GridGoal {
  id: Id
  name: string
  code: string
  township: string | null
  branch_id: Id | null
  /** Where it is another branch's. */
  branch_name: string | null
  manager_id: Id | null
  lon: number | null
  lat: number | null
}

/** The nearest first; those without a place by name, last. `from`: where the household is. */
export function byNearness(goals: readonly GridGoal[], from: LonLat | null): { goal: GridGoal; metres: number | null }[] {
  const measured = goals.map((goal) => ({ goal, metres: from && goal.lon !== null && goal.lat !== null ? distanceMetres(from, { lon: goal.lon, lat: goal.lat }) : null }))
  return measured.sort((a, b) => (a.metres ?? Infinity) - (b.metres ?? Infinity) || a.goal.code.localeCompare(b.goal.code))
}

/** Who owns the household once it is there: the new grid's manager, unless its owner of another kind stays with it in the branch. */
export function ownerAfter(customer: Pick<CustomerRow, 'owner_id' | 'branch_id'>, source: Pick<GridRow, 'manager_id'> | undefined, goal: GridGoal): Id | null {
  const owner = customer.owner_id ?? null
  const sameBranch = goal.branch_id === null || goal.branch_id === customer.branch_id
  return owner !== null && sameBranch && owner !== (source?.manager_id ?? null) ? owner : goal.manager_id
}

/** Whether the household leaves this phone: it goes to a grid that this phone does not hold, and to another owner. */
export const leavesPhone = (goal: GridGoal, owner: Id | null, held: ReadonlySet<Id>, me: Id): boolean => !held.has(goal.id) && owner !== me

/**
 * What somebody is to the new head, by what both were to the former one; null where that does not follow (two children are
 * siblings; whose child a grandchild is nobody said). Keys: what the new head was, then what the other one was.
 */
const SEEN_FROM: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  spouse: { head: 'spouse', child: 'child', child_in_law: 'child_in_law', grandchild: 'grandchild' },
  child: { head: 'parent', spouse: 'parent', child: 'sibling', parent: 'grandparent' },
  child_in_law: { grandchild: 'child' },
  parent: { head: 'child', spouse: 'child_in_law', child: 'grandchild', child_in_law: 'other', parent: 'spouse', sibling: 'child', grandparent: 'parent' },
  grandchild: { head: 'grandparent', spouse: 'grandparent', grandchild: 'sibling' },
  grandparent: { head: 'grandchild', parent: 'child', grandparent: 'spouse' },
  sibling: { head: 'sibling', parent: 'parent', sibling: 'sibling', grandparent: 'grandparent' },
}
export const relationAfter = (ofHead: string, ofOther: string): string | null => SEEN_FROM[ofHead]?.[ofOther] ?? null

/** Where one of a couple goes with the other: a child and the one person married into the family are taken for a couple. */
export function relationsAfter(people: readonly Pick<MemberRow, 'id' | 'relation'>[], head: Pick<MemberRow, 'id' | 'relation'>): Map<Id, string> {
  const inLaws = people.filter(({ relation }) => relation === 'child_in_law')
  const children = people.filter(({ relation }) => relation === 'child')
  const couple = inLaws.length === 1 && children.length === 1
  const found = new Map<Id, string>()
  for (const one of people) {
    if (one.id === head.id) continue
    let relation = relationAfter(head.relation, one.relation)
    if (couple && head.relation === 'child' && one.relation === 'child_in_law') relation = 'spouse'
    if (couple && head.relation === 'child_in_law' && one.relation === 'child') relation = 'spouse'
    if (couple && head.relation === 'child' && one.relation === 'grandchild') relation = 'child'
    found.set(one.id, relation ?? 'other')
  }
  // of two who might be the spouse nobody knows which is
  const spouses = [...found].filter(([, relation]) => relation === 'spouse')
  if (spouses.length > 1) for (const [id] of spouses) found.set(id, 'other')
  return found
}

/** What a split lacks; null where it can be done. */
export function splitLacks(members: readonly MemberRow[], going: readonly Id[], head: Id | null): 'nobody' | 'everybody' | 'head' | null {
  const leaving = members.filter((one) => going.includes(one.id))
  if (!leaving.length) return 'nobody'
  if (leaving.length === members.length) return 'everybody'
  return head && leaving.some((one) => one.id === head) ? null : 'head'
}
