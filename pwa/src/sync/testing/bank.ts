/**
 * A bank for tests, written from the contract and sharing no code with the engine but MessagePack: it checks
 * signatures, opens seals, applies commands exactly once, and can cut, repeat and refuse as asked.
 */
import { decode, encode } from '@msgpack/msgpack'
import { b64, gzip, sha, unb64, type Bytes } from './bytes'
import { TAKEN, EC, text, alike, fileReceipt, problem, type Book, type Known, type Json, type BankRow, type Fault } from './bankWords'

export { problem, type BankRow, type Fault } from './bankWords'

interface Page {
  kind: string
  rows: unknown[][]
  span: { first?: string; last?: string }
}

export class FakeBank {
  epoch = 'epoch-1'
  now = Date.parse('2026-11-21T08:00:00Z')
  durableThrough = 0
  readonly books = new Map<string, Book>()
  /** Keys that stay until another one is held, and that one. */
  readonly heirs = new Map<string, string>()
  /** Streams by installation: what was received, by id. */
  readonly streams = new Map<string, { expects: number; known: Map<string, Known> }>()
  readonly applied: Json[] = []
  readonly files = new Map<string, Bytes>()
  /** In the order in which they were taken, each time. */
  readonly filesTaken: string[] = []
  /** Uploads not whole yet. */
  readonly parts = new Map<string, Bytes>()
  /** The code with which a file is refused for good; null takes it. */
  judgeFile: (hash: string) => string | null = () => null
  readonly devices = new Map<string, JsonWebKey>()
  readonly escrow = new Map<string, string>()
  readonly revoked = new Set<string>()
  /** Whether a withdrawn phone may still bring what it has. */
  takesDeliveries = false
  /** How phones say that they are opened. */
  readonly ways = new Map<string, string[]>()
  /** The bank insists on fingerprint or face. */
  prfOnly = false
  /** Withdrawn phones that said that they brought all. */
  readonly delivered = new Set<string>()
  readonly paths: string[] = []
  readonly pushSizes: number[] = []
  /** What phones said they lost. */
  readonly lost: { stream: string; first: number; last: number | null }[] = []
  session = true
  staff: Json = { id: 'staff-1', name: '王建国', role: 'manager', unit_id: null, unit_name: null, branch_id: 'b', branch_name: '铜钟支行' }
  password = 'right'
  pageRows = 500
  /** Whether its manifests say between which customers a page's rows lie. */
  tellsSpans = true
  /** Whether partitions that a phone does not hold come as changes from nothing. */
  small = false
  /** Whether changes come one revision an answer, so that `more` is met often; else all at once. */
  stepwise = true
  /** Decides about each request. */
  fault: (method: string, path: string) => Fault = () => null
  /** Decides about each command: null applies it; so does `merged`. What is `suggested` is taken without an effect. */
  judge: (command: Json) => Json | null = () => null
  /** What duplicates stand for, told with each receipt. */
  alias: Record<string, string> | null = null
  /** The last push, for what it says of the phone. */
  said: Json = {}
  /** What a command does to the books. */
  effect: (command: Json) => Record<string, number> = () => ({})
  private readonly nonces = new Set<string>()
  private keys!: { seal: CryptoKeyPair; escrow: CryptoKeyPair }

  static async open(): Promise<FakeBank> {
    const bank = new FakeBank()
    bank.keys = { seal: await crypto.subtle.generateKey(EC, true, ['deriveBits']), escrow: await crypto.subtle.generateKey(EC, true, ['deriveBits']) }
    return bank
  }

  /** Adds rows to a book in one step of its revision. */
  change(key: string, rows: BankRow[], gone: { kind: string; id: string; movedTo?: string }[] = []): number {
    let book = this.books.get(key)
    if (!book) this.books.set(key, (book = { key, revision: 0, fields: {}, rows: new Map() }))
    book.revision++
    for (const { kind, id, values } of rows) {
      book.fields[kind] ??= Object.keys(values)
      book.rows.set(`${kind}|${id}`, { kind, id, revision: book.revision, values, movedTo: null })
    }
    for (const { kind, id, movedTo } of gone) {
      book.rows.set(`${kind}|${id}`, { kind, id, revision: book.revision, values: null, movedTo: movedTo ?? null })
    }
    return book.revision
  }

  fetch = async (input: RequestInfo | URL, init: RequestInit = {}): Promise<Response> => {
    const path = String(input).replace('http://bank', '')
    const method = init.method ?? 'GET'
    this.paths.push(`${method} ${path}`)
    const fault = this.fault(method, path)
    if (fault === 'lost') throw new TypeError('network')
    if (fault instanceof Response) return fault
    const answer = await this.answer(method, path, init)
    if (fault === 'cut') throw new TypeError('connection reset')
    return answer
  }

