/** How a household that moved or split shows on the phone before the bank has said so. Pure. */
import { patch, type Laying } from './laying'
import type { MoveBodies } from './moves'

/** It stays in this phone's lists, under its new grid, until the bank takes it where it belongs. */
export function moveCustomer(body: MoveBodies['customer.move'], laying: Laying): void {
  const { grid_id, address, point } = body
  patch(laying, 'customer', body.customer_id, { grid_id, ...(address ? { address } : {}), ...(point ? { lon: point.lon, lat: point.lat } : {}) })
}

export function splitCustomer(body: MoveBodies['customer.split'], laying: Laying): void {
  const old = laying.read('customer', body.customer_id)
  if (!old) return
  const { overlay, pending } = laying
  const going = body.member_ids.flatMap((id) => laying.read('member', id) ?? [])
  overlay.set('customer', body.id, {
    ...old, id: body.id, revision: 0, pending, name: body.name, pinyin: '', initials: '', address: body.address,
    lon: null, lat: null, phone: null, members: body.member_ids.length, created_on: laying.day,
  })
  overlay.set('customer', old.id, { ...old, members: Math.max(0, old.members - body.member_ids.length), pending })
  overlay.set('file', body.id, { id: body.id, revision: 0, pending, values: {}, open_sections: [], points: 0 })
  for (const one of going) {
    overlay.set('member', one.id, { ...one, customer_id: body.id, relation: one.id === body.head_id ? 'head' : one.relation === 'head' ? 'other' : one.relation, pending })
  }
  for (const id of body.record_ids) patch(laying, 'record', id, { customer_id: body.id })
}

export function moveMember({ id, customer_id, into_id, relation }: MoveBodies['member.move'], laying: Laying): void {
  const row = laying.read('member', id)
  if (!row) return
  laying.overlay.set('member', id, { ...row, customer_id: into_id, relation, pending: laying.pending })
  for (const [customer, more] of [[customer_id, -1], [into_id, 1]] as const) {
    const known = laying.read('customer', customer)
    if (known) laying.overlay.set('customer', customer, { ...known, members: Math.max(0, known.members + more) })
  }
}
