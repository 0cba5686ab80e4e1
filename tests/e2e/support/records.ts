/** What the tests need to know of the county beforehand, read from the database past the product. */
import type { Bank } from './bank'

export interface Household {
  id: string
  name: string
  initials: string
  grid: string
  lon: number
  lat: number
  /** The day on which the follow-up is due. */
  due: string
}

export interface Profile {
  decision: string
  tier: string
  limit: number
  limitText: string
}

/** Households of a manager with an open follow-up on site, the most urgent first; names that stand alone on the phone. */
export async function dueHouseholds(bank: Bank, login: string): Promise<Household[]> {
  const rows = await bank.helper.sql<[string, string, string, string, number, number, string]>(
    `SELECT c.id::text, c.name, c.initials, g.name, c.lon, c.lat, t.due_on::text
       FROM task t JOIN staff s ON s.id = t.assignee_id AND s.login = $1 JOIN customer c ON c.id = t.customer_id
       JOIN grid g ON g.id = c.grid_id JOIN profile p ON p.customer_id = c.id
      WHERE t.kind = 'follow_up' AND t.duty_kind = 'visit' AND t.state = 'open' AND c.kind = 'household' AND c.lon IS NOT NULL
        AND c.status = 'active' AND g.manager_id = s.id AND c.owner_id = s.id
        AND (SELECT count(*) FROM customer o WHERE o.initials = c.initials OR o.name = c.name) = 1
      ORDER BY (p.limit_fen > 0) DESC, p.limit_fen, t.due_on, c.id`,
    login,
  )
  if (rows.length < 4) throw new Error(`the county has only ${rows.length} households that suit this test`)
  return rows.map(([id, name, initials, grid, lon, lat, due]) => ({ id, name, initials, grid, lon, lat, due }))
}

/** What the bank has decided for a customer. */
export async function profileOf(bank: Bank, customer: string): Promise<Profile> {
  const [row] = await bank.helper.sql<[string, string, number]>('SELECT decision_id::text, tier, limit_fen FROM profile WHERE customer_id = $1', customer)
  if (!row) throw new Error(`no profile of ${customer}`)
  return { decision: row[0], tier: row[1], limit: Number(row[2]), limitText: yuan(Number(row[2])) }
}

/** Money as the Chinese screens write it: 15 万元, 8,000 元. */
export function yuan(fen: number): string {
  if (fen < 1_000_000) return `${(fen / 100).toLocaleString('en-US')} 元`
  return `${String(Math.round(fen / 100_000) / 10)} 万元`
}