  private async answer(method: string, path: string, init: RequestInit): Promise<Response> {
    const body = init.body === undefined || init.body === null ? new Uint8Array(0) : typeof init.body === 'string' ? (text.encode(init.body) as Bytes) : (init.body as Bytes)
    const json = (): Json => JSON.parse(new TextDecoder().decode(body)) as Json
    if (path === '/api/v1/auth/login') {
      if (json()['password'] !== this.password) return problem(401, 'wrong_password')
      this.session = true
      return Response.json(this.me())
    }
    if (!this.session) return problem(401, 'signed_out')
    if (path === '/api/v1/auth/me') return Response.json(this.me())
    if (path === '/api/v1/auth/logout') {
      this.session = false
      return new Response(null, { status: 204 })
    }
    if (path === '/api/v1/devices') {
      const id = json()['installation_id'] as string
      if (this.revoked.has(id)) return problem(403, 'device_revoked')
      this.devices.set(id, json()['public_key'] as JsonWebKey)
      return Response.json({ installation_id: id, seal: await this.publicKey('seal'), escrow: await this.publicKey('escrow') }, { status: 201 })
    }
    const headers = init.headers as Record<string, string>
    const refused = await this.checkSignature(method, path, body, headers)
    if (refused) return refused
    const installation = headers['Tiange-Installation'] as string
    if (path === '/api/v1/devices/escrow') {
      this.escrow.set(installation, json()['sealed'] as string)
      return new Response(null, { status: 204 })
    }
    if (path === '/api/v1/devices/unlock') {
      this.ways.set(installation, json()['ways'] as string[])
      return new Response(null, { status: 204 })
    }
    if (path === '/api/v1/devices/escrow/release') {
      if (json()['password'] !== this.password) return problem(401, 'wrong_password')
      const raw = await this.unseal('escrow', `escrow:${installation}`, unb64(this.escrow.get(installation) as string))
      return Response.json({ sealed: b64(await this.sealTo(unb64(json()['public_key'] as string), `escrow:${installation}`, raw)) })
    }
    if (path === '/api/v1/sync/pull') return this.pack(await this.pull(decode(body) as Json))
    if (path.startsWith('/api/v1/sync/pages')) return this.page(new URL(`http://bank${path}`).searchParams)
    if (path === '/api/v1/sync/push') return this.pack(await this.push(decode(body) as Json))
    if (path.startsWith('/api/v1/files/') && path.includes('/upload?')) return this.upload(method, new URL(`http://bank${path}`), body, installation)
    if (method === 'PUT' && path.startsWith('/api/v1/files/')) return this.keepFile(path.slice('/api/v1/files/'.length), body)
    return problem(404, 'not_found')
  }

  private async keepFile(hash: string, sealed: Bytes): Promise<Response> {
    if (this.judgeFile(hash)) return problem(422, this.judgeFile(hash) as string)
    const opened = await this.unseal('seal', `file:${hash}`, sealed)
    if ((await sha(opened)) !== hash) return problem(422, 'hash_mismatch')
    this.files.set(hash, opened)
    this.filesTaken.push(hash)
    return Response.json(fileReceipt(hash, opened, this.now))
  }

  private async upload(method: string, url: URL, body: Bytes, installation: string): Promise<Response> {
    const hash = url.pathname.split('/')[4] as string
    const [total, name] = [Number(url.searchParams.get('total')), `${installation}|${hash}|${url.searchParams.get('seal')}`]
    const known = this.files.get(hash)
    if (known && this.filesTaken.includes(hash)) return Response.json({ offset: total, received: fileReceipt(hash, known, this.now) })
    const part = this.parts.get(name) ?? new Uint8Array(0)
    if (method === 'GET') return Response.json({ offset: part.length })
    if (Number(url.searchParams.get('offset')) !== part.length) return problem(409, 'offset_mismatch')
    if (part.length + body.length > total || (body.length === 0 && part.length < total)) return problem(422, 'malformed')
    const grown = new Uint8Array([...part, ...body])
    this.parts.set(name, grown)
    if (grown.length < total) return Response.json({ offset: grown.length })
    if (this.parts.delete(name) && (await sha(grown)) !== url.searchParams.get('seal')) return problem(409, 'upload_broken')
    const answer = await this.keepFile(hash, grown)
    return answer.ok ? Response.json({ offset: total, received: (await answer.json()) as Json }) : answer
  }

