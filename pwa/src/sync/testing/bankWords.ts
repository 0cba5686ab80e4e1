/** What the bank of the tests keeps, and small things it says. */
import type { Bytes } from './bytes'

export type Json = Record<string, unknown>

export interface BankRow {
  kind: string
  id: string
  values: Json
}

export interface Book {
  key: string
  revision: number
  fields: Record<string, string[]>
  rows: Map<string, { kind: string; id: string; revision: number; values: Json | null; movedTo: string | null }>
}

export interface Known {
  settled?: 'replaced' | 'discarded'
  id: string
  seq: number
  hash: string
  receipt: Json
  command: Json
}

/** Results on which other commands may build. */
export const TAKEN: ReadonlySet<unknown> = new Set(['applied', 'merged', 'suggested'])

/** What a test may do to a request: `cut` loses the answer after the bank did its work, `lost` loses the request. */
export type Fault = 'cut' | 'lost' | Response | null

export const EC = { name: 'ECDH', namedCurve: 'P-256' } as const
export const text = new TextEncoder()

/** Whether two commands say the same but for their places. */
export const alike = (one: Json, other: Json): boolean => JSON.stringify({ ...one, seq: 0 }) === JSON.stringify({ ...other, seq: 0 })

export const fileReceipt = (hash: string, { length }: Bytes, now: number): Json => ({ hash, kept_hash: hash, bytes: length, received_at: now, receipt: 'f'.repeat(16) })

export function problem(status: number, code: string, headers: Record<string, string> = {}, more: Json = {}): Response {
  const body = JSON.stringify({ ...more, type: 'about:blank', title: code, status, code, detail: '', remedy: '' })
  return new Response(body, { status, headers: { 'Content-Type': 'application/problem+json', ...headers } })
}