  private me(): Json {
    return { staff: this.staff, offline_hours: 72, test_mode: true, demo_mode: true, unlock_requires_prf: this.prfOnly }
  }

  private pack(value: unknown): Response {
    return new Response(encode(value), { headers: { 'Content-Type': 'application/msgpack' } })
  }

  private async publicKey(name: 'seal' | 'escrow'): Promise<Json> {
    const raw = new Uint8Array(await crypto.subtle.exportKey('raw', this.keys[name].publicKey))
    return { key_id: (await sha(raw)).slice(0, 16), public_key: b64(raw) }
  }

  private async checkSignature(method: string, path: string, body: Bytes, headers: Record<string, string>): Promise<Response | null> {
    const installation = headers['Tiange-Installation'] ?? ''
    const nonce = headers['Tiange-Nonce'] ?? ''
    const delivers = this.takesDeliveries && (path === '/api/v1/sync/push' || path.startsWith('/api/v1/files/'))
    if (this.revoked.has(installation) && (!delivers || this.delivered.has(installation))) {
      return problem(401, 'device_revoked', {}, this.takesDeliveries ? { deliver: !this.delivered.has(installation) } : {})
    }
    const jwk = this.devices.get(installation)
    if (!jwk) return problem(401, 'signature_invalid')
    if (this.nonces.has(nonce)) return problem(401, 'nonce_used')
    this.nonces.add(nonce)
    const key = await crypto.subtle.importKey('jwk', jwk, { name: 'ECDSA', namedCurve: 'P-256' }, false, ['verify'])
    const signed = text.encode(`${method}\n${path}\n${await sha(body)}\n${nonce}`)
    const ok = await crypto.subtle.verify({ name: 'ECDSA', hash: 'SHA-256' }, key, unb64(headers['Tiange-Signature'] ?? ''), signed)
    return ok ? null : problem(401, 'signature_invalid')
  }

  private async unseal(name: 'seal' | 'escrow', context: string, sealed: Bytes): Promise<Bytes> {
    if (sealed[0] !== 1) throw new Error('not a seal')
    const key = await derive(this.keys[name].privateKey, sealed.slice(9, 74), sealed.slice(74, 90))
    return new Uint8Array(await crypto.subtle.decrypt({ name: 'AES-GCM', iv: new Uint8Array(12), additionalData: text.encode(context) }, key, sealed.slice(90)))
  }

  /** The bytes of a seal made to this bank. */
  open(context: string, sealed: Bytes): Promise<Bytes> {
    return this.unseal('seal', context, new Uint8Array(sealed))
  }

  /** The private half of the key that phones seal to, for files that another test is to open. */
  sealKey(): Promise<JsonWebKey> {
    return crypto.subtle.exportKey('jwk', this.keys.seal.privateKey)
  }

  private async sealTo(publicKey: Bytes, context: string, plain: Bytes): Promise<Bytes> {
    const pair = await crypto.subtle.generateKey(EC, true, ['deriveBits'])
    const salt = crypto.getRandomValues(new Uint8Array(16))
    const key = await derive(pair.privateKey, publicKey, salt)
    const sealed = await crypto.subtle.encrypt({ name: 'AES-GCM', iv: new Uint8Array(12), additionalData: text.encode(context) }, key, plain)
    const point = new Uint8Array(await crypto.subtle.exportKey('raw', pair.publicKey))
    return new Uint8Array([1, ...new Uint8Array(8), ...point, ...salt, ...new Uint8Array(sealed)])
  }

  private pagesOf(book: Book): Page[] {
    const pages: Page[] = []
    const customerOf = (row: { id: string; values: Json | null }): string => String(row.values?.['customer_id'] ?? row.id)
    for (const [kind, fields] of Object.entries(book.fields)) {
      const rows = [...book.rows.values()].filter((row) => row.kind === kind && row.values)
      rows.sort((a, b) => (customerOf(a) < customerOf(b) ? -1 : 1))
      for (let at = 0; at < rows.length; at += this.pageRows) {
        const part = rows.slice(at, at + this.pageRows)
        const whose = part.map(customerOf)
        const span = this.tellsSpans ? { first: whose[0] ?? '', last: whose.at(-1) ?? '' } : {}
        pages.push({ kind, rows: part.map((row) => [row.id, row.revision, ...fields.map((field) => row.values?.[field] ?? null)]), span })
      }
    }
    return pages
  }

  private async pageBytes(book: Book, n: number): Promise<Bytes> {
    const page = this.pagesOf(book)[n] as Page
    return gzip(encode([{ kind: page.kind, fields: book.fields[page.kind], rows: page.rows, gone: [] }]))
  }

  private async page(query: URLSearchParams): Promise<Response> {
    const book = this.books.get(query.get('key') ?? '')
    if (!book || String(book.revision) !== query.get('revision')) return problem(410, 'page_gone')
    const first = Number(query.get('n'))
    const last = Number(query.get('to') ?? first)
    const numbers = Array.from({ length: last - first + 1 }, (_, i) => first + i)
    return new Response(new Blob(await Promise.all(numbers.map((n) => this.pageBytes(book, n)))))
  }

  private async pull(body: Json): Promise<Json> {
    const same = body['epoch'] === this.epoch
    const held = (same ? body['partitions'] : {}) as Record<string, number>
    const partitions: Json[] = []
    for (const key of Object.keys(held)) {
      if (this.books.has(key)) continue
      const heir = this.heirs.get(key)
      if (heir !== undefined && held[heir] === undefined) partitions.push({ key, state: 'kept', until: heir })
      else partitions.push({ key, state: 'evict', reason: 'no_right' })
    }
    for (const book of this.books.values()) {
      const from = held[book.key]
      if (from === undefined && this.small) partitions.push(this.whole(book))
      else if (from === book.revision) partitions.push({ key: book.key, state: 'same', revision: from })
      else if (from === undefined || from > book.revision) {
        const pages = await Promise.all(
          this.pagesOf(book).map(async ({ kind, rows, span }, n) => {
            const bytes = await this.pageBytes(book, n)
            return { n, kind, count: rows.length, bytes: bytes.length, sha256: await sha(bytes), ...span }
          }),
        )
        partitions.push({ key: book.key, state: 'snapshot', revision: book.revision, pages })
      } else partitions.push(this.changes(book, from))
    }
    return { epoch: this.epoch, now: this.now, durable_through: this.durableThrough, partitions }
  }

  private whole(book: Book): Json {
    return this.moved(book, 0, book.revision)
  }

  private changes(book: Book, from: number): Json {
    return this.moved(book, from, this.stepwise ? from + 1 : book.revision)
  }

  private moved(book: Book, from: number, to: number): Json {
    const moved = [...book.rows.values()].filter((row) => row.revision > from && row.revision <= to)
    const groups = [...new Set(moved.map((row) => row.kind))].map((kind) => {
      const of = moved.filter((row) => row.kind === kind)
      const fields = book.fields[kind] ?? []
      return {
        kind,
        fields,
        rows: of.filter((row) => row.values).map((row) => [row.id, row.revision, ...fields.map((field) => row.values?.[field] ?? null)]),
        gone: of.filter((row) => !row.values).map((row) => [row.id, row.revision, row.movedTo]),
      }
    })
    return { key: book.key, state: 'changes', from, revision: to, groups, more: to < book.revision }
  }

  private recorded(id: unknown): Known | undefined {
    return [...this.streams.values()].map((one) => one.known.get(id as string)).find((one) => one)
  }

  /** What a command needs must have taken effect, itself or through what stands in its place. */
  private waits(command: Json): Json | null {
    for (const id of (command['needs'] ?? []) as string[]) {
      const needed = this.recorded(id)
      if (needed?.settled === 'discarded') return { result: 'rejected', code: 'needs_discarded' }
      if (!TAKEN.has(needed?.receipt['result']) && needed?.settled !== 'replaced') return { result: 'held', code: 'needs' }
    }
    return null
  }

  /** What a command replaces or discards never takes effect. */
  private settle(command: Json): void {
    for (let replaced = this.recorded(command['replaces']); replaced && !replaced.settled; replaced = this.recorded(replaced.command['replaces'])) {
      replaced.settled = 'replaced'
    }
    if (command['type'] !== 'command.discard') return
    const discarded = this.recorded((command['body'] as Json)['discards'])
    if (!discarded || discarded.settled || TAKEN.has(discarded.receipt['result'])) throw new Error('nothing to discard')
    discarded.settled = 'discarded'
    for (const known of [...this.streams.values()].flatMap((one) => [...one.known.values()])) {
      if (known.receipt['result'] !== 'held' || !(known.command['needs'] as string[]).includes(discarded.id)) continue
      known.receipt = { ...known.receipt, result: 'rejected', code: 'needs_discarded' }
    }
  }

  private async push(body: Json): Promise<Json> {
    this.said = body
    const name = body['stream'] as string
    let stream = this.streams.get(name)
    if (!stream) this.streams.set(name, (stream = { expects: 1, known: new Map() }))
    const receipts: Json[] = []
    const commands = body['commands'] as { id: string; seq: number; hash: string; sealed: Bytes }[]
    this.pushSizes.push(commands.length)
    for (const { first, last, hash } of (body['lost'] ?? []) as { first: number; last?: number; hash?: string }[]) {
      if (first < 1 || (last ?? 1) < 1) throw new Error('malformed: places begin at 1')
      if (first > stream.expects) continue
      if (last === undefined) this.lost.push({ stream: name, first: stream.expects, last: null })
      else if (last >= stream.expects && commands.some(({ seq }) => seq > last)) {
        this.lost.push({ stream: name, first: stream.expects, last })
        stream.expects = last + 1
      } else if (hash && [...stream.known.values()].some((one) => one.seq === last && one.hash !== hash)) this.lost.push({ stream: name, first: last, last: null })
    }
    let conflict = false
    const former = body['epoch'] !== null && body['epoch'] !== this.epoch
    for (const { id, seq, hash, sealed } of commands) {
      const answer = (result: string, more: Json = {}): Json => ({ id, seq, result, hash, receipt: `${hash.slice(0, 16)}`, received_at: this.now, await: {}, ...more })
      const everywhere = [...this.streams.values()].map((one) => one.known.get(id)).find((one) => one)
      if (everywhere && (everywhere.receipt['result'] !== 'held' || everywhere.settled)) {
        // It takes its place in this stream too, or all behind it would be a gap for ever.
        if (seq === stream.expects) stream.expects++
        // Sealed anew for another place it is still the same.
        const same = everywhere.hash === hash || alike(everywhere.command, decode(await this.unseal('seal', `command:${id}`, new Uint8Array(sealed))) as Json)
        if (!same) receipts.push(answer('rejected', { code: 'hash_mismatch' }))
        else receipts.push({ ...everywhere.receipt, seq, hash, result: 'repeated', was: everywhere.receipt['result'], settled: everywhere.settled })
        continue
      }
      // A place that holds another command, and everything new behind it: the phone was copied.
      conflict ||= !everywhere && [...stream.known.values()].some((one) => one.seq === seq)
      if (!everywhere && conflict) {
        receipts.push(answer('rejected', { code: 'stream_conflict' }))
        continue
      }
      if (former || seq > stream.expects) {
        receipts.push(answer('held', { code: 'gap' }))
        continue
      }
      const plain = await this.unseal('seal', `command:${id}`, new Uint8Array(sealed))
      if ((await sha(plain)) !== hash) throw new Error('hash does not match')
      const command = decode(plain) as Json
      if (command['id'] !== id || command['seq'] !== seq) throw new Error('envelope does not match')
      // Recorded under its former stream so far, where it was held.
      if (everywhere) for (const one of this.streams.values()) if (one !== stream) one.known.delete(id)
      const verdict = this.waits(command) ?? this.judge(command)
      if (verdict?.['result'] === 'held') {
        const held = answer('held', verdict)
        stream.known.set(id, { id, seq, hash, receipt: held, command })
        stream.expects = Math.max(stream.expects, seq + 1)
        receipts.push(held)
        continue
      }
      const effective = !verdict || verdict['result'] === 'merged'
      if (!verdict || TAKEN.has(verdict['result'])) this.settle(command)
      const more = effective ? { await: this.effect(command), ...(this.alias ? { alias: this.alias } : {}) } : {}
      const receipt = answer(verdict ? 'rejected' : 'applied', { ...more, ...verdict })
      if (effective) this.applied.push(command)
      stream.known.set(id, { id, seq, hash, receipt, command })
      stream.expects = Math.max(stream.expects, seq + 1)
      receipts.push(receipt)
    }
    const all = { epoch: this.epoch, now: this.now, durable_through: this.durableThrough, expects: stream.expects, receipts }
    if (!this.revoked.has(name)) return all
    const wipe = body['last'] === true && receipts.every((receipt) => receipt['code'] !== 'gap' && receipt['code'] !== 'stream_conflict')
    if (wipe) this.delivered.add(name)
    return { ...all, wipe }
  }
}

async function derive(privateKey: CryptoKey, point: Bytes, salt: Bytes): Promise<CryptoKey> {
  const sender = await crypto.subtle.importKey('raw', point, EC, false, [])
  const secret = await crypto.subtle.deriveBits({ name: 'ECDH', public: sender }, privateKey, 256)
  const hkdf = await crypto.subtle.importKey('raw', secret, 'HKDF', false, ['deriveKey'])
  const params = { name: 'HKDF', hash: 'SHA-256', salt, info: text.encode('tiange/seal/1') }
  return crypto.subtle.deriveKey(params, hkdf, { name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt'])
}
